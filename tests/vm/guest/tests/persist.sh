# SPDX-License-Identifier: GPL-2.0
# What "ptctl set" says holds after a reboot, before the driver's first probe;
# what "unset" takes back is gone. udev hands the rules over.
. /tests/lib.sh

need_persist

# Boot as a machine does: udev, then the module, then drivers. udev's database knows of
# the driver's binding when that event is through, not when the driver is bound.
boot() {
	start_udev
	check "module loads" modprobe iommu-pt-policy
	udevadm settle --timeout=$((30 * SLOWER))
	modprobe witness
	driver_override $NVME witness
	probe $NVME
	udevadm settle --timeout=$((30 * SLOWER))
}

property() { udevadm info --query=property --property="$2" --value "$PCI/$1"; }

case $STAGE in
"")	check "module loads" modprobe iommu-pt-policy
	exits 0 "set" ptctl set $NVME passthrough
	is "$(domain_type $NVME)" identity "it is in force"
	is "$(grep -v ^# /etc/iommu-pt/rules.d/50-ptctl.rules)" \
		"passthrough bus=pci name=$NVME" "it is in the file"
	exits 0 "set again" ptctl set $NVME passthrough
	is "$(grep -vc ^# /etc/iommu-pt/rules.d/50-ptctl.rules)" 1 "it is there once"
	sed -i "/name=$NVME/s/$/;# ticket/" /etc/iommu-pt/rules.d/50-ptctl.rules
	exits 0 "set with a comment behind a semicolon" ptctl set $NVME passthrough
	is "$(grep -v ^# /etc/iommu-pt/rules.d/50-ptctl.rules)" \
		"passthrough bus=pci name=$NVME # ticket" "which stays"
	exits 0 "another, by its interface" sh -c "modprobe e1000e; ptctl set $NIC strict --rebind"
	reboot_and_continue set
	;;
set)	boot
	is "$(cat $PCI/$NVME/witness_domain)" identity "after a reboot: probe ran in identity"
	is "$(domain_type $NIC)" DMA "after a reboot: the other is strict"
	is "$(property $NVME IOMMU_PT_POLICY)" passthrough "udev property: policy"
	is "$(property $NVME IOMMU_PT_EFFECTIVE)" passthrough "udev property: effective"
	is "$(property $NVME IOMMU_PT_SOURCE)" admin "udev property: source"
	check "plugged in under udev" device_add edu,id=hot1,bus=rp1,dma_mask=0xffffffffffffffff
	wait_for 10 below $PORT1
	hot=$(below $PORT1)
	wait_for 30 sh -c "udevadm info $PCI/$hot | grep -q IOMMU_PT"	# it is seen before udev is told
	is "$(property "$hot" IOMMU_PT_STATUS)" none "udev property of a new device: status"
	unbind $NVME
	exits 0 "unset" ptctl unset $NVME $NIC
	check "its domain is the kernel's choice again" translated $NVME
	is "$(grep -vc ^# /etc/iommu-pt/rules.d/50-ptctl.rules)" 0 "it is gone from the file"
	reboot_and_continue unset
	;;
unset)	boot
	like "$(cat $PCI/$NVME/witness_domain)" "DMA*" "after a reboot: nothing of it is left"
	is "$(cat $PCI/$NVME/iommu_pt/source)" none "and no rule decides"
	;;
esac
done_testing
