# SPDX-License-Identifier: GPL-2.0
# An IOMMU whose driver makes nothing of the devices: firmware's table has it, and all
# end up without a group, and their drivers bind untranslated. That must not look like
# a machine that has no IOMMU.
. /tests/lib.sh

findings() { ptctl audit --json | jq -r '.findings[] | .severity + " " + .id' | grep driver-failed; }

log_mark lost
check "module loads" modprobe iommu-pt-policy rules="strict name=$EDU"
check "so does the IOMMU's driver" modprobe virtio_iommu
isnt "$(ls /sys/class/iommu)" "" "there is an IOMMU"
modprobe edu_dma		# its probe is put off until the kernel gives up
check "in the end the driver binds" wait_for 60 test -e $PCI/$EDU/dma
is "$(group_of $EDU)" none "without a group"
is "$(dma_lands $EDU raw)" landed "and its DMA reaches all memory"

is "$(findings)" "high iommu-driver-failed" "audit raises the alarm"
is "$(ptctl audit --json | jq -r '.findings[] | select(.id == "iommu-driver-failed") | .evidence' |
	grep -c "ACPI's VIOT.*iommu_groups is empty; /sys/class/iommu has $(ls /sys/class/iommu)")" \
	1 "and says what shows it"
is "$(ptctl audit --json | jq -r ".devices[] | select(.device == \"$EDU\") | .confined")" no "it is not confined"
like "$(ptctl status)" "*Findings*1 high*" "status counts it"
is "$(cat $PCI/$EDU/iommu_pt/status)" refused "whoever asked for strict is refused"
like "$(log_since lost)" "*$EDU: iommu_pt: strict refused: the device is in no IOMMU group*" "which the kernel's log has"
is "$(cat $PCI/$EDU/iommu_pt/effective)" none "and nobody is told that it is translated"

check "module unloads" modprobe -r iommu-pt-policy
is "$(findings)" "high iommu-driver-failed" "audit sees it without the module, too"
modprobe -r edu_dma
done_testing
