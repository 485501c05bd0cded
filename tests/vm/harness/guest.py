# SPDX-License-Identifier: GPL-2.0
"""One guest: QEMU, its control channel (verdicts, and requests to the host),
and its QMP."""

import base64
import collections
import contextlib
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from . import build, debian, encode, initramfs
from .config import CACHE, Unavailable
from .tap import Verdicts

# In a line of the kernel's own log, and nowhere else: ptctl warns as well.
WRONG = re.compile(
    r"\[\s*\d+\.\d+\].*(WARNING:|BUG:|\bOops\b|KASAN|KCSAN|UBSAN|ODEBUG|Kernel panic|"
    r"rcu.*(detected.* stall|self-detected|kthread starved)|blocked for more than|general protection fault|"
    r"possible (circular|recursive|irq) lock|inconsistent lock state|suspicious RCU usage|"
    r"bad unlock balance|lock held when returning|held lock freed|INFO: (task|trying)|"
    r"turning off the locking correctness validator|workqueue lockup)")
# With all that the kernel says of where it was.
WARNING = re.compile(r"[^\n]*\[ cut here \](?:(?!\[ cut here \]).)*?\[ end trace \w+ \]", re.S)
# A breakpoint that no longer stands where a CPU has run into it, and in what function
# (of whom, if that is a module's).
PATCHED = re.compile(r"Oops: int3:.*?RIP: [0-9a-f]+:(\S+(?: \[\w+\])?)", re.S)
# What is loaded when the kernel complains, as it says with most complaints; and what
# the module says when it is.
LOADED = re.compile(r"Modules linked in:(.*)")
OURS = re.compile(r"iommu_pt: |\b(iommu_pt_policy|testiommu|edu_dma|witness)\b")
LOG_LINES = 200
# All waiting inside of a guest and for its QEMU is for something that comes, so that
# patience costs nothing, and a machine that is busy with other things fails no test.
PATIENCE = 4
# A guest that says something every now and then is at work, however slow this machine
# is; but not for ever.
MOST_TIMEOUTS = 6
# How QEMU goes that has a fault of its own, whatever the guest does.
CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE}

_running = set()
_running_lock = threading.Lock()


def kill_all():
    with _running_lock:
        for process in _running:
            process.kill()


