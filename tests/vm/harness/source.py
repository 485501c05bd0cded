# SPDX-License-Identifier: GPL-2.0
"""A kernel of our own configuration out of Debian's source package, built by a
tree for that, and laid out as Debian lays out its own."""

import os
import re
import shutil

from . import build, cache, debian
from .config import CACHE, VM, Broken


def kernel(config, name):
    """As debian.kernel(), for a kernel that has a configuration of its own."""
    own = config["kernel"][name]
    name = own.get("built_as", name)
    fragments = [VM / f"kernel/{part}.config" for part in own["config"]]
    path = CACHE / "kernels" / name
    stamp = cache.digest("kernel 1", own["suite"], own["source"], *fragments,
                         config["tree"][own["builder"]], VM / "harness/source.py")
    with cache.locked(f"kernel-{name}"):
        if not cache.fresh(path, stamp):
            builder = debian.tree(config, own["builder"])
            workshop = build.work_folder(builder, f"linux-{name}")
            with cache.building(path, stamp) as aside:
                deb = debian.fetch_source(own, builder, aside, CACHE / "logs" / f"kernel-{name}.log")
                _unpack(deb, workshop)
                deb.unlink()
                # Versions differ as the configurations do: by that their headers lie
                # side by side in a tree.
                (workshop / "fragment").write_text("".join(
                    [part.read_text() for part in fragments]
                    + [f'CONFIG_LOCALVERSION="-{name.partition("-")[2]}"\n']))
                _make(name, builder, workshop, aside)
    return path


def _make(name, builder, workshop, aside):
    """Fill aside with image/, headers/ and VERSION."""
    def run(step, *argv):
        log = CACHE / "logs" / f"kernel-{name}-{step}.log"
        script = f'cd /build/linux-{name} && exec nice -n 10 "$@"'
        return cache.command(build.in_tree(builder, "sh", "-c", script, "sh", *argv), log)

    run("config", "make", "KCONFIG_ALLCONFIG=fragment", "allnoconfig")
    _check_config(workshop)
    with cache.progress(f"kernel {name}: building, which takes a quarter of an hour", every=60):
        run("build", "make", f"-j{os.cpu_count() or 1}", "bzImage", "modules")
    version = run("version", "make", "-s", "kernelrelease").splitlines()[-1]
    shutil.rmtree(workshop / "out", ignore_errors=True)
    run("modules", "make", "INSTALL_MOD_PATH=out/image/usr", "modules_install")
    # What out-of-tree modules are built with, by the kernel's own choice of files.
    headers = f"out/headers/usr/src/linux-headers-{version}"
    run("headers", "env", "srctree=.", "SRCARCH=x86", "CC=gcc", "HOSTCC=gcc",
        "KCONFIG_CONFIG=.config", "MAKE=make",
        "sh", "scripts/package/install-extmod-build", headers)
    links = workshop / "out/headers/lib/modules" / version
    links.mkdir(parents=True)
    (links / "build").symlink_to(f"/usr/src/linux-headers-{version}")
    (workshop / "out/image/usr/lib/modules" / version / "build").unlink(missing_ok=True)

    for part in ("image", "headers"):
        shutil.copytree(workshop / "out" / part, aside / part, symlinks=True)
    (aside / "image/lib").symlink_to("usr/lib")		# where depmod looks
    # Not the ELF kernel, which QEMU enters by PVH: KASAN's memory is not there yet.
    (aside / "image/boot").mkdir()
    shutil.copy(workshop / "arch/x86/boot/bzImage", aside / f"image/boot/vmlinuz-{version}")
    (aside / "VERSION").write_text(version)


def _unpack(deb, workshop):
    """The sources of a package, unless they are there: what was built of them
    stays, so that a changed configuration builds what it changes."""
    marker = workshop / ".package"
    if marker.exists() and marker.read_text() == deb.name:
        return
    cache.remove(workshop)
    workshop.mkdir()
    log = CACHE / "logs" / f"{workshop.name}-unpack.log"
    cache.command(["dpkg-deb", "-x", deb, workshop / "package"], log)
    packed = next((workshop / "package/usr/src").glob("linux-source-*.tar.xz"))
    cache.command(["tar", "-xf", packed, "-C", workshop, "--strip-components=1"], log)
    shutil.rmtree(workshop / "package")
    marker.write_text(deb.name)


def _check_config(workshop):
    """An option that this version does not have is passed over; one that it
    has, and that did not become what the fragment says, is an error."""
    got = dict(re.findall(r"^(CONFIG_\w+)=(.*)$", (workshop / ".config").read_text(), re.M))
    known = set()
    for kconfig in (path for part in workshop.iterdir() if part.is_dir() and part.name != "out"
                    for path in part.rglob("Kconfig*")):
        known.update(re.findall(r"^\s*(?:menu)?config (\w+)", kconfig.read_text(), re.M))
    wish = dict(re.findall(r"^(CONFIG_\w+)=(.*)$", (workshop / "fragment").read_text(), re.M))
    lost = [f"{option}={wanted}, but it is {got.get(option, 'n')}" for option, wanted in wish.items()
            if option.removeprefix("CONFIG_") in known and got.get(option, "n") != wanted]
    if lost:
        raise Broken("the kernel does not take all of its configuration", "\n".join(lost))
