# SPDX-License-Identifier: GPL-2.0
# How long a device is changed while a driver is bound to it: by ptctl, by
# driverctl, which only binds it anew, and by hand. For tests/vm/bench.
. /tests/lib.sh
fresh

ROUNDS=11
check "drivers load" modprobe -a edu_dma nvme
check "there is a disk" wait_for 20 blockdev_of $NVME
check "module loads" modprobe iommu-pt-policy

by_hand() {	# DEVICE DRIVER TYPE
	echo "echo $1 >/sys/bus/pci/drivers/$2/unbind &&
		echo $3 >$PCI/$1/iommu_group/type &&
		echo $1 >/sys/bus/pci/drivers/$2/bind"
}

compare() {	# DEVICE DRIVER
	figure "rebind-ptctl-$2" stopwatch $ROUNDS "ptctl set --rebind $1 passthrough" \
		"ptctl set --rebind $1 translated"
	is "$(domain_type "$1")" identity "$2: it is in identity"
	ptctl unset --rebind "$1"
	figure "rebind-driverctl-$2" stopwatch $ROUNDS "driverctl set-override $1 $2"
	is "$(bound_driver "$1")" "$2" "$2: driverctl binds it"
	driver_override "$1"
	figure "rebind-hand-$2" stopwatch $ROUNDS "$(by_hand "$1" "$2" identity)" \
		"$(by_hand "$1" "$2" DMA)"
	is "$(domain_type "$1")" identity "$2: by hand as well"
}

if [ ! -x /usr/sbin/driverctl ]; then
	skip_all "there is no driverctl"
fi
compare $EDU edu_dma
compare $NVME nvme

check "module unloads" modprobe -r iommu-pt-policy
rm -rf /etc/driverctl.d
fresh
done_testing
