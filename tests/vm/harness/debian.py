# SPDX-License-Identifier: GPL-2.0
"""Trees and kernels out of Debian's archive, by Debian's own clients, which
check its signatures. No host is named here: the machine's own apt knows one."""

import lzma
import os
import platform
import re
import shutil
import struct
import subprocess
import zlib

from . import cache
from .config import CACHE, Broken, Unavailable

HERE = "amd64"
# The note of an ELF kernel that says where QEMU enters it: XEN_ELFNOTE_PHYS32_ENTRY.
PVH_NOTE = re.compile(b"\x04\0\0\0[\x04\x08]\0\0\0\x12\0\0\0Xen\0")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def mirror():
    """Where this machine takes Debian from, or None: mmdebstrap knows a default."""
    try:
        codename = platform.freedesktop_os_release().get("VERSION_CODENAME")
        lines = subprocess.run(
            ["apt-get", "indextargets", "--format",
             "$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)", "Created-By: Packages"],
            capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return None
    for line in lines:
        words = line.split()
        if words[1:] == [codename, "main", "Debian"]:
            return words[0]
    return None


def tree(config, name):
    """The path of a tree, made if need be: the build tree of the suite of that
    name, or what [tree.NAME] says."""
    path = CACHE / "trees" / name
    own = config["tree"][name]
    suite = own.get("suite", name)
    packages = ([] if "suite" in own else config["trees"]["packages"]) + own.get("packages", [])
    # Of another architecture nothing can be run: its packages are unpacked.
    kind = ["--variant=extract", f"--architectures={own['arch']}"] if "arch" in own else \
        ["--variant=minbase"]
    stamp = cache.digest("tree", name, packages)
    with cache.locked(f"tree-{name}"):
        if cache.fresh(path, stamp):
            return path
        if not shutil.which("mmdebstrap"):
            raise Unavailable("mmdebstrap is not installed")
        with cache.progress(f"tree {name}: installing"), \
             cache.building(path, stamp, as_root=True) as aside:
            uri = mirror()
            log = CACHE / "logs" / f"tree-{name}.log"
            exclude = [f"--dpkgopt=path-exclude=/usr/share/{part}/*"
                       for part in ("doc", "man", "locale", "info")]
            try:
                cache.command(
                    [*cache.sudo(), "mmdebstrap", "--mode=root", *kind,
                     "--dpkgopt=force-unsafe-io", *exclude,
                     '--aptopt=Acquire::Languages "none"',
                     "--include=" + ",".join(packages), suite, aside,
                     *([uri] if uri else [])], log)
            except Broken as error:
                tail = "\n".join(error.args[1].splitlines()[-5:])
                raise Unavailable(f"no tree {name}: {tail}") from error
        return path


def _default_mirror(tree_path):
    """What mmdebstrap took for want of anything better."""
    lines = (tree_path / "etc/apt/sources.list").read_text(encoding="utf-8")
    return next(word for word in lines.split() if "://" in word)


def _apt(kernel, tree_path):
    """An apt of our own for one suite, in the user's name: it installs nothing.
    For another architecture it knows this one too: kbuild's programs run here."""
    base = CACHE / "apt" / (kernel["suite"] + kernel.get("arch", ""))
    for part in ("etc/apt/preferences.d", "state/lists/partial", "cache/archives/partial"):
        (base / part).mkdir(parents=True, exist_ok=True)
    (base / "status").touch()
    uri = mirror() or _default_mirror(tree_path)
    signed = f" [signed-by={KEYRING}]" if os.path.exists(KEYRING) else ""
    (base / "etc/apt/sources.list").write_text(
        f"deb{signed} {uri} {kernel['suite']} main\n", encoding="utf-8")
    options = {
        "Dir::Etc": base / "etc/apt", "Dir::Etc::SourceList": "sources.list",
        "Dir::Etc::SourceParts": "-", "Dir::State": base / "state",
        "Dir::State::status": base / "status", "Dir::Cache": base / "cache",
        "APT::Architecture": kernel.get("arch", HERE), "APT::Sandbox::User": "",
        "Acquire::Languages": "none", "APT::Get::List-Cleanup": "0",
    }
    return [*(f"-o{key}={value}" for key, value in options.items()),
            *(f"-oAPT::Architectures::={arch}" for arch in {kernel.get("arch", HERE), HERE})]


def _depends(options, package):
    """What a package depends on, by apt's lists."""
    shown = subprocess.run(["apt-cache", *options, "show", "--no-all-versions", package],
                           capture_output=True, text=True, check=True).stdout
    for line in shown.splitlines():
        if line.startswith("Depends:"):
            return [part.split()[0] for part in line[8:].split(",")]
    return []


def _kernel_packages(options, kernel):
    """The packages of one kernel: from the metapackages down, for how it is
    split up (image, modules, headers, kbuild, ...) differs between releases."""
    found, todo = [], [f"linux-image-{kernel['package']}", f"linux-headers-{kernel['package']}"]
    while todo:
        name = todo.pop()
        found.append(name)
        todo += [part for part in _depends(options, name)
                 if re.match(r"linux-(image|modules|binary|base|headers|kbuild)-", part)
                 and part not in found + todo]
    return found


def kernel(config, name):
    """The unpacked kernel, with its version in the file VERSION: lib/modules
    and boot/ as Debian's image has them, and the headers in headers/."""
    own = config["kernel"][name]
    tree_path = tree(config, own["tree"])
    path = CACHE / "kernels" / name
    stamp = cache.digest("kernel 1", own)
    with cache.locked(f"kernel-{name}"):
        if cache.fresh(path, stamp):
            return path
        with cache.progress(f"kernel {name}: fetching"), \
             cache.building(path, stamp) as aside:
            try:
                _fetch(own, tree_path, aside, CACHE / "logs" / f"kernel-{name}.log")
            except Broken as error:
                tail = "\n".join(error.args[1].splitlines()[-5:])
                raise Unavailable(f"no kernel {name}: {tail}") from error
            except (subprocess.CalledProcessError, IndexError) as error:
                raise Unavailable(f"no kernel {name} in {own['suite']}: {error}") from error
        return path


def fetch_source(own, tree_path, folder, log):
    """The package of a kernel's sources, in a folder."""
    options = _apt(own, tree_path)
    package = f"linux-source-{own['source']}"
    try:
        cache.command(["apt-get", *options, "update"], log)
        cache.command(["apt-get", *options, "download", package], log, cwd=folder)
    except Broken as error:
        tail = "\n".join(error.args[1].splitlines()[-5:])
        raise Unavailable(f"no {package}: {tail}") from error
    return next(folder.glob(f"{package}_*.deb"))


def _fetch(own, tree_path, aside, log):
    options = _apt(own, tree_path)
    cache.command(["apt-get", *options, "update"], log)
    packages = [f"{name}:{HERE}" if name.startswith("linux-kbuild-") else name
                for name in _kernel_packages(options, own)]
    debs = aside / "debs"
    debs.mkdir()
    cache.command(["apt-get", *options, "download", *packages], log, cwd=debs)
    for deb in debs.iterdir():
        headers = deb.name.startswith(("linux-headers", "linux-kbuild"))
        target = aside / ("headers" if headers else "image")
        cache.command(["dpkg-deb", "-x", deb, target], log)
    shutil.rmtree(debs)

    image = aside / "image"
    if (image / "lib").is_dir():		# before the merged /usr
        (image / "usr").mkdir(exist_ok=True)
        shutil.copytree(image / "lib", image / "usr/lib", symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(image / "lib")
    version = next((image / "usr/lib/modules").iterdir()).name
    (image / "lib").symlink_to("usr/lib")	# where depmod looks
    cache.command(["/sbin/depmod", "-b", image, version], log)
    (aside / "VERSION").write_text(version)
    (aside / "PACKAGES").write_text("\n".join(packages) + "\n")


def unpacked(config, suite, package):
    """A package's files, for what is in no tree; Unavailable."""
    path = CACHE / "packages" / f"{suite}-{package}"
    with cache.locked(f"package-{suite}-{package}"):
        if not path.is_dir():
            options = _apt({"suite": suite}, tree(config, suite))
            log = CACHE / "logs" / f"package-{package}.log"
            try:
                with cache.building(path, "") as aside:
                    cache.command(["apt-get", *options, "update"], log)
                    cache.command(["apt-get", *options, "download", package], log, cwd=aside)
                    cache.command(["dpkg-deb", "-x", *aside.glob("*.deb"), aside], log)
            except Broken as error:
                raise Unavailable(f"no package {package}, see {log}") from error
    return path


def add_headers(kernel_path, tree_path):
    """Put a kernel's headers into the tree of its compiler. They are not
    installed there: those of another architecture could not be, and must be in
    a tree of their own, for kbuild is in one place for all."""
    marker = tree_path / "var/lib" / f"headers-{kernel_path.name}"
    stamp = (kernel_path / cache.STAMP).read_text() + (tree_path / cache.STAMP).read_text()
    if marker.exists() and marker.read_text() == stamp:
        return
    headers = kernel_path / "headers"
    with cache.locked(f"tree-{tree_path.name}"), \
         cache.progress(f"kernel {kernel_path.name}: headers into the tree"):
        for part in ("lib", "usr"):
            if (headers / part).is_dir():
                target = tree_path / ("usr/lib" if part == "lib" else "usr")
                subprocess.run([*cache.sudo(), "cp", "-a", f"{headers / part}/.", target],
                               check=True)
        subprocess.run([*cache.sudo(), "tee", marker], input=stamp, text=True,
                       stdout=subprocess.DEVNULL, check=True)


def version(kernel_path):
    return (kernel_path / "VERSION").read_text()


def _packed(kernel_path):
    """The kernel as Debian has it: in /boot, or since 7 beside its modules."""
    found = [*kernel_path.glob("image/boot/vmlinu[xz]-*"),
             *kernel_path.glob("image/usr/lib/modules/*/vmlinu[xz]")]
    if not found:
        raise Unavailable(f"no kernel image in {kernel_path}")
    return found[0]


def image(kernel_path):
    """The file that QEMU boots. On x86 that is the ELF kernel out of the
    bzImage, which QEMU enters by PVH: emulated, unpacking takes seconds. On
    arm64 it is what a self-extracting EFI program holds."""
    unpacked = kernel_path / "vmlinux"
    with cache.locked(f"kernel-{kernel_path.name}"):
        if not unpacked.exists():
            data = _packed(kernel_path).read_bytes()
            inside = _unpack_bzimage(data) or _unpack_zboot(data)
            if not inside or inside.startswith(b"\x7fELF") and not PVH_NOTE.search(inside):
                return _packed(kernel_path)
            aside = kernel_path / "vmlinux.new"
            aside.write_bytes(inside)
            aside.rename(unpacked)
    return unpacked


def _unpack_bzimage(data):
    """See Documentation/arch/x86/boot.rst. None if it is something else."""
    if data[0x202:0x206] != b"HdrS":
        return None
    offset, length = struct.unpack_from("<II", data, 0x248)
    elf = _unpack(data[((data[0x1f1] or 4) + 1) * 512 + offset:][:length])
    return elf if elf and elf.startswith(b"\x7fELF") else None


def _unpack_zboot(data):
    """See drivers/firmware/efi/libstub/zboot-header.S. None if it is something else."""
    if data[:2] != b"MZ" or data[4:8] != b"zimg":
        return None
    offset, length = struct.unpack_from("<II", data, 8)
    return _unpack(data[offset:][:length])


def _unpack(payload):
    """A kernel, out of what the kernel's own build packs it with; or None."""
    if payload.startswith(b"\xfd7zXZ"):
        return lzma.LZMADecompressor().decompress(payload)
    if payload.startswith(b"\x1f\x8b"):
        return zlib.decompressobj(wbits=31).decompress(payload)
    if payload.startswith(b"\x28\xb5\x2f\xfd") and shutil.which("zstd"):
        # The last four bytes are the size.
        return subprocess.run(["zstd", "-dcq"], input=payload[:-4],
                              capture_output=True, check=False).stdout
    return None
