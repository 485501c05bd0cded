# SPDX-License-Identifier: GPL-2.0
# The machine goes to sleep (s2idle) and wakes: every domain is as it was, and in
# force. Devices are sent to sleep as for that, and the kernel's own test of it wakes
# them a second later.
. /tests/lib.sh
fresh

RULES=/etc/iommu-pt/rules.d/20-suspend.rules
grep -q freeze /sys/power/state || skip_all "this kernel does not suspend"

state() {
	for _group in /sys/kernel/iommu_groups/*; do echo "${_group##*/} $(cat "$_group/type")"; done
	cat /sys/bus/pci/devices/*/iommu_pt/* /sys/kernel/iommu_pt/rules
}
sleep_and_wake() {
	echo platform >/sys/power/pm_test
	echo 1 >/sys/module/suspend/parameters/pm_test_delay
	echo freeze >/sys/power/state
}

DISK=$NVME	# the machine has an AHCI controller there

mkdir -p ${RULES%/*}
for dev in $FN0 $FN1 $FN2; do unbind $dev; done
check "module loads" modprobe iommu-pt-policy
printf '%s\n' "passthrough name=$DISK" "strict name=$EDU" "lazy name=$FN1" >$RULES
exits 0 "rules are applied" ptctl apply
modprobe -a ahci sd_mod e1000e edu_dma
[ "$(bound_driver $DISK)" = ahci ] || bind ahci $DISK
check "there is a disk" wait_for 10 blockdev_of $DISK
before=$(state)
log_mark sleep
check "it sleeps and wakes" sleep_and_wake
like "$(log_since sleep)" "*suspend entry (s2idle)*suspend exit*" "so the log says"
is "$(state)" "$before" "every domain and decision is as before"
is "$(domain_type $DISK) $(domain_type $EDU)" "identity DMA" "those among them that were chosen"
check "it reads blocks" wait_for 10 reads_blocks $DISK
is "$(dma_lands $EDU raw)" missed "DMA to a raw address missed, still"
is "$(dma_lands $EDU api)" landed "and through the API landed"
check "the module unloads" modprobe -r iommu-pt-policy
fresh
done_testing
