# SPDX-License-Identifier: GPL-2.0
# Debian on its own disk, the packages installed: the policy is in force before the
# first driver, at boot and for what is plugged in later.
. /tests/lib.sh
. /tests/boot/lib.sh

# What was plugged in there is as its rule says, from the first probe on: a domain
# does not change under a driver, and nothing was bound again.
plugged_in() {	# PORT NAME DRIVER TYPE PROPERTIES
	check "$2: is there" wait_for 20 below "$1"
	_hot=$(below "$1")
	wait_for 60 test -e "$PCI/$_hot/driver"
	udevadm settle --timeout=60
	is "$(bound_driver "$_hot") $(domain_type "$_hot")" "$3 $4" "$2: has its driver and its domain"
	is "$(cat "$PCI/$_hot/iommu_pt/status")" applied "$2: its rule is applied"
	is "$(stat rebinds)" 0 "$2: without a rebind"
	is "$(udevadm info -q property "$PCI/$_hot" | sed -n 's/^IOMMU_PT_//p' | sort | tr '\n' ' ')" \
		"$5" "$2: udev has it as properties"
	# The event "add" is made before the driver core looks for a driver.
	wait_for 20 arrived "$_hot"
	is "$(arrival "$_hot")" applied "$2: already in the event of its arrival"
}

# DEVICE: prints its status as the event of its arrival had it. The monitor writes when
# its turn comes, which may be after udev is through.
arrival() { sed -n "/add .*$1 (pci)/,/^\$/s/^IOMMU_PT_STATUS=//p" /run/test/udev; }
arrived() { [ -n "$(arrival "$1")" ]; }

reached_login
in_force
is "$(cat /sys/module/iommu_pt_policy/parameters/mode)" enforce "mode"
diag "$(systemd-analyze time 2>&1 | head -1)"
diag "$(systemd-analyze blame --no-pager | grep iommu-pt)"
diag "module at $(when 'iommu_pt: version') ms, disk's driver at $(when "pci function $NVME") ms"
check "ptctl apply has nothing to do" ptctl apply
is "$OUT" "" "and says nothing"

udevadm monitor --udev --property --subsystem-match=pci >/run/test/udev &
wait_for 20 grep -q UDEV /run/test/udev
check "an NVMe disk is plugged in" device_add nvme,id=hot1,bus=rp1,serial=hot1,drive=spare1
plugged_in $PORT1 disk nvme identity "EFFECTIVE=passthrough POLICY=passthrough SOURCE=admin STATUS=applied "
check "a network card is plugged in" device_add e1000e,id=hot2,bus=rp2,mac=52:54:00:00:00:02
plugged_in $PORT2 card e1000e DMA "EFFECTIVE=strict POLICY=strict SOURCE=admin STATUS=applied "
kill $!
done_testing
