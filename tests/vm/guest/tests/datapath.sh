# SPDX-License-Identifier: GPL-2.0
# What a 4 KiB read of an NVMe disk and a frame sent by a network card cost, by
# how the device's DMA is treated. The machine says what a guest compares: no
# IOMMU, all devices in passthrough, or each in a domain of its own choice.
. /tests/lib.sh
fresh

ROUNDS=11
READS=640 FRAMES=400

start_drivers() {
	check "drivers load" modprobe -a nvme e1000e
	check "there is a disk" wait_for 20 blockdev_of $NVME
	check "there is an interface" wait_for 20 netdev_of $NIC
	if=$(netdev_of $NIC)
	# No frames but ours: it would look for routers.
	echo 1 >"/proc/sys/net/ipv6/conf/$if/disable_ipv6"
	ip link set "$if" up
	check "the link is up" wait_for 20 grep -q 1 "/sys/class/net/$if/carrier"
	sleep 1
}
stop_drivers() { modprobe -r nvme e1000e; }

# cost NAME OPERATIONS COMMAND...: the command's figures, and what it invalidates
cost() {
	_name=$1 _count=$2; shift 2
	_before=$(host invalidations)
	figure "$_name" "$@"
	_after=$(host invalidations)
	give_figure "$_name-inv" "$(awk -v n=$((_after - _before)) -v d="$_count" \
		'BEGIN { printf "%.4f", n / d }')" "$*"
}

disk() { cost "nvme-$1" $((ROUNDS * READS)) blkread "/dev/$(blockdev_of $NVME)" $ROUNDS $READS; }
card() { cost "net-$1" $((ROUNDS * FRAMES)) nettx "$(netdev_of $NIC)" $ROUNDS $FRAMES; }

# By our module's decisions, each taken while no driver is bound.
policies() {	# DISK CARD
	echo "$1" >$PCI/$NVME/iommu_pt/policy
	echo "$2" >$PCI/$NIC/iommu_pt/policy
	start_drivers
}
types() { echo "$(domain_type $NVME) $(domain_type $NIC)"; }

case $(cat /proc/cmdline) in
*iommu.passthrough=1*)
	start_drivers
	is "$(types)" "identity identity" "the whole machine is in passthrough"
	disk pt
	card pt
	;;
*intel_iommu=on*)
	check "module loads" modprobe iommu-pt-policy
	for mode in strict lazy; do
		policies $mode $mode
		case $mode in
		strict)	is "$(types)" "DMA DMA" "both are strict" ;;
		lazy)	is "$(types)" "DMA-FQ DMA-FQ" "both are lazy" ;;
		esac
		disk $mode
		card $mode
		stop_drivers
	done
	# One in passthrough, the other one translated beside it.
	policies passthrough strict
	is "$(types)" "identity DMA" "the disk is in passthrough, the card is not"
	disk ours
	card beside
	stop_drivers
	policies strict passthrough
	is "$(types)" "DMA identity" "the card is in passthrough, the disk is not"
	card ours
	disk beside
	stop_drivers
	check "module unloads" modprobe -r iommu-pt-policy
	;;
*)
	isnt "$(cat $PCI/$NVME/iommu_group/type 2>&1)" identity "there is no IOMMU"
	start_drivers
	disk none
	card none
	;;
esac
done_testing
