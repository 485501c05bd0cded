# SPDX-License-Identifier: GPL-2.0
# A device is pulled out with nobody asked, under its driver, and in the middle of a
# rebind: nothing of it is left, and whatever comes next in its place is looked after.
. /tests/lib.sh
fresh

is_gone() { [ ! -e "$PCI/$1" ] && [ ! -e "/sys/kernel/iommu_groups/$2" ]; }	# DEVICE GROUP
is_held() { dmesg | tail -n 5 | grep -q 'probe waits as asked'; }
plug_in() {
	check "$1 is plugged in" device_add edu,id=hot1,bus=rp2
	wait_for 10 below $PORT2
	hot=$(below $PORT2) || die "it is seen"
	driver_override "$hot" witness
	check "it has a driver" wait_for 10 gets_driver "$hot" witness
	group=$(group_of "$hot")
}

modprobe witness
check "module loads" modprobe iommu-pt-policy
check "the port tells what comes and goes" port_tells $PORT2

plug_in "a device"
log_mark under-driver
check "it is pulled out" pull_out $PORT2
check "it is gone" wait_for 20 is_gone "$hot" "$group"
check "its slot is off" wait_for 20 slot_is_off $PORT2
like "$(log_since under-driver)" "*pciehp: Slot(2): *" "the port has told"
unlike "$(log_since under-driver)" "*Button press*" "nobody was asked"
check "there is no such device" wait_event DEVICE_DELETED hot1
exits 0 "the devices are listed" ptctl list --json
unlike "$OUT" "*$hot*" "without it"

plug_in "another"
echo 1 >/sys/module/witness/parameters/hold
ptctl set --runtime --rebind "$hot" passthrough &
check "its driver is being rebound" wait_for 10 is_held
check "it is pulled out" pull_out $PORT2
check "there is no such device" wait_event DEVICE_DELETED hot1
is "$(od -An -tx1 -N 2 "$PCI/$hot/config")" " ff ff" "nothing answers the driver"
echo 0 >/sys/module/witness/parameters/hold
wait
check "it is gone" wait_for 20 is_gone "$hot" "$group"
check "its slot is off" wait_for 20 slot_is_off $PORT2
exits 0 "the devices are listed" ptctl list --json
unlike "$OUT" "*$hot*" "without it"

plug_in "a third"
is "$(cat "$PCI/$hot/iommu_pt/policy")" passthrough "what was said of the place holds"
is "$(domain_type "$hot")" identity "and is done"
exits 4 "it is taken back, which its driver has wait" ptctl unset --runtime "$hot"
check "it is unplugged in good order" device_del hot1
check "module unloads" modprobe -r iommu-pt-policy
modprobe -r witness
done_testing
