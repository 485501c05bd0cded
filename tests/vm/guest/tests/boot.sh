# SPDX-License-Identifier: GPL-2.0
# Debian on its own disk, the packages installed: the policy is in force before
# the first driver, and whatever is wrong with it the boot goes on to the login.
. /tests/lib.sh

modules=/usr/lib/modules/$(uname -r)

# The line of the kernel's log with a text, as a number; 0 if there is none.
line_of() { dmesg | grep -nF -m 1 "$1" | cut -d: -f1 | grep . || echo 0; }
before() {	# TEXT TEXT DESCRIPTION
	_a=$(line_of "$1") _b=$(line_of "$2")
	if [ "$_a" -gt 0 ] && [ "$_a" -lt "$_b" ]; then
		pass "$3"
	else
		fail "$3" "line $_a: $1" "line $_b: $2" "$(dmesg | grep -E 'iommu.pt|nvme|e1000e')"
	fi
}
stat() { sed -n "s/^$1 //p" /sys/kernel/iommu_pt/stats; }
complaints() { journalctl -b -t iommu-pt -o cat -q --no-pager; }

complete() { [ "$(systemctl is-active multi-user.target getty.target | sort -u)" = active ]; }

reached_login() {
	check "the boot is complete" wait_for 90 complete
	check "there is a login" wait_for 30 systemctl -q is-active serial-getty@ttyS0.service
	is "$(systemctl --failed --plain --no-legend)" "" "no unit has failed"
	is "$(awk '$2 == "/" { print $1 }' /proc/mounts)" /dev/nvme0n1 "root is the NVMe disk"
}

in_force() {
	is "$(bound_driver $NVME) $(domain_type $NVME)" "nvme identity" \
		"the root disk's controller is in passthrough"
	is "$(bound_driver $NIC) $(domain_type $NIC)" "e1000e DMA" "the network card is strict"
	is "$(cat $PCI/$NVME/iommu_pt/status $PCI/$NIC/iommu_pt/status | tr '\n' ' ')" \
		"applied applied " "both are applied"
	is "$(cat $PCI/$NVME/iommu_pt/source)" admin "by the admin's rule"
	is "$(stat rebinds) $(stat rebind_failures)" "0 0" "nothing was bound twice"
	check "domains were changed" test "$(stat changes)" -ge 2
	before "iommu_pt: version" "nvme nvme0: pci function $NVME" \
		"the module came before the first probe of the disk"
	before "iommu_pt: version" "e1000e: Intel" \
		"and before the network's driver"
	is "$(complaints)" "" "nothing to complain about"
}

# Not in force, and one clear line.
not_in_force() {	# PATTERN DESCRIPTION
	like "$(domain_type $NVME)" "DMA*" "the root disk has the kernel's choice"
	like "$(complaints)" "$1" "$2"
	is "$(complaints | wc -l)" 1 "it is one line"
}

case $STAGE in
"")	reached_login
	in_force
	is "$(cat /sys/module/iommu_pt_policy/parameters/mode)" enforce "mode"
	diag "$(systemd-analyze time 2>&1 | head -1)"
	diag "$(systemd-analyze blame --no-pager | grep iommu-pt)"
	check "ptctl apply has nothing to do" ptctl apply
	is "$(ptctl apply)" "" "and says nothing"
	check "an NVMe disk is plugged in" device_add nvme,id=hot1,bus=rp1,serial=hot1,drive=spare1
	wait_for 20 below $PORT1
	hot=$(below $PORT1)
	udevadm settle --timeout=60
	is "$(bound_driver "$hot") $(domain_type "$hot")" "nvme identity" "in force when its driver bound"
	is "$(stat rebinds)" 0 "without a rebind"
	is "$(udevadm info -q property --property=IOMMU_PT_STATUS --value "$PCI/$hot")" applied \
		"udev has it as a property"
	cp /tests/boot/20-broken.rules /etc/iommu-pt/rules.d/
	reboot_and_continue broken
	;;
broken)	reached_login
	not_in_force "/etc/iommu-pt/rules.d/20-broken.rules:2:1: *" "a broken file is told with its line and column"
	rm /etc/iommu-pt/rules.d/20-broken.rules
	mv "$modules/updates" /root/
	cp /root/without/* "$modules"
	reboot_and_continue nomodule
	;;
nomodule)
	reached_login
	not_in_force "*no module iommu-pt-policy*" "a missing module is told"
	mv /root/updates "$modules/"
	cp /root/with/* "$modules"
	reboot_and_continue off
	;;
off)	reached_login
	is "$(cat /sys/kernel/iommu_pt/mode)" off "mode=off on the kernel's command line"
	like "$(domain_type $NVME)" "DMA*" "the root disk has the kernel's choice"
	is "$(complaints)" "" "which is no mistake"
	reboot_and_continue dracut
	;;
dracut)	reached_login
	check "dracut made this initramfs" sh -c 'dmesg | grep -q "dracut"'
	in_force
	;;
esac
done_testing
