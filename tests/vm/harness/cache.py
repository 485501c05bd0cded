# SPDX-License-Identifier: GPL-2.0
"""What is made once: made aside, renamed when complete, stamped with what it
was made from. An interrupted run leaves nothing that looks finished."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time

from .config import CACHE, Broken

STAMP = ".stamp"
_print_lock = threading.Lock()


def digest(*parts):
    """A hash of paths (their content), and of anything JSON can say."""
    sha = hashlib.sha256()
    for part in parts:
        if isinstance(part, os.PathLike):
            sha.update(part.read_bytes() if part.exists() else b"absent")
        else:
            sha.update(json.dumps(part, sort_keys=True).encode())
        sha.update(b"\0")
    return sha.hexdigest()


def sources(*folders):
    """All files below the folders, in order, but for what a build leaves."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.startswith(".") and \
               path.suffix not in (".o", ".ko", ".mod", ".a", ".pyc") and \
               not path.name.endswith(".mod.c"):
                yield path


def tree_digest(*folders):
    return digest(*(part for path in sources(*folders)
                    for part in (str(path), path)))


def sudo():
    """The words that go before a command which needs root."""
    return [] if os.geteuid() == 0 else ["sudo", "--"]


def fresh(path, stamp):
    try:
        return (path / STAMP).read_text() == stamp
    except OSError:
        return False


@contextlib.contextmanager
def building(path, stamp, as_root=False):
    """A directory to fill, which becomes path when the block ends well."""
    aside = path.with_name(path.name + ".new")
    remove(aside, as_root)
    aside.parent.mkdir(parents=True, exist_ok=True)
    if not as_root:
        aside.mkdir()
    yield aside
    if as_root and os.geteuid():
        subprocess.run([*sudo(), "chown", str(os.getuid()), aside], check=True)
    (aside / STAMP).write_text(stamp)
    remove(path, as_root)
    aside.rename(path)


def remove(path, as_root=False):
    if not path.exists():
        return
    if as_root:
        subprocess.run([*sudo(), "rm", "-rf", "--one-file-system", path], check=True)
    else:
        shutil.rmtree(path)


@contextlib.contextmanager
def locked(name):
    """One run at a time makes what is called name."""
    folder = CACHE / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / name, "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def say(line):
    with _print_lock:
        print(f"vm: {line}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def progress(what, every=5.0):
    """Say what is being done if it takes over two seconds, and that it goes on."""
    done = threading.Event()
    start = time.monotonic()

    def tick():
        wait = 2.0
        while not done.wait(wait):
            say(f"{what} ... {time.monotonic() - start:.0f} s")
            wait = every

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    if time.monotonic() - start > 2:
        say(f"{what}: done in {time.monotonic() - start:.0f} s")


def command(argv, log, **kwargs):
    """Run a command with its output in a log; returns that, or raises Broken."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as file:
        file.write((" ".join(map(str, argv)) + "\n").encode())
        file.flush()
        status = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=file,
                                stderr=subprocess.STDOUT, check=False, **kwargs).returncode
    text = log.read_text(errors="replace")
    if status:
        raise Broken(f"{argv[0]} ... exited {status}, see {log}", text)
    return text
