#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The life of the packages, as root in a system that can be thrown away:
#	packages.sh [VERSION of a kernel whose headers are there as well]
# /old and /new have the packages. One line a check; the rest is what dpkg says.
export DEBIAN_FRONTEND=noninteractive

kernel=$(basename /boot/vmlinuz-* | sed 's/^vmlinuz-//')
module=iommu-pt-policy

pass() { echo "ok - $1"; }
fail() { echo "not ok - $1"; }
check() {	# DESCRIPTION COMMAND...
	what=$1
	shift
	if "$@"; then pass "$what"; else fail "$what"; fi
}
is() { [ "$1" = "$2" ] || echo "# got: $1, wanted: $2"; check "$3" test "$1" = "$2"; }

# All files but those in which dpkg, apt and systemd keep their accounts.
files() {
	find / -xdev \( -path /proc -o -path /tmp -o -path /old -o -path /new -o -path /packages.sh \
		-o -path /var/lib/dpkg -o -path /var/log -o -path /var/cache \
		-o -path /var/lib/dkms/mok.key -o -path /var/lib/dkms/mok.pub \) -prune \
		-o -printf '%p %y %m %l\n' | sort
}

dkms_says() { dkms status "$module" -k "$1" | sed 's/^[^/]*\///; s/, [^:]*//'; }	# KERNEL
in_initramfs() { lsinitramfs "/boot/initrd.img-$kernel" | grep -c iommu.pt; }
is_installed() { find "/usr/lib/modules/$kernel" -name "$module.ko*" | grep -q .; }
debs() { ls /"$1"/iommu-pt-policy-dkms_*.deb /"$1"/ptctl_*.deb; }	# old, new
version() { dpkg-deb -f "$(debs "$1" | head -1)" Version; }

files >/tmp/before

# shellcheck disable=SC2046 # words
check "install" dpkg -i $(debs old)
check "the module is built and installed" is_installed
is "$(dkms_says "$kernel")" "$(version old): installed" "DKMS says so"
check "the initramfs was made anew" test "$(in_initramfs)" -gt 5
check "zsh finds the completion" test -f /usr/share/zsh/vendor-completions/_ptctl
check "the softdep is no matter without the module" modprobe -S "$kernel" -D vfio-pci >/dev/null

# What an administrator and ptctl write.
echo 'strict external=yes' >/etc/iommu-pt/rules.d/10-own.rules
echo 'passthrough bus=pci' >/etc/iommu-pt/rules.d/50-ptctl.rules
check "a profile is chosen" sh -c 'IOMMU_PT_ROOT= ptctl profile use virt || [ -f /etc/iommu-pt/profile ]'
check "the unit is turned off" systemctl disable iommu-pt.service
touch -d '2001-01-01' "/boot/initrd.img-$kernel"

# shellcheck disable=SC2046
check "upgrade" dpkg -i $(debs new)
is "$(dkms_says "$kernel")" "$(version new): installed" "DKMS has the new one, and no other"
is "$(ls -d /usr/src/$module-*)" "/usr/src/$module-$(version new)" "nor is its source there"
check "the initramfs was made anew" test "/boot/initrd.img-$kernel" -nt /packages.sh
check "the administrator's rules are there" grep -q external /etc/iommu-pt/rules.d/10-own.rules
check "and ptctl's" test -f /etc/iommu-pt/rules.d/50-ptctl.rules
check "and the profile" grep -q virt /etc/iommu-pt/profile
is "$(systemctl is-enabled iommu-pt.service)" disabled "the unit stays off"

# Other kernels: one that is there as headers only, one too old, one without an IOMMU.
if [ -n "${1:-}" ]; then
	is "$(dkms_says "$1")" "$(version new): installed" "DKMS has built it for $1 as well"
	magic="$(modinfo -F vermagic /usr/lib/modules/"$1"/updates/dkms/"$module".ko*)"
	is "${magic%% *}" "$1" "and it is for that kernel"
fi
refuses() {	# VERSION CONFIG DESCRIPTION
	mkdir -p "/usr/src/fake/include" "/usr/lib/modules/$1"
	ln -sfn /usr/src/fake "/usr/lib/modules/$1/build"
	printf '%b' "$2" >/usr/src/fake/.config
	dkms build "$module/$(version new)" -k "$1" >/tmp/said 2>&1
	is "$?" 77 "$3"
	grep -i exclusive /tmp/said | sed 's/^/# /'
	rm -r /usr/src/fake "/usr/lib/modules/$1"
}
wanted='CONFIG_IOMMU_API=y\nCONFIG_SYSFS=y\nCONFIG_NET=y\n'
refuses 5.10.0-1-amd64 "$wanted" "DKMS skips Linux 5.10"
refuses 6.12.0-none-amd64 "${wanted#*n}" "DKMS skips a kernel without IOMMU_API"

check "remove" dpkg -r iommu-pt-policy-dkms ptctl
check "the module is gone" test -z "$(find /usr/lib/modules -name "$module.ko*")"
is "$(dkms status "$module")" "" "DKMS knows nothing of it"
is "$(in_initramfs)" 0 "nor does the initramfs"
check "configuration stays" test -f /etc/iommu-pt/profile -a -f /etc/iommu-pt/rules.d/10-own.rules

touch /etc/iommu-pt/.profile.ptctl-AbCd01 /etc/iommu-pt/rules.d/.50-ptctl.rules.ptctl-AbCd01
check "purge" dpkg -P iommu-pt-policy-dkms ptctl
is "$(find /etc/iommu-pt -type f)" /etc/iommu-pt/rules.d/10-own.rules \
	"what ptctl wrote goes, what an administrator wrote stays"
rm -r /etc/iommu-pt
files >/tmp/after
diff /tmp/before /tmp/after | grep '^[<>]' | sed 's/^/# /'
check "nothing else is left" cmp -s /tmp/before /tmp/after

check "ptctl alone" dpkg -i /new/ptctl_*.deb
echo virt >/etc/iommu-pt/profile
check "is purged" dpkg -P ptctl
check "and leaves no /etc/iommu-pt" test ! -e /etc/iommu-pt
pass "done"
