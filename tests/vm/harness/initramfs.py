# SPDX-License-Identifier: GPL-2.0
"""What a guest boots into: busybox, ptctl, udev, the modules, the tests. The
same input gives the same bytes."""

import lzma
import os
import re
import shutil
import stat
import subprocess

from . import build, cache, debian
from .config import CACHE, ROOT, VM, Unavailable

MERGED = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64"}
EMPTY = ["dev", "etc/udev/rules.d", "persist", "proc", "root", "run", "sys", "tmp", "var"]
PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"
GROUP = "root:x:0:\ndisk:x:6:\nnogroup:x:65534:\n"


def make(config, kernel, kernel_path):
    """The initramfs for a kernel, with everything built that goes into it."""
    tools = debian.tree(config, config["kernel"][kernel]["tree"])
    tree_path = build.userland_tree(config, kernel)
    modules = build.modules(config, kernel, kernel_path)
    userland = build.userland(config, kernel)
    rivals = _rivals(config, kernel)
    path = CACHE / "initramfs" / kernel
    stamp = cache.digest(
        "initramfs 1", config["guest"], modules / cache.STAMP, userland / cache.STAMP,
        cache.tree_digest(VM / "guest", ROOT / "udev", ROOT / "profiles"),
        str(rivals), ROOT / "packaging/iommu-pt-boot", (VM / "harness/initramfs.py"))
    with cache.locked(f"initramfs-{kernel}"):
        if not cache.fresh(path, stamp):
            with cache.progress(f"kernel {kernel}: initramfs"), \
                 cache.building(path, stamp) as aside:
                root = aside / "root"
                _skeleton(root)
                _programs(root, tools, tree_path, userland, config["guest"])
                for script in rivals:
                    _install(script, root / "usr/sbin" / script.name)
                _modules(root, kernel_path, modules, config["guest"]["modules"])
                _ours(root, tree_path, config["guest"])
                with open(aside / "initramfs.cpio", "wb") as file:
                    _cpio(root, file)
                shutil.rmtree(root)
    return path / "initramfs.cpio"


def with_tables(image, tables, folder):
    """A file in that folder: the image, and before it compiled ACPI tables, which the
    kernel believes instead of the firmware's if their revision is higher."""
    path = folder / "initrd"
    place = folder / "early/kernel/firmware/acpi"
    place.mkdir(parents=True, exist_ok=True)
    for number, table in enumerate(tables):
        shutil.copy(table, place / f"{number}.aml")
    with open(path, "wb") as file:
        _cpio(folder / "early", file)
        with open(image, "rb") as source:
            shutil.copyfileobj(source, file)
    return path


def _rivals(config, kernel):
    """Scripts of other people, to be compared with; none if they cannot be had.
    What runs them is in the trees of this architecture only."""
    own = config["kernel"][kernel]
    if "userland" in own:
        return []
    try:
        return [debian.unpacked(config, own["tree"], package) / path
                for package, path in config["guest"]["rivals"].items()]
    except Unavailable as error:
        cache.say(str(error))
        return []


def _skeleton(root):
    for folder in (*MERGED.values(), *EMPTY):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for link, target in MERGED.items():
        (root / link).symlink_to(target)
    (root / "etc/passwd").write_text(PASSWD)
    (root / "etc/group").write_text(GROUP)
    (root / "etc/mtab").symlink_to("/proc/self/mounts")


def _needs(tools, program):
    """The libraries that a program or library names, and its interpreter. Not
    ldd: it could not run another architecture's."""
    with open(program, "rb") as file:
        shown = subprocess.run(build.in_tree(tools, "readelf", "-ldW", "/proc/self/fd/0"),
                               stdin=file, capture_output=True, text=True, check=False).stdout
    return re.findall(r"\(NEEDED\).*\[(.+)\]", shown), \
        re.findall(r"program interpreter: (.+)\]", shown)


def _find_library(tree_path, name):
    for folder in ("usr/lib", "usr/lib/systemd"):
        for path in ((tree_path / folder / name),
                     *(tree_path / folder).glob(f"*-linux-gnu*/{name}"),
                     *(tree_path / folder).glob(f"*-linux-gnu*/systemd/{name}")):
            if path.exists():
                return "/" + str(path.relative_to(tree_path))
    raise Unavailable(f"no {name} in the tree {tree_path.name}")


