# SPDX-License-Identifier: GPL-2.0
# How long a device is changed while a driver is bound to it: by ptctl, by
# driverctl, which does no more than bind it anew, and by hand. The driver takes
# no time of its own, so that the tools are what is measured. For tests/vm/bench.
. /tests/lib.sh
fresh

ROUNDS=11
[ -x /usr/sbin/driverctl ] || skip_all "driverctl could not be had"

by_hand() {	# TYPE
	echo "cd $PCI/$EDU; echo $EDU >driver/unbind; echo $1 >iommu_group/type; echo $EDU >/sys/bus/pci/drivers/edu_dma/bind"
}

check "a driver loads" modprobe edu_dma
check "module loads" modprobe iommu-pt-policy
figure rebind-ptctl stopwatch $ROUNDS "ptctl set --rebind $EDU passthrough" \
	"ptctl set --rebind $EDU translated"
is "$(domain_type $EDU) $(bound_driver $EDU)" "identity edu_dma" "it is in identity, and bound"
check "taken back" ptctl unset --rebind $EDU
check "module unloads" modprobe -r iommu-pt-policy

figure rebind-driverctl stopwatch $ROUNDS "driverctl set-override $EDU edu_dma"
is "$(bound_driver $EDU)" edu_dma "driverctl binds it"
figure rebind-hand stopwatch $ROUNDS "$(by_hand identity)" "$(by_hand DMA)"
is "$(domain_type $EDU) $(bound_driver $EDU)" "identity edu_dma" "it is in identity, and bound"

rm -rf /etc/driverctl.d
fresh
done_testing
