# SPDX-License-Identifier: GPL-2.0
# Transports whose driver is built in are bound before any module can be. While
# nothing uses them they are rebound; once something does, they are not.
. /tests/lib.sh

BLK=$NVME
rebinds() { grep ^rebinds /sys/kernel/iommu_pt/stats; }
disk_reads() {
	dd if=/dev/vda bs=512 skip=1234 count=1 iflag=direct 2>/dev/null | grep -q 'block 00001234'
}

modprobe virtio_pci 2>/dev/null		# built in since Debian's 6.12
is "$(bound_driver $BLK)" virtio-pci "the transport is bound"

check "module loads, with rebind=never" modprobe iommu-pt-policy rebind=never \
	rules="passthrough name=$BLK"
is "$(cat $PCI/$BLK/iommu_pt/status)" pending "the transport waits"
check "module unloads" modprobe -r iommu-pt-policy

check "module loads" modprobe iommu-pt-policy rules="passthrough name=$BLK"
is "$(domain_type $BLK)" identity "an idle transport is rebound"
is "$(bound_driver $BLK)" virtio-pci "its driver is back"
is "$(rebinds)" "rebinds 1" "it was one rebind"
check "the card is left alone" translated $NIC
modprobe virtio_blk
check "the disk reads" wait_for 10 disk_reads

mkdir -p /etc/iommu-pt/rules.d
echo "passthrough virtio=yes" >/etc/iommu-pt/rules.d/10-virtio.rules
exits 0 "the files' rules" ptctl apply
is "$(domain_type $NIC)" identity "the idle card is rebound too"
is "$(rebinds)" "rebinds 2" "and nothing else"
modprobe virtio_net
check "a packet goes through" reaches_network $NIC

echo "strict virtio=yes" >/etc/iommu-pt/rules.d/10-virtio.rules
exits 0 "other rules, while both are in use" ptctl apply
is "$(rebinds)" "rebinds 2" "nothing is rebound"
is "$(cat $PCI/$NIC/iommu_pt/status)" pending "the card waits"
check "the disk reads" disk_reads
exits 1 "unknown word for rebind" sh -c "modprobe -r iommu-pt-policy; modprobe iommu-pt-policy rebind=perhaps"
done_testing