class Lines:
    """Lines out of a socket, each within a time."""

    def __init__(self, sock):
        self.sock = sock
        self.rest = b""

    def read(self, deadline):
        """One line; None at the end of the stream; TimeoutError."""
        while b"\n" not in self.rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                raise TimeoutError
            try:
                data = self.sock.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                return None
            self.rest += data
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode(errors="replace").rstrip("\r")

    def write(self, text):
        """Whoever reads next learns that the other side is gone."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.sock.sendall(text.encode() + b"\n")


class QmpError(Exception):
    pass


class Qmp:
    def __init__(self, sock, slower):
        self.lines = Lines(sock)
        self.slower = slower				# the guest, so many times
        self.events = []
        self._read(time.monotonic() + 10 * slower)	# the greeting
        self.execute({"execute": "qmp_capabilities"})

    def _read(self, deadline):
        try:
            line = self.lines.read(deadline)
        except TimeoutError as error:
            raise QmpError("no answer in time") from error
        if line is None:
            raise QmpError("QEMU is gone")
        return json.loads(line)

    def execute(self, command, timeout=20):
        deadline = time.monotonic() + timeout * self.slower
        self.lines.write(json.dumps(command))
        while True:
            message = self._read(deadline)
            if "event" in message:
                self.events.append(message)
            elif "error" in message:
                raise QmpError(message["error"]["desc"])
            elif "return" in message:
                return message["return"]

    def human(self, line):
        """The monitor for people: it takes options as the command line does."""
        said = self.execute({"execute": "human-monitor-command",
                             "arguments": {"command-line": line}}).strip()
        if said:
            raise QmpError(said.splitlines()[0])
        return {}

    def wait_event(self, name, device, timeout=20):
        """The next event of that name (of that device), which is then used up."""
        deadline = time.monotonic() + timeout * self.slower
        while True:
            for event in self.events:
                data = event.get("data", {})
                if event["event"] == name and device in (None, data.get("device")):
                    self.events.remove(event)
                    return data
            message = self._read(deadline)
            if "event" in message:
                self.events.append(message)


class Guest:
    """The boots of one machine on one kernel for a list of tests."""

    def __init__(self, config, kernel, machine, tests, *, kernel_path, initramfs, disk, log_dir,
                 show):
        self.config = config
        self.machine = config["machine"][machine]
        own = config["kernel"][kernel]
        slower = own.get("slower", 1)
        self.timeout = self.machine["timeout"] * slower
        self.slower = PATIENCE * slower
        self.append = f"{self.machine['append']} {own.get('append', '')}"
        self.reports = self.machine["reports"] + own.get("reports", [])
        self.warnings = own.get("warnings", [])
        self.arch = config["arch"][self.machine["arch"]]
        self.kernel_image = debian.image(kernel_path)
        self.initramfs = initramfs			# a file, or a folder with one a test
        self.disk = disk				# to boot from; None
        self.show = show
        self.name = f"vm/{kernel}/{machine}"
        self.tests = tests
        self.log_dir = log_dir
        self.console = log_dir / "console.log"
        self.verdicts = None
        self.reboot = None				# (test, stage)
        self.crash = None				# the signal that QEMU died of
        self.spoke = False				# the guest, in the last boot
        self.qemu = []					# how it is called
        self.qmp = None
        self.process = None
        self.boots = 0
        self.tree = CACHE / "trees" / own["tree"]	# of what ptctl is built by
        self.cut = False				# the power, in this boot
        self.remembered = ""

    def run(self):
        """All boots; returns the points. What says nothing of the tests gets a second
        chance, and no third."""
        self._check_qemu()
        shutil.rmtree(self.log_dir, ignore_errors=True)
        points = self._run_once()
        accident = self._accident()
        if not accident:
            return points
        aside = self.log_dir.with_name(self.log_dir.name + ".crash")
        shutil.rmtree(aside, ignore_errors=True)
        self.log_dir.rename(aside)
        note = f"{accident}, so all of it again; the log: {aside}"
        print(f"{self.name}: {note}", file=sys.stderr, flush=True)
        points = self._run_once()
        points[-1].notes.insert(0, note)
        return points

    def _accident(self):
        """What went wrong before anything of the project ran, or beside it. Emulated
        CPUs that patch the code of one another now and then do not survive it. What
        boots from a disk has the module in its initramfs, and no such excuse."""
        if self.crash in CRASHES:
            return f"QEMU itself crashed ({self.crash.name})"
        if not self.spoke and not self.disk:
            return "the kernel did not come as far as its init"
        text = self.console.read_text(errors="replace")
        patched = PATCHED.search(text)
        if patched and "[" not in patched[1]:
            return f"the kernel patched {patched[1].strip()} while an emulated CPU ran it"
        wrong = WRONG.search(text)
        loaded = wrong and LOADED.search(text, wrong.start())
        if loaded and not self.disk and not OURS.search(text[:wrong.start()] + loaded[1]):
            return "the kernel found a mistake of its own, with no module of the project yet"
        return None

    def _run_once(self):
        self.log_dir.mkdir(parents=True)
        self.verdicts = Verdicts(self.name, self.tests)
        self.reboot = self.crash = None
        limit = time.monotonic() + MOST_TIMEOUTS * self.timeout
        with tempfile.TemporaryDirectory(prefix="vm-") as run_dir:
            self._disks(run_dir)
            while True:
                stage, self.reboot = self.reboot, None
                why = self._boot(run_dir, stage, limit)
                if why or not self.reboot:
                    break
        complaints, last = self._read_console()
        self.verdicts.close(why, complaints, last)
        return self.verdicts.points

    def _qemu(self):
        """How QEMU is called: this machine's, or that of a tree, by the tree's own loader."""
        name = self.arch["qemu"]
        if not self.machine["emulator"]:
            if not shutil.which(name):
                raise Unavailable(f"{name} is not installed")
            return [name]
        tree = debian.tree(self.config, self.machine["emulator"])
        loader = next((tree / "usr/lib64").glob("ld-linux-*.so.*"))
        libraries = sorted({path.parent for path in (tree / "usr/lib").glob("*-linux-gnu/**/*.so*")})
        firmware = [word for part in ("qemu", "seabios") for word in ("-L", tree / "usr/share" / part)]
        return [str(word) for word in (loader, "--library-path", ":".join(map(str, libraries)),
                                       tree / "usr/bin" / name, *firmware)]

    def _check_qemu(self):
        self.qemu = self._qemu()
        firmware = self.machine["firmware"]
        if firmware and not os.path.exists(firmware):
            raise Unavailable(f"there is no {firmware}")
        for device in self.machine["needs"]:
            # Some versions exit with 0 whatever they say.
            asked = subprocess.run([*self.qemu, "-device", f"{device},help"], check=False,
                                   capture_output=True, text=True)
            if asked.returncode or "not found" in asked.stderr:
                raise Unavailable(f"this QEMU has no {device}")

    def _disks(self, run_dir):
        """Disks that are there for this guest only. Each block of the first
        MiB of the NVMe disk says which one it is."""
        with open(f"{run_dir}/disk", "wb") as file:
            for block in range(2048):
                file.write(b"block %08d\n" % block * 26 + bytes(512 - 26 * 15))
            file.truncate(64 << 20)
        persist = f"{run_dir}/persist"
        with open(persist, "wb") as file:
            file.truncate(64 << 20)
        subprocess.run(["/sbin/mke2fs", "-q", "-t", "ext4", "-F", persist], check=True)

    def _argv(self, run_dir, stage):
        def fill(word):
            word = re.sub(r"\{acpi:([\w-]+)\}", lambda m: str(build.acpi_table(m[1])), word)
            word = re.sub(r"\{fill:(\d+)\}", lambda m: "x" * int(m[1]), word)
            accel = os.environ.get("VM_ACCEL", self.machine["accel"])
            return word.replace("{disk}", f"{run_dir}/disk").replace(
                "{root}", str(self.disk)).replace("{accel}", accel)

        base = [*(self.machine["cpu"] or self.arch["cpu"]), *map(fill, self.machine["base"])]
        append = [f"console={self.arch['console']}", self.append,
                  f"vm.control={self.arch['control']}", f"vm.slower={self.slower}"]
        tests = self.tests
        if stage:
            tests = tests[tests.index(stage[0]):]
            append.append(f"vm.stage={stage[1]}")
        append.append(self.machine["append_test"].get(tests[0], ""))
        if build.COVERAGE:
            append.append("vm.gcov=1")
        append.append("vm.tests=" + ",".join(tests))
        return [
            *self.qemu, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            *base, *map(fill, self._encoded(base)),
            "-drive", f"if=none,id=persist,format=raw,file={run_dir}/persist",
            *self.arch["persist"],
            *(["-bios", self.machine["firmware"]] if self.machine["firmware"] else []),
            "-chardev", f"file,id=console,append=on,path={self.console}",
            "-serial", "chardev:console", *self.arch["serial"],
            "-mon", "chardev=qmp,mode=control",
            "-kernel", str(self.kernel_image), "-initrd", str(self._initrd(run_dir)),
            "-append", " ".join(append),
        ]

    def _encoded(self, base):
        """The devices; {encode:FORMAT} is as many words as "ptctl hints encode" makes of it."""
        for word in self.machine["devices"]:
            form = re.fullmatch(r"\{encode:([\w-]+)\}", word)
            yield from encode.words(form[1], [*self.qemu, *base]) if form else [word]

    def _initrd(self, run_dir):
        """The initramfs, and before it the tables that take the place of the firmware's."""
        image = self._initramfs()
        if not self.machine["tables"]:
            return image
        tables = [build.acpi_table(name) for name in self.machine["tables"]]
        return initramfs.with_tables(image, tables, pathlib.Path(run_dir))

    def _initramfs(self):
        """That of the first test, if it has one of its own; else that of the disk."""
        if not self.initramfs.is_dir():
            return self.initramfs
        own = self.initramfs / self.tests[0]
        return own if own.exists() else self.initramfs / self.disk.name

    def _boot(self, run_dir, stage, limit):
        """One boot. Returns what went wrong with the guest as such, or None."""
        control, control_end = socket.socketpair()
        qmp, qmp_end = socket.socketpair()
        argv = [*self._argv(run_dir, stage),
                "-chardev", f"socket,id=control,fd={control_end.fileno()}",
                "-chardev", f"socket,id=qmp,fd={qmp_end.fileno()}"]
        with control, qmp, open(self.log_dir / "qemu.log", "ab") as log:
            process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=(control_end.fileno(), qmp_end.fileno()))
            with _running_lock:
                _running.add(process)
            self.process, self.cut = process, False
            self.boots += 1
            try:
                control_end.close()
                qmp_end.close()
                self.qmp = Qmp(qmp, self.slower)
                self._converse(Lines(control), limit)
                status = process.wait(timeout=15)
                return f"QEMU exited with status {status}" if status and not self.cut else None
            except TimeoutError:
                return f"timeout: silent for {self.timeout} s, or at it for {MOST_TIMEOUTS} times as long"
            except subprocess.TimeoutExpired:
                return "QEMU did not end"
            except QmpError as error:
                return f"QMP: {error}; see qemu.log"
            finally:
                self._end(process)
                with _running_lock:
                    _running.discard(process)

    def _end(self, process):
        """Its channels may be gone a moment before it is."""
        try:
            status = process.wait(timeout=1)
            self.crash = signal.Signals(-status) if status < 0 else None
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _converse(self, lines, limit):
        """With the guest, until QEMU closes the channel."""
        start = time.monotonic()
        self.spoke = False
        while (line := lines.read(min(limit, time.monotonic() + self.timeout))) is not None:
            self.spoke = True
            with open(self.log_dir / "control.log", "a", encoding="utf-8") as log:
                log.write(f"{time.monotonic() - start:8.3f} {line}\n")
            word, _, rest = line.partition(" ")
            request = getattr(self, "_ask_" + word[1:].replace("-", "_"), None) \
                if word.startswith("@") else None
            if not request:
                if self.show:
                    self.show(line)
                self.verdicts.line(line)
                continue
            try:
                lines.write("ok " + json.dumps(request(rest)))
            except (QmpError, ValueError) as error:
                lines.write("error " + str(error).replace("\n", " "))

    # Requests of the guest: @NAME ARGUMENTS. The answer is one line.

    def _ask_qmp(self, rest):
        return self.qmp.execute(json.loads(rest))

    def _ask_device_add(self, rest):
        return self.qmp.human(f"device_add {rest}")

    def _ask_wait_event(self, rest):
        name, _, device = rest.partition(" ")
        return self.qmp.wait_event(name, device or None)

    def _ask_time(self, _rest):
        return time.monotonic_ns()

    def _ask_figure(self, rest):
        """NAME SAMPLES COMMAND: for tests/vm/bench."""
        with open(self.log_dir / "figures", "a", encoding="utf-8") as file:
            file.write(rest + "\n")
        return {}

    def _ask_invalidations(self, _rest):
        """How often the guest has emptied (some of) the IOMMU's IOTLB, where the
        machine traces it."""
        with open(self.log_dir / "qemu.log", "rb") as log:
            return sum(b"vtd_inv_desc_iotlb" in line for line in log)

    def _ask_reboot(self, rest):
        """The guest is about to reset: boot it again, at this test."""
        if not re.fullmatch(r"[\w.-]+", rest) or not self.verdicts.current:
            raise ValueError(f"reboot: no stage {rest!r}")
        self.reboot = (self.verdicts.current, rest)
        return {}

    def _ask_cut_power(self, rest):
        """STAGE MILLISECONDS: no more of the guest after so long, and of what it has
        not written yet; then boot it again, at this test."""
        stage, after = rest.split()
        self._ask_reboot(stage)

        def cut(process):
            self.cut = True
            process.kill()

        threading.Timer(int(after) / 1000, cut, [self.process]).start()
        return {}

    def _ask_gcov(self, rest):
        """NAME BASE64: a part of a file of counters, from a ptctl or modules that count."""
        name, data = rest.split()
        if not re.fullmatch(r"[\w.-]+", name):
            raise ValueError(f"gcov: no file {name!r}")
        folder = self.log_dir / "gcov" / str(self.boots)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tree").write_text(str(self.tree))
        with open(folder / name, "ab") as file:
            file.write(base64.b64decode(data))
        return {}

    def _ask_remember(self, rest):
        """For the guest after its next boot."""
        self.remembered = rest
        return {}

    def _ask_recall(self, _rest):
        return self.remembered

    def _read_console(self):
        """What is wrong in the log, and its last lines."""
        try:
            text = self.console.read_text(errors="replace")
        except OSError:
            return ["there is no console log"], []
        for pattern in self.warnings:
            text = WARNING.sub(lambda found, allowed=pattern: "" if re.search(
                allowed, found[0]) else found[0], text)
        allowed = [re.compile(pattern) for pattern in self.reports]
        bad = [f"console: {line.strip()}" for line in text.splitlines()
               if WRONG.search(line) and not any(ok.search(line) for ok in allowed)]
        last = collections.deque(text.splitlines(), LOG_LINES)
        head = f"last {len(last)} lines of {self.console}:"
        qemu = (self.log_dir / "qemu.log").read_text(errors="replace").splitlines()
        return bad[:20], [head, *last, *(f"qemu: {line}" for line in qemu[-20:])]
