# SPDX-License-Identifier: GPL-2.0
# By the kernel's own means alone: a device's DMA tells identity from translated.
. /tests/lib.sh

modprobe edu_dma
unbind $FN2

try() {		# DEVICE TYPE RAW: set the type, bind, do DMA both ways
	unbind "$1"
	check "$1: type $2 by hand" set_domain_type "$1" "$2"
	check "$1: driver binds" bind edu_dma "$1"
	is "$(cat "$PCI/$1/probe_domain")" "$2" "$1: probe ran in $2"
	is "$(dma_lands "$1" raw)" "$3" "$1: in $2, DMA to a raw address $3"
	is "$(dma_lands "$1" api)" landed "$1: in $2, DMA through the API landed"
}

try $EDU identity landed
try $EDU DMA missed
try $EDU DMA-FQ missed
try $EDU identity landed
unbind $EDU
set_domain_type $EDU auto

check "edu can be plugged in" device_add edu,id=hotedu,bus=rp2,dma_mask=0xffffffffffffffff
check "it appears" wait_for 10 below $PORT2
hot=$(below $PORT2)
check "its driver binds" wait_for 10 test -e "$PCI/$hot/dma"
is "$(group_members "$hot")" "$hot" "it has a group of its own"
is "$(dma_lands "$hot" raw)" missed "hotplugged: DMA to a raw address missed"
is "$(dma_lands "$hot" api)" landed "hotplugged: DMA through the API landed"
try "$hot" identity landed
check "and be unplugged" device_del hotedu
modprobe -r edu_dma

modprobe witness
check "witness takes a device" driver_override $NVME witness
probe $NVME
is "$(cat $PCI/$NVME/witness_domain)" "$(domain_type $NVME)" "and says its domain"
unbind $NVME
echo 1 >/sys/module/witness/parameters/fail_probes
exits 1 "witness fails a probe when told to" bind witness $NVME
is "$(bound_driver $NVME)" none "and the device has no driver then"
check "the next one it takes" bind witness $NVME
unbind $NVME
driver_override $NVME
modprobe -r witness
done_testing
