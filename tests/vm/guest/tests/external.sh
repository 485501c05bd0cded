# SPDX-License-Identifier: GPL-2.0
# No rule loosens an external device; the kernel's own word is the last.
. /tests/lib.sh
fresh

ext=$(below $PORT_EXTERNAL)
is "$(cat "$PCI/$ext/removable")" removable "there is an external device"
check "module loads" modprobe iommu-pt-policy rules="passthrough bus=pci"
check "a rule for all leaves it translated" translated "$ext"
is "$(cat "$PCI/$ext/iommu_pt/status")" refused "and is refused for it"
is "$(domain_type $NVME)" identity "while others follow it"
like "$(ptctl show "$ext")" "*external*force=yes*" "show says why"
like "$(dmesg)" "*$ext: iommu_pt: passthrough refused: the device is external*" "so does the log"
exits 1 "set is refused" ptctl set --runtime "$ext" passthrough
like "$ERR" "*$ext*external*" "and says why"
exits 1 "sysfs too" sh -c "echo passthrough >$PCI/$ext/iommu_pt/policy"

exits 1 "after another" ptctl set --runtime $EDU "$ext" passthrough
like "$ERR" "*external*$EDU: is set all the same; to take that back: ptctl unset --runtime $EDU*" \
	"what is done is said"
unlike "$ERR" "*nothing was changed*" "and nothing else"

exits 0 "stricter is always allowed" ptctl set --runtime "$ext" strict
is "$(domain_type "$ext")" DMA "it is strict"
exits 1 "back to lazy is not, which the core would allow" ptctl set --runtime "$ext" lazy
is "$(domain_type "$ext")" DMA "it is strict still"
exits 0 "strict, as it is" ptctl set --runtime "$ext" strict
if kernel_at_least 6 4; then
	exits 0 "lazy with force is, which the core allows" ptctl set --runtime --force "$ext" lazy
	is "$(domain_type "$ext")" DMA-FQ "it is lazy"
	like "$(dmesg)" "*$ext: iommu_pt: external device in lazy by force=yes*" "which the log says"
else
	exits 1 "lazy with force: this core refuses it" ptctl set --runtime --force "$ext" lazy
	is "$(domain_type "$ext")" DMA "it is strict still"
fi

exits 1 "force: the core refuses what it knows as untrusted" \
	ptctl set --runtime --force "$ext" passthrough
like "$ERR" "*IOMMU driver refuses*untrusted*" "and that is said"
check "it is translated still" translated "$ext"
check "module unloads" modprobe -r iommu-pt-policy
done_testing
