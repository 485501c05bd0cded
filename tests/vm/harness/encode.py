# SPDX-License-Identifier: GPL-2.0
"""What "ptctl hints encode" makes of hints/FORMAT.rules, handed to QEMU the way
that each format is meant for."""

import shlex
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


def _encode(form):
    result = subprocess.run([_ptctl(), "hints", "encode", "--format", form,
                             "--rules", VM / "hints" / f"{form}.rules"],
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


def words(form):
    """Words of QEMU's command line."""
    if form == "libvirt":
        return list(_libvirt(_encode(form)))
    if form == "acpi":
        return _acpi(_encode(form))
    return shlex.split(_encode(form))
