# SPDX-License-Identifier: GPL-2.0
"""A disk with Debian on it, as an administrator has it who installed the
project's packages by apt: systemd, udev, and the initramfs that is made there."""

import subprocess

from . import build, cache, debian, packages
from .config import CACHE, VM

# Run as root in a copy of the tree.
INSTALL = """
set -eu
export DEBIAN_FRONTEND=noninteractive
kernel=$(basename /usr/lib/modules/*)
mkdir -p /etc/iommu-pt/rules.d
cp /tests/boot/10-boot.rules /etc/iommu-pt/rules.d/
dpkg -i /debs/iommu-pt-policy-dkms_*.deb /debs/ptctl_*.deb
dkms status
rm -r /debs
modinfo -k "$kernel" -n iommu_pt_policy
mkdir /initrd
cp "/boot/initrd.img-$kernel" /initrd/default

cp /tests/boot/20-broken.rules /etc/iommu-pt/rules.d/
mkinitramfs -o /initrd/broken "$kernel"
rm /etc/iommu-pt/rules.d/20-broken.rules

# depmod takes minutes in a guest: the stage "nomodule" takes its indexes from here.
mkdir /root/with /root/without
cp /usr/lib/modules/"$kernel"/modules.*.bin /root/with/
mv "/usr/lib/modules/$kernel/updates" /root/
depmod "$kernel"
mkinitramfs -o /initrd/nomodule "$kernel"
cp /usr/lib/modules/"$kernel"/modules.*.bin /root/without/
mv /root/updates "/usr/lib/modules/$kernel/"
depmod "$kernel"

dracut --quiet --no-hostonly --kver "$kernel" --force /initrd/dracut

cp /tests/boot/vm-tests.service /etc/systemd/system/
systemctl enable vm-tests.service
rm -f /etc/resolv.conf
echo guest >/etc/hostname
echo '/dev/nvme0n1 / ext4 defaults 0 0' >/etc/fstab
systemd-machine-id-setup
"""


def make(config, kernel):
    """A directory with the file disk, the folder initrd, and image/boot as a
    kernel of debian.kernel() has it."""
    suite = config["kernel"][kernel]["tree"]
    path = CACHE / "build" / f"disk-{suite}"
    tree_path = debian.tree(config, f"disk-{suite}")
    debs = packages.make(config, suite)
    stamp = cache.digest("disk 1", INSTALL, tree_path / cache.STAMP, debs / cache.STAMP,
                         cache.tree_digest(VM / "guest"))
    with cache.locked(f"disk-{suite}"):
        if cache.fresh(path, stamp):
            return path
        with cache.progress(f"suite {suite}: installing the packages on a disk"), \
             cache.building(path, stamp, as_root=True) as aside:
            _fill(aside, tree_path, debs, CACHE / "logs" / f"disk-{suite}.log")
    return path


def _fill(aside, tree_path, debs, log):
    root = aside / "root"

    def as_root(*argv):
        subprocess.run([*cache.sudo(), *argv], check=True)

    as_root("mkdir", "-p", aside, aside / "image/boot")
    as_root("cp", "-a", tree_path, root)
    as_root("cp", "-a", VM / "guest", root / "tests")
    as_root("cp", "-a", debs, root / "debs")
    as_root("rm", "-f", root / cache.STAMP)
    cache.command(build.in_tree(root, "sh", "-c", INSTALL, user="0:0"), log)
    as_root("sh", "-c", 'mv "$1"/initrd "$2"/initrd && cp "$1"/boot/vmlinuz-* "$2"/image/boot/',
            "sh", root, aside)
    as_root("mke2fs", "-q", "-t", "ext4", "-d", root, aside / "disk", "3G")
    as_root("rm", "-rf", "--one-file-system", root)
    as_root("chmod", "-R", "a+rX", aside)
