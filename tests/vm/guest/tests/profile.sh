# SPDX-License-Identifier: GPL-2.0
# A profile is in force at once, below all rules of the admin's, and goes
# without a trace.
. /tests/lib.sh
fresh

check "module loads" modprobe iommu-pt-policy
ext=$(below $PORT_EXTERNAL)
exits 0 "use virt" ptctl profile use virt
is "$(domain_type $NVME)" identity "an emulated disk is in passthrough"
is "$(cat $PCI/$NVME/iommu_pt/source)" vendor "by a rule of tier vendor"
check "an external device is translated" translated "$ext"
exits 0 "the admin's rule is before it" ptctl set $NVME strict
is "$(domain_type $NVME)" DMA "the disk is strict"
exits 0 "taken back" ptctl unset $NVME
is "$(domain_type $NVME)" identity "the profile decides again"
exits 0 "use strict" ptctl profile use strict
is "$(domain_type $NVME)" DMA "one profile instead of the other"
is "$(ptctl profile --json | jq -r '.profiles[] | select(.active) | .name')" strict "list says which"
exits 1 "unknown profile" ptctl profile use nonsense
like "$ERR" "*nonsense*virt*" "lists those there are"
is "$(domain_type $NVME)" DMA "nothing is changed"
exits 0 "none" ptctl profile none
like "$(domain_type $NVME)" "DMA*" "the kernel's default again"
is "$(cat /sys/kernel/iommu_pt/rules)" "" "no rule is left"
check "module unloads" modprobe -r iommu-pt-policy
done_testing
