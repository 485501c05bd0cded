# SPDX-License-Identifier: GPL-2.0
# The root disk is a virtio transport. Where its driver is built in (6.12 on) it is
# bound before the module: it is bound again while nothing uses it yet, and is never
# pulled away when something does.
. /tests/lib.sh
. /tests/boot/lib.sh

BLK=0000:00:03.0
reads_root() { dd if=/dev/vda of=/dev/null bs=4096 count=16 iflag=direct 2>/dev/null; }

reached_login /dev/vda
is "$(bound_driver $BLK) $(domain_type $BLK)" "virtio-pci identity" "the root disk is in passthrough"
is "$(bound_driver $NIC) $(domain_type $NIC)" "virtio-pci DMA" "the network card is strict"
is "$(cat $PCI/$BLK/iommu_pt/status $PCI/$NIC/iommu_pt/status | tr '\n' ' ')" "applied applied " \
	"both are applied"
before "iommu_pt: version" "virtio_blk " "the module came before the disk's driver"
if kernel_at_least 6 12; then
	is "$(stat rebinds)" 2 "both transports were rebound, while idle"
else
	is "$(stat rebinds)" 0 "nothing was rebound"
fi
is "$(stat rebind_failures)" 0 "no rebind failed"
is "$(complaints)" "" "nothing to complain about"

# Now it is in use: another rule, and the module loaded anew, leave it alone.
echo "strict bus=pci name=$BLK" >/etc/iommu-pt/rules.d/05-other.rules
check "the module unloads" modprobe -r iommu-pt-policy
check "and is loaded again" modprobe iommu-pt-policy
udevadm settle --timeout=60
check "with the other rule" wait_for 20 grep -q "strict.*name=$BLK" /sys/kernel/iommu_pt/rules
is "$(cat $PCI/$BLK/iommu_pt/status)" pending "which waits for the driver"
is "$(stat rebinds)" 0 "the mounted disk is not pulled away"
exits 4 "nor when asked to" ptctl set $BLK strict --rebind
like "$ERR" "*in use: */*" "which says why"
is "$(bound_driver $BLK) $(domain_type $BLK)" "virtio-pci identity" "it is as it was"
check "and can be read" reads_root
done_testing
