# SPDX-License-Identifier: GPL-2.0
# The overlay that "ptctl hints encode" makes of hints/dt.rules, in the device tree
# that this machine booted with: in force before the first probe.
. /tests/lib.sh

state_of() { echo "$(cat "$PCI/$1/iommu_pt/policy") $(cat "$PCI/$1/iommu_pt/source") $(cat "$PCI/$1/iommu_pt/status")"; }
heard() { ptctl hints --json | jq -r ".hints[] | select(.device == \"$1\") | .channel + \" \" + .hint + \" \" + (.state // \"null\")"; }

for dev in $NVME $NIC $EDU; do
	is "$(bound_driver "$dev")" none "$dev has no driver at boot"
	check "$dev has a node of its own" test -e "$PCI/$dev/of_node/linux,iommu-pt-policy"
done
check "module loads" modprobe iommu-pt-policy
is "$(state_of $NVME)" "strict hint applied" "strict"
is "$(domain_type $NVME)" DMA "is in force"
is "$(state_of $NIC)" "lazy hint applied" "lazy"
is "$(domain_type $NIC)" DMA-FQ "is in force"
is "$(state_of $EDU)" "passthrough hint applied" "passthrough"
is "$(domain_type $EDU)" identity "is in force"
is "$(heard $EDU)" "property passthrough accepted" "ptctl hints shows it"
is "$(cat $PCI/$FN2/iommu_pt/source)" none "of a device without a node nothing is said"

modprobe -a edu_dma nvme e1000e
is "$(cat $PCI/$EDU/probe_domain)" identity "the driver's probe ran in identity"
is "$(dma_lands $EDU raw)" landed "DMA to a raw address landed"
is "$(dma_lands $EDU api)" landed "DMA through the API landed"
is "$(dma_lands $FN2 raw)" missed "that of a device without a hint missed"
check "a strict disk reads" wait_for 20 reads_blocks $NVME
check "a lazy card reaches the network" reaches_network $NIC

exits 0 "an administrator's word" ptctl set --runtime --rebind $EDU strict
is "$(domain_type $EDU)" DMA "goes above the hint"
exits 4 "taken back, which waits for the driver" ptctl unset --runtime $EDU
modprobe -ra edu_dma nvme e1000e
check "module unloads" modprobe -r iommu-pt-policy
done_testing
