# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# For the tests of the machines that boot Debian: what an administrator's rules have
# come to, and whether the boot went on to the login. After /tests/lib.sh.

# The line of the kernel's log with a text, as a number; 0 if there is none.
line_of() { dmesg | grep -nF -m 1 "$1" | cut -d: -f1 | grep . || echo 0; }
before() {	# TEXT TEXT DESCRIPTION
	_a=$(line_of "$1") _b=$(line_of "$2")
	if [ "$_a" -gt 0 ] && [ "$_a" -lt "$_b" ]; then
		pass "$3"
	else
		fail "$3" "line $_a: $1" "line $_b: $2" "$(dmesg | grep -E 'iommu.pt|nvme|e1000e|virtio')"
	fi
}
# Milliseconds from the kernel's start to a line of its log.
when() { dmesg | grep -F -m 1 "$1" | sed 's/^\[ *\([0-9]*\)\.\([0-9]\{3\}\).*/\1\2/; s/^0*//'; }	# TEXT

stat() { sed -n "s/^$1 //p" /sys/kernel/iommu_pt/stats; }	# NAME
complaints() { journalctl -b -t iommu-pt -o cat -q --no-pager; }

complete() { [ "$(systemctl is-active multi-user.target getty.target | sort -u)" = active ]; }

reached_login() {
	check "the boot is complete" wait_for 180 complete
	check "there is a login" wait_for 60 systemctl -q is-active serial-getty@ttyS0.service
	is "$(systemctl --failed --plain --no-legend)" "" "no unit has failed"
	is "$(findmnt -n -o SOURCE /)" "${1:-/dev/nvme0n1}" "root is the disk"
}

rules_in_force() {
	is "$(bound_driver $NVME) $(domain_type $NVME)" "nvme identity" \
		"the root disk's controller is in passthrough"
	# No unit of a boot that is complete has waited for it.
	wait_for 120 test -e $PCI/$NIC/driver
	is "$(bound_driver $NIC) $(domain_type $NIC)" "e1000e DMA" "the network card is strict"
	is "$(cat $PCI/$NVME/iommu_pt/status $PCI/$NIC/iommu_pt/status | tr '\n' ' ')" \
		"applied applied " "both are applied"
	is "$(cat $PCI/$NVME/iommu_pt/source)" admin "by the admin's rule"
	is "$(stat rebinds) $(stat rebind_failures)" "0 0" "nothing was bound twice"
	check "domains were changed" test "$(stat changes)" -ge 2
	before "iommu_pt: version" "nvme nvme0: pci function $NVME" \
		"the module came before the first probe of the disk"
	before "iommu_pt: version" "e1000e: Intel" "and before the network's driver"
}

in_force() {
	rules_in_force
	is "$(complaints)" "" "nothing to complain about"
}

complains() {	# PATTERN DESCRIPTION
	like "$(complaints)" "$1" "$2"
	is "$(complaints | wc -l)" 1 "it is one line"
}

not_in_force() {	# PATTERN DESCRIPTION
	like "$(domain_type $NVME)" "DMA*" "the root disk has the kernel's choice"
	complains "$@"
}