def _programs(root, tools, tree_path, userland, guest):
    """Programs of the tree, and ours, with all the libraries they need."""
    ours = [p for p in userland.iterdir() if p.name != cache.STAMP]
    todo = [*guest["programs"],
            *(_find_library(tree_path, name) for name in guest["loaded"]),
            *(name for name in guest["for_rivals"] if (tree_path / name.lstrip("/")).exists())]
    seen = set()

    def want(program):
        libraries, interpreter = _needs(tools, program)
        todo.extend(interpreter)
        todo.extend(_find_library(tree_path, library) for library in libraries)

    for path in ours:
        want(path)
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        source = tree_path / name.lstrip("/")
        if not source.exists():
            raise Unavailable(f"no {name} in the tree {tree_path.name}")
        _install(source, root / os.path.realpath(
            root / os.path.dirname(name).lstrip("/")) / source.name)
        want(source)
    for path in ours:
        # ptctl where it is installed, and where udev's rules look for it.
        _install(path, root / ("usr/sbin" if path.name == "ptctl" else "usr/bin") / path.name)
    for link, target in (("usr/bin/sh", "busybox"), ("usr/sbin/mkfs.ext4", "mke2fs"),
                         ("usr/sbin/udevd", "/usr/bin/udevadm"), ("init", "tests/init")):
        (root / link).symlink_to(target)


def _install(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copy(source, target)


def _modules(root, kernel_path, ours, wanted):
    version = debian.version(kernel_path)
    source = kernel_path / "image/usr/lib/modules" / version
    target = root / "usr/lib/modules" / version
    depends = {}
    for line in (source / "modules.dep").read_text().splitlines():
        path, _, needs = line.partition(":")
        depends[path] = needs.split()
    by_name = {_module_name(path): path for path in depends}
    for path in {needed for name in wanted if name in by_name
                 for needed in (by_name[name], *depends[by_name[name]])}:
        _module_file(source / path, target / path)
    for path in ours.glob("*.ko"):
        _install(path, target / "extra" / path.name)
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        _install(source / name, target / name)
    cache.command(["/sbin/depmod", "-b", root, version], CACHE / "logs" / "depmod.log")


def _module_name(path):
    return os.path.basename(path).split(".ko")[0].replace("-", "_")


def _module_file(source, target):
    """Uncompressed: the guest is slow at that."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix == ".xz":
        target.with_suffix("").write_bytes(lzma.decompress(source.read_bytes()))
    else:
        shutil.copy(source, target)


def _ours(root, tree_path, guest):
    shutil.copytree(VM / "guest", root / "tests")
    shutil.copytree(ROOT / "profiles", root / "usr/lib/iommu-pt/profiles")
    rules = root / "usr/lib/udev/rules.d"
    rules.mkdir(parents=True)
    for name in guest["udev_rules"]:
        shutil.copy(tree_path / "usr/lib/udev/rules.d" / name, rules)
    for path in sorted((ROOT / "udev/rules.d").glob("*.rules")):
        shutil.copy(path, rules)
    _install(ROOT / "packaging/iommu-pt-boot", root / "usr/lib/iommu-pt/boot")


def _cpio(root, file):
    """The "newc" format, everything root's, no times."""
    number = 0

    def entry(name, mode, data=b"", major=0, minor=0):
        nonlocal number
        number += 1
        raw = os.fsencode(name) + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(raw), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + raw
        file.write(head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4))

    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(folders + files):
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            short = os.path.relpath(path, root)
            if stat.S_ISLNK(mode):
                entry(short, stat.S_IFLNK | 0o777, os.fsencode(os.readlink(path)))
            elif stat.S_ISDIR(mode):
                entry(short, stat.S_IFDIR | 0o755)
            else:
                with open(path, "rb") as source:
                    entry(short, stat.S_IFREG | (0o755 if mode & 0o100 else 0o644), source.read())
    # Before devtmpfs is there, the kernel opens this for init.
    entry("dev/console", stat.S_IFCHR | 0o600, major=5, minor=1)
    entry("TRAILER!!!", 0)
