# SPDX-License-Identifier: GPL-2.0
"""The project's Debian packages, built in a tree of the suite they are for."""

import shutil

from . import build, cache, debian
from .config import CACHE, ROOT

# What the source package holds. The tests, which boot guests, stay at home.
PARTS = ["kmod", "userspace", "udev", "doc", "man", "completion", "profiles", "packaging"]
FILES = ["Makefile", "README.md", "ARCHITECTURE.md", "SECURITY.md", "LICENSE"]


def make(config, suite, later=""):
    """The directory with the packages for a suite; later: with that behind their version."""
    name = f"packages{'-later' if later else ''}"
    path = CACHE / "build" / f"{name}-{suite}"
    folders = [ROOT / part for part in PARTS]
    stamp = cache.digest("packages 1", later, cache.tree_digest(*folders),
                         *(ROOT / file for file in FILES))
    with cache.locked(f"packages-{suite}"):
        if cache.fresh(path, stamp):
            return path
        tree_path = debian.tree(config, f"package-{suite}")
        with cache.progress(f"suite {suite}: building packages"), \
             cache.building(path, stamp) as aside:
            workshop = build.work_folder(tree_path, name)
            shutil.rmtree(workshop)
            source = build.work_folder(tree_path, name) / "source"
            for folder in folders:
                build.copy(folder, source / folder.name)
            for file in FILES:
                shutil.copy(ROOT / file, source)
            shutil.copytree(source / "packaging/debian", source / "debian")
            changelog = source / "debian/changelog"
            changelog.write_text(changelog.read_text().replace(")", f"{later})", 1))
            cache.command(
                build.in_tree(tree_path, "sh", "-c",
                              f"cd /build/{name}/source && exec dpkg-buildpackage -us -uc"),
                CACHE / "logs" / f"packages-{suite}.log")
            for made in workshop.iterdir():
                if made.is_file():
                    shutil.copy(made, aside)
    return path


def lint(config, suite):
    """What lintian says of them; nothing is well. An older one does not know the
    standards version, and that is all it then has to say."""
    tree_path = debian.tree(config, f"package-{suite}")
    with cache.locked(f"packages-{suite}"):
        return cache.command(
            build.in_tree(tree_path, "sh", "-c",
                          "exec lintian --allow-root --fail-on error,warning "
                          "--suppress-tags newer-standards-version "
                          "/build/packages/*.changes"),
            CACHE / "logs" / f"lintian-{suite}.log")
