# SPDX-License-Identifier: GPL-2.0
"""What "ptctl hints encode" makes of hints/FORMAT.rules, handed to QEMU the way
that each format is meant for."""

import shlex
import shutil
import subprocess
import xml.etree.ElementTree

from . import cache
from .config import CACHE, ROOT, VM, Broken

FOLDER = CACHE / "build" / "encode"


def _ptctl():
    """The host's own: what is encoded comes from outside of the guest."""
    with cache.locked("encode"):
        cache.command(["make", "-C", ROOT / "userspace", f"O={FOLDER}"],
                      CACHE / "logs" / "encode-ptctl.log")
    return FOLDER / "ptctl"


def _encode(form, *more):
    result = subprocess.run([_ptctl(), "hints", "encode", "--format", form,
                             "--rules", VM / "hints" / f"{form}.rules", *more],
                            text=True, capture_output=True, check=False, timeout=60)
    if result.returncode:
        raise Broken(f"{form} is not encoded", result.stderr)
    return result.stdout


def _libvirt(text):
    """As libvirt hands <oemStrings> on."""
    for entry in xml.etree.ElementTree.fromstring(text).iter("entry"):
        yield from ("-smbios", "type=11,value=" + entry.text.replace(",", ",,"))


def _acpi(text):
    source = FOLDER / "hints.asl"
    with cache.locked("encode"):
        source.write_text(text)
        cache.command(["iasl", "-p", FOLDER / "hints", source],
                      CACHE / "logs" / "encode-acpi.log")
    return ["-acpitable", f"file={FOLDER / 'hints.aml'}"]


def _dt(machine):
    """The machine's own tree with nodes for some of its devices (hints/dt.dts), as a
    board has them, and with what is encoded laid over it."""
    log = CACHE / "logs" / "encode-dt.log"
    paths = [f"--path={line.removeprefix('# path ').strip()}"
             for line in (VM / "hints/dt.rules").read_text().splitlines()
             if line.startswith("# path ")]
    text = _encode("dt", *paths)
    with cache.locked("encode"):
        (FOLDER / "hints.dts").write_text(text)
        shutil.copy(VM / "hints/dt.dts", FOLDER / "nodes.dts")
        cache.command([*machine, "-machine", f"dumpdtb={FOLDER / 'machine.dtb'}"], log)
        for name in ("nodes", "hints"):
            cache.command(["dtc", "-q", "-o", FOLDER / f"{name}.dtbo", FOLDER / f"{name}.dts"], log)
        # One after the other: the second one's targets are the first one's nodes.
        cache.command(["fdtoverlay", "-i", FOLDER / "machine.dtb", "-o", FOLDER / "board.dtb",
                       FOLDER / "nodes.dtbo"], log)
        cache.command(["fdtoverlay", "-i", FOLDER / "board.dtb", "-o", FOLDER / "hints.dtb",
                       FOLDER / "hints.dtbo"], log)
    return ["-dtb", str(FOLDER / "hints.dtb")]


def words(form, machine):
    """Words of QEMU's command line, to be added to those that make the bare machine."""
    if form == "libvirt":
        return list(_libvirt(_encode(form)))
    if form == "acpi":
        return _acpi(_encode(form))
    if form == "dt":
        return _dt(machine)
    return shlex.split(_encode(form))
