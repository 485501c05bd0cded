# SPDX-License-Identifier: GPL-2.0
# An IOMMU that is there before the device's driver and no sooner: the firmware's
# tables name it, and its own driver may be a module that loads after ours. What
# is asked for holds from the first probe on all the same.
. /tests/lib.sh

try() {		# DEVICE DOMAIN RAW: bound by edu_dma
	is "$(cat "$PCI/$1/probe_domain")" "$2" "$1: probe ran in $2"
	is "$(dma_lands "$1" raw)" "$3" "$1: DMA to a raw address $3"
	is "$(dma_lands "$1" api)" landed "$1: DMA through the API landed"
}
attribute() { cat "$PCI/$1/iommu_pt/$2"; }
plug() {	# ID PORT OPTIONS: sets HOT
	check "$1 is plugged in" device_add "edu,id=$1,dma_mask=0xffffffffffffffff,$2"
	wait_for 10 below "$3"
	HOT=$(below "$3")
	wait_for 10 test -e "$PCI/$HOT/dma"
}

for dev in $NVME $NIC $EDU; do
	is "$(bound_driver $dev)" none "$dev has no driver at boot"
done
check "module loads" modprobe iommu-pt-policy \
	rules="passthrough name=$EDU; passthrough name=$NVME; strict name=$NIC; passthrough name=*:01:00.0"
if modprobe virtio_iommu 2>/dev/null; then
	check "the IOMMU's driver loads after it" test -n "$(ls /sys/class/iommu)"
fi

for dev in $EDU $NVME; do
	is "$(domain_type $dev)" identity "$dev is in identity before its driver"
	is "$(attribute $dev status)" applied "and that is known to be so"
done
is "$(domain_type $NIC)" DMA "the card is strict"
is "$(attribute $NIC effective)" strict "and that is known to be so"
check "another device is translated" translated $FN2
case $(domain_type $FN2) in DMA) default=strict ;; *) default=lazy ;; esac
is "$(attribute $FN2 effective)" $default "and said to be $default"

modprobe -a edu_dma nvme e1000e
try $EDU identity landed
check "a disk in identity reads" wait_for 20 reads_blocks $NVME
check "a strict card reaches the network" reaches_network $NIC
is "$(domain_type $NIC)" DMA "and still is strict"
word() { tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p" | tr , '\n' | sort; }
# Whether the emulated AMD-Vi remaps interrupts, not every kernel and QEMU agree.
less_of_amd() { if [ -e /sys/class/iommu/ivhd0 ]; then grep -v '^no-irq-remapping@-$'; else cat; fi; }
is "$(ptctl audit --json | jq -r '.findings[] | .id + "@" + (.device // "-")' | sort -u | less_of_amd)" \
	"$(word vm.findings)" "audit finds what there is to find, and no more"

plug hot1 bus=rp1 $PORT1
if [ "$(group_members "$HOT")" = "$HOT" ]; then
	try "$HOT" identity landed
else
	# With a device tree, Linux turns ACS on too late for it to count.
	is "$(attribute "$HOT" status)" conflict "it is in its port's group: conflict"
	try "$HOT" "$(domain_type "$HOT")" missed
fi
check "it is unplugged" device_del hot1
plug hot2 bus=rp2 $PORT2
check "no rule names the next" translated "$HOT"
is "$(attribute "$HOT" status)" none "as is known"
is "$(dma_lands "$HOT" raw)" missed "DMA to a raw address missed"
check "it is unplugged" device_del hot2

# As after a removal and a rescan of the bus, too.
remove $EDU
rescan
wait_for 10 test -e $PCI/$EDU/dma
try $EDU identity landed

unbind $EDU
exits 0 "another decision" ptctl set --runtime $EDU strict
probe $EDU
try $EDU DMA missed
unbind $EDU
run ptctl set --runtime $EDU lazy
case $(domain_type $EDU) in
DMA-FQ)
	is "$(attribute $EDU effective) $(attribute $EDU status)" "lazy applied" "lazy, which is read back" ;;
*)	# not every IOMMU's driver can
	is "$(attribute $EDU effective) $(attribute $EDU status)" "strict refused" "lazy, which is not had"
	like "$ERR" "*fell back to a domain of type DMA*" "and is said to be the driver's doing" ;;
esac
probe $EDU
try $EDU "$(domain_type $EDU)" missed
unbind $EDU
exits 0 "and back" ptctl set --runtime $EDU passthrough
probe $EDU
try $EDU identity landed

check "module unloads" modprobe -r iommu-pt-policy
is "$(domain_type $EDU)" identity "which changes no domain"
modprobe -ra edu_dma nvme e1000e
check "and loads again" modprobe iommu-pt-policy rules="strict name=$EDU"
modprobe edu_dma
try $EDU DMA missed
modprobe -ra edu_dma iommu-pt-policy
done_testing
