# SPDX-License-Identifier: GPL-2.0
"""The project's modules and tool, built by the compiler of each suite."""

import os
import re
import shutil
import subprocess

from . import cache, debian
from .config import CACHE, ROOT, VM, Broken

# What an out-of-tree build says on any Debian, whatever it builds.
HARMLESS = re.compile(
    r"Skipping BTF generation"
    r"|(compiler|pahole version) differs from the one used to build the kernel"
    r"|The kernel was built by:|You are using:")

# For tests/coverage: a ptctl that counts what it runs.
COVERAGE = ["CFLAGS=-O0 -g --coverage"] if os.environ.get("VM_COVERAGE") else []

# Nobody traces these modules, and pahole need not be there then; nor does anyone debug
# them, and twenty times as large they took their time at each modprobe.
WITHOUT_DEBUG_INFO = ["CONFIG_DEBUG_INFO_BTF_MODULES=", "CONFIG_DEBUG_INFO="]


def copy(source, target):
    """Bring a copy up to date, touching only what changed: make does the rest.
    What a build made there stays; sources that are gone go."""
    wanted = set()
    for path in cache.sources(source):
        copy = target / path.relative_to(source)
        wanted.add(copy)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            shutil.copy(path, copy)
    for path in list(cache.sources(target)):
        if path not in wanted and path.suffix in (".c", ".h", ".S"):
            path.unlink()


def work_folder(tree_path, name):
    """A directory of ours within the tree."""
    path = tree_path / "build" / name
    if not path.is_dir():
        subprocess.run([*cache.sudo(), "install", "-d", "-o", str(os.getuid()),
                        "-g", str(os.getgid()), path.parent, path], check=True)
    return path


def in_tree(tree_path, *argv, user=None, sysroot=None):
    """The words that run a command within a tree, as the user who runs us. It
    sees /proc (objtool wants it), and another tree as /mnt if told to, in a
    namespace that ends with the command."""
    enter = ('mount --bind /proc "$1/proc" && { [ -z "$3" ] || mount --bind "$3" "$1/mnt"; } && '
             'cd / && tree=$1 user=$2 && shift 3 && '
             'exec chroot --userspec="$user" "$tree" "$@"')
    return [*cache.sudo(), "unshare", "--mount", "--propagation=private",
            "sh", "-c", enter, "sh", tree_path, user or f"{os.getuid()}:{os.getgid()}", sysroot or "",
            "/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
            "HOME=/tmp", *argv]


def _warnings(text, folder):
    """The lines of a module build that warn of code of ours."""
    for line in text.splitlines():
        if not re.search(r"\bwarning:", line, re.IGNORECASE) or HARMLESS.search(line):
            continue
        source = re.match(r"(\S+?\.[chS]):\d+:", line)
        # The kernel's own headers warn at W=1, which is not our business.
        if source and source[1].startswith("/") and not source[1].startswith(folder):
            continue
        if source and source[1].startswith(("./include/", "./arch/", "include/", "arch/")):
            continue
        yield line


def modules(config, kernel, kernel_path):
    """The directory with every .ko: the project's, and the tests' own."""
    path = CACHE / "build" / kernel
    folders = [folder for folder in (ROOT / "kmod", VM / "kmod") if (folder / "Kbuild").exists()]
    stamp = cache.digest("modules 3", kernel_path / cache.STAMP, cache.tree_digest(*folders))
    with cache.locked(f"build-{kernel}"):
        if cache.fresh(path, stamp):
            return path
        tree_path = debian.tree(config, config["kernel"][kernel]["tree"])
        debian.add_headers(kernel_path, tree_path)
        with cache.progress(f"kernel {kernel}: building modules"), \
             cache.building(path, stamp) as aside:
            for folder in folders:
                _module(config, kernel, kernel_path, tree_path, folder, aside)
        return path


def _workshop(tree_path, name, kernel_path):
    """A work folder where nothing was built for another kernel. make would keep
    such objects: the headers that are installed don't say what was configured anew."""
    workshop = work_folder(tree_path, name)
    built_for = (kernel_path / cache.STAMP).read_text()
    if not cache.fresh(workshop, built_for):
        cache.remove(workshop)
        workshop = work_folder(tree_path, name)
        (workshop / cache.STAMP).write_text(built_for)
    return workshop


