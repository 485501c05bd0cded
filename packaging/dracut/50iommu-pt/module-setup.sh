#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # dracut's own variables
# dracut: the module, ptctl and the rules into the initramfs; the policy before
# udev starts, which loads the drivers.

check() {
	require_binaries /usr/sbin/ptctl modprobe
}

depends() {
	return 0
}

installkernel() {
	# Not only where it is loaded right now. No module is no error.
	hostonly='' instmods iommu-pt-policy
	# Where ptctl finds QEMU's hints.
	hostonly='' instmods qemu_fw_cfg
	return 0
}

# A folder or a file as it is, mistakes included; links to folders and files elsewhere
# become these, and one to nothing stays: to ptctl that is no empty folder.
copy_rules() {	# FOLDER, or a file
	local file

	[ -e "$dracutsysrootdir$1" ] || [ -L "$dracutsysrootdir$1" ] || return 0
	if [ -d "$dracutsysrootdir$1" ]; then
		mkdir -p "$initdir$1"
		cp -a "$dracutsysrootdir$1/." "$initdir$1/"
	else
		mkdir -p "$initdir${1%/*}"
		cp -a "$dracutsysrootdir$1" "$initdir$1"
	fi
	for file in "$dracutsysrootdir$1" "$dracutsysrootdir$1"/*.rules; do
		if [ -L "$file" ] && [ -f "$file" ]; then
			rm -f "$initdir${file#"$dracutsysrootdir"}"
			cp -pL "$file" "$initdir${file#"$dracutsysrootdir"}"
		fi
	done
	return 0
}

install() {
	inst_multiple mkdir modprobe
	inst_binary /usr/sbin/ptctl
	inst_script /usr/lib/iommu-pt/boot
	copy_rules /etc/iommu-pt/rules.d
	copy_rules /usr/lib/iommu-pt/rules.d
	copy_rules /usr/lib/iommu-pt/profiles
	copy_rules /etc/iommu-pt/profile
	inst_hook pre-udev 10 "$moddir/iommu-pt.sh"
}
