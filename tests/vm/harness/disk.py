# SPDX-License-Identifier: GPL-2.0
"""A disk with Debian on it, as an administrator has it who installed the
project's packages by apt: systemd, udev, and the initramfs that is made there."""

import subprocess

from . import build, cache, debian, packages
from .config import CACHE, VM

# Both are run as root in a copy of the tree. First what a guest with tests needs,
# and nothing of the project: the disk "plain".
PLAIN = """
set -eu
cp /tests/boot/*.service /etc/systemd/system/
systemctl enable vm-tests.service vm-stage.service
# Emulated, on a host that is busy, a boot takes longer than any machine's; what waits
# for something in it must not give up before.
mkdir -p /etc/systemd/system.conf.d /etc/systemd/system/iommu-pt.service.d
printf '[Manager]\nDefaultDeviceTimeoutSec=900\n' >/etc/systemd/system.conf.d/patience.conf
printf '[Service]\nTimeoutStartSec=300\n' >/etc/systemd/system/iommu-pt.service.d/patience.conf
rm -f /etc/resolv.conf
echo guest >/etc/hostname
echo 'LABEL=root / ext4 defaults 0 0' >/etc/fstab
systemd-machine-id-setup
mkdir /initrd /root/records
echo COMPRESSLEVEL=1 >/etc/initramfs-tools/conf.d/quick
update-initramfs -u
cp /boot/initrd.img-* /initrd/plain
"""

# Then the packages, with an administrator's rules: the disk "disk". An initramfs for
# each test that wants its own.
INSTALL = """
set -eu
export DEBIAN_FRONTEND=noninteractive
kernel=$(basename /usr/lib/modules/*)
build=$(readlink -f "/usr/lib/modules/$kernel/build")
mkdir -p /etc/iommu-pt/rules.d
cp /tests/boot/10-boot.rules /etc/iommu-pt/rules.d/

# What a command says and its status, for the tests to judge.
record() {	# NAME COMMAND...
	name=$1
	shift
	"$@" >"/root/records/$name" 2>&1 && status=0 || status=$?
	echo "status $status" >>"/root/records/$name"
	cat "/root/records/$name"
}

# No headers: nothing is built.
mv "$build" "$build.away"
record missing dpkg -i /debs/iommu-pt-policy-dkms_*.deb /debs/ptctl_*.deb
cp "/boot/initrd.img-$kernel" /initrd/boot-missing
dpkg --purge iommu-pt-policy-dkms
mv "$build.away" "$build"

# Headers that are broken: the build fails.
mv "$build/Makefile" "$build/Makefile.away"
echo '$(error headers that are broken)' >"$build/Makefile"
record unbuilt dpkg -i /debs/iommu-pt-policy-dkms_*.deb /debs/ptctl_*.deb
record unbuilt-packages dpkg-query -W -f '${Package} ${db:Status-Status}\n' iommu-pt-policy-dkms ptctl
cp "/boot/initrd.img-$kernel" /initrd/boot-unbuilt
mv "$build/Makefile.away" "$build/Makefile"

record mended dpkg --configure -a
rm -r /debs
modinfo -k "$kernel" -n iommu_pt_policy
cp "/boot/initrd.img-$kernel" /initrd/disk

# depmod takes minutes in a guest: it has its indexes from here.
mkdir /root/with /root/without
cp /usr/lib/modules/"$kernel"/modules.*.bin /root/with/
mv "/usr/lib/modules/$kernel/updates" /root/
depmod "$kernel"
cp /usr/lib/modules/"$kernel"/modules.*.bin /root/without/
mv /root/updates "/usr/lib/modules/$kernel/"
cp /root/with/* "/usr/lib/modules/$kernel/"

for test in boot-broken boot-nofolder boot-many; do
	cp -a /etc/iommu-pt /root/
	/tests/boot/stage $test
	record "$test" mkinitramfs -o /initrd/$test "$kernel"
	rm -r /etc/iommu-pt
	mv /root/iommu-pt /etc/
done
cp /initrd/plain /initrd/boot-unit
dracut --quiet --no-hostonly --kver "$kernel" --force /initrd/boot-dracut
"""


def make(config, kernel):
    """A directory with the files plain and disk, the folder initrd, and image/boot
    as a kernel of debian.kernel() has it."""
    suite = config["kernel"][kernel]["tree"]
    path = CACHE / "build" / f"disk-{suite}"
    tree_path = debian.tree(config, f"disk-{suite}")
    debs = packages.make(config, suite)
    stamp = cache.digest("disk 3", PLAIN, INSTALL, tree_path / cache.STAMP, debs / cache.STAMP,
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

    def disk(name):
        as_root("mke2fs", "-q", "-t", "ext4", "-L", "root", "-d", root, aside / name, "3G")

    as_root("mkdir", "-p", aside, aside / "image/boot")
    as_root("cp", "-a", tree_path, root)
    as_root("cp", "-a", VM / "guest", root / "tests")
    as_root("rm", "-f", root / cache.STAMP)
    cache.command(build.in_tree(root, "sh", "-c", PLAIN, user="0:0"), log)
    disk("plain")
    as_root("cp", "-a", debs, root / "debs")
    cache.command(build.in_tree(root, "sh", "-c", INSTALL, user="0:0"), log)
    as_root("sh", "-c", 'mv "$1"/initrd "$2"/initrd && cp "$1"/boot/vmlinuz-* "$2"/image/boot/',
            "sh", root, aside)
    disk("disk")
    as_root("rm", "-rf", "--one-file-system", root)
    as_root("chmod", "-R", "a+rX", aside)