def _module(config, kernel, kernel_path, tree_path, folder, aside):
    name = f"{kernel}/{folder.relative_to(ROOT)}".replace("/", "-")
    workshop = _workshop(tree_path, name, kernel_path)
    copy(folder, workshop)
    log = CACHE / "logs" / f"build-{name}.log"
    inside = f"/build/{name}"
    text = cache.command(
        in_tree(tree_path, "make", "-C", f"/lib/modules/{debian.version(kernel_path)}/build",
                 f"-j{os.cpu_count() or 1}",
                 f"M={inside}", "W=1", *WITHOUT_DEBUG_INFO, *config["kernel"][kernel].get("make", []), "modules"), log)
    found = list(_warnings(text, inside))
    if found:
        # Next time make would find everything built, and say nothing.
        for path in workshop.rglob("*.o"):
            path.unlink()
        raise Broken(f"warnings in {folder.relative_to(ROOT)}, see {log}", "\n".join(found))
    for path in workshop.glob("*.ko"):
        shutil.copy(path, aside)


def userland_tree(config, kernel):
    """The tree with the programs and libraries of a kernel's guests: that of its
    compiler, or one of another architecture, which is that compiler's sysroot."""
    own = config["kernel"][kernel]
    return debian.tree(config, own.get("userland", own["tree"]))


def userland(config, kernel):
    """The directory with ptctl and the tests' own programs."""
    own = config["kernel"][kernel]
    tree_name = own.get("userland", own["tree"])
    kind = "userland-gcov" if COVERAGE else "userland"
    path = CACHE / "build" / f"{kind}-{tree_name}"
    folders = [ROOT / "kmod", ROOT / "userspace", VM / "progs"]
    with cache.locked(f"build-{kind}-{tree_name}"):
        tree_path = debian.tree(config, config["tree"][tree_name].get("compiler", tree_name))
        sysroot = debian.tree(config, tree_name)
        stamp = cache.digest("userland 2", kind, tree_path / cache.STAMP, sysroot / cache.STAMP,
                             cache.tree_digest(*folders))
        if cache.fresh(path, stamp):
            return path
        cross = None if sysroot == tree_path else sysroot
        with cache.progress(f"tree {tree_name}: building ptctl"), \
             cache.building(path, stamp) as aside:
            workshop = work_folder(tree_path, kind)
            for folder in folders:
                copy(folder, workshop / folder.name)
            (workshop / "out").mkdir(exist_ok=True)
            log = CACHE / "logs" / f"build-userland-{tree_name}.log"
            cache.command(_compile(tree_path, cross, "make", "-C", f"/build/{kind}/userspace",
                                   f"O=/build/{kind}/out", *COVERAGE), log)
            shutil.copy(workshop / "out/ptctl", aside)
            for source in sorted((VM / "progs").glob("*.c")):
                _program(tree_path, cross, workshop, source, aside)
        return path


def _compile(tree_path, cross, *argv):
    """The words that run a compilation, with CC and PKG_CONFIG for the guests'
    architecture. The sysroot says which that is."""
    if not cross:
        return in_tree(tree_path, "CC=cc", *argv)
    triplet = next((cross / "usr/lib").glob("*-linux-gnu")).name
    return in_tree(tree_path, f"CC={triplet}-gcc --sysroot=/mnt",
                   f"PKG_CONFIG_LIBDIR=/mnt/usr/lib/{triplet}/pkgconfig:/mnt/usr/share/pkgconfig",
                   "PKG_CONFIG_SYSROOT_DIR=/mnt", *argv, sysroot=cross)


def _program(tree_path, cross, workshop, source, aside):
    """A test's own program: one source, and netlink should it want it."""
    script = (f"$CC -O2 -Wall -Wextra -Werror -I/build/{workshop.name}/kmod/uapi "
              "$(pkg-config --cflags libnl-genl-3.0) -o \"$2\" \"$1\" "
              "$(pkg-config --libs libnl-genl-3.0)")
    out = f"/build/{workshop.name}/out/{source.stem}"
    cache.command(_compile(tree_path, cross, "sh", "-c", script, "sh",
                           f"/build/{workshop.name}/progs/{source.name}", out),
                  CACHE / "logs" / f"build-{source.stem}.log")
    shutil.copy(workshop / "out" / source.stem, aside)


def acpi_table(name):
    """An ACPI table compiled from acpi/NAME.asl."""
    source = VM / "acpi" / f"{name}.asl"
    path = CACHE / "build" / f"acpi-{name}"
    stamp = cache.digest("acpi", source)
    with cache.locked(f"acpi-{name}"):
        if not cache.fresh(path, stamp):
            with cache.building(path, stamp) as aside:
                cache.command(["iasl", "-p", aside / "table", source],
                              CACHE / "logs" / f"acpi-{name}.log")
    return path / "table.aml"
