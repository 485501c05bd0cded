# SPDX-License-Identifier: GPL-2.0
# Real hotplug: what is plugged in runs in its domain from the first probe on,
# everything else stays translated.
. /tests/lib.sh
fresh

mkdir -p /etc/iommu-pt/rules.d
modprobe -a witness edu_dma nvme
unbind $EDU; unbind $FN2
check "module loads" modprobe iommu-pt-policy
cat >/etc/iommu-pt/rules.d/20-test.rules <<'RULES'
passthrough modalias=pci:v00001234d000011E8*	# every edu
passthrough modalias=pci:v00001B36d00000010*bc01sc08i02	# every NVMe of QEMU's
translated bus=pci
RULES
exits 0 "rules are applied" ptctl apply
exits 0 "and once more, nothing to do" ptctl apply
is "$OUT" "" "which says nothing"

check "edu is plugged in" device_add edu,id=hot1,bus=rp1,dma_mask=0xffffffffffffffff
check "edu: its driver binds" wait_for 10 below $PORT1
hot=$(below $PORT1)
wait_for 10 test -e "$PCI/$hot/probe_domain"
is "$(cat "$PCI/$hot/probe_domain")" identity "edu: probe ran in identity"
is "$(dma_lands "$hot" raw)" landed "edu: DMA to a raw address landed"
is "$(dma_lands "$hot" api)" landed "edu: DMA through the API landed"

check "nvme is plugged in" device_add nvme,id=hot2,bus=rp2,serial=hot,drive=spare1
wait_for 10 below $PORT2
hot=$(below $PORT2)
check "nvme: works" wait_for 20 reads_blocks "$hot"
is "$(domain_type "$hot")" identity "nvme: is in identity"
is "$(bound_driver "$hot")" nvme "nvme: has its driver"
check "nvme is unplugged" device_del hot2

# The same device, with a driver that tells what it saw.
echo 1b36 0010 >/sys/bus/pci/drivers/witness/new_id
modprobe -r nvme
check "nvme is plugged in again" device_add nvme,id=hot2,bus=rp2,serial=hot,drive=spare1
wait_for 10 test -e "$PCI/$hot/witness_domain"
is "$(cat "$PCI/$hot/witness_domain")" identity "nvme: probe ran in identity"
is "$(grep ^rebinds /sys/kernel/iommu_pt/stats)" "rebinds 0" "nothing was rebound"

check "e1000e is plugged in" device_add e1000e,id=hot3,bus=rp3,mac=52:54:00:00:00:33
wait_for 10 below $PORT3
hot=$(below $PORT3)
check "e1000e: stays translated" wait_for 10 translated "$hot"
check "the built-in card too" translated $NIC

for id in hot1 hot2 hot3; do
	check "$id is unplugged" device_del $id
done
rm /etc/iommu-pt/rules.d/20-test.rules
exits 0 "rules are taken back" ptctl apply
check "module unloads" modprobe -r iommu-pt-policy
done_testing
