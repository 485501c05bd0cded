# SPDX-License-Identifier: GPL-2.0
# An IOMMU that has no pass-through mode: the kernel's no is told, and nothing
# breaks. (Linux 6.1 makes do with page tables that map all memory.)
. /tests/lib.sh

check "module loads" modprobe iommu-pt-policy rules="passthrough name=$NVME"
if kernel_at_least 6 12; then
	check "the rule did not make it passthrough" translated $NVME
	is "$(cat $PCI/$NVME/iommu_pt/status)" refused "its status says so"
	like "$(ptctl show $NVME)" "*IOMMU driver refuses passthrough for group*" "and why"
	like "$(dmesg)" "*$NVME: iommu_pt: passthrough refused:*" "so does the log"
	is "$(grep ^changes /sys/kernel/iommu_pt/stats)" "changes 0" "nothing was changed"
	exits 1 "set tells it" ptctl set --runtime $NIC passthrough
	like "$ERR" "*refused*IOMMU driver refuses*" "and why"
	modprobe nvme
	check "the disk reads" wait_for 10 reads_blocks $NVME
else
	is "$(domain_type $NVME)" identity "identity without hardware for it"
fi
exits 0 "other policies work" ptctl set --runtime $NIC strict
is "$(domain_type $NIC)" DMA "strict is DMA"
exits 0 "they are taken back" ptctl unset --runtime $NIC
modprobe -r nvme
check "module unloads" modprobe -r iommu-pt-policy
done_testing
