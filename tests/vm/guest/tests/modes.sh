# SPDX-License-Identifier: GPL-2.0
# observe decides and reports, and changes nothing; off does nothing at all.
. /tests/lib.sh
fresh

before=$(domain_type $NVME)
check "module loads in mode observe" modprobe iommu-pt-policy mode=observe \
	rules="passthrough name=$NVME"
is "$(cat $PCI/$NVME/iommu_pt/status)" observed "its status is observed"
is "$(cat $PCI/$NVME/iommu_pt/policy)" passthrough "the decision is told"
is "$(domain_type $NVME)" "$before" "the domain is as it was"
like "$(ptctl show $NVME)" "*enforce*passthrough*" "show tells what would be done"
exits 0 "set decides" ptctl set --runtime $NIC strict
like "$OUT$ERR" "*observe*" "and says that nothing changes"
isnt "$(domain_type $NIC)" DMA "nothing changed"
remove $NVME
rescan
is "$(domain_type $NVME)" "$before" "nor at a rescan"
is "$(grep ^changes /sys/kernel/iommu_pt/stats)" "changes 0" "not once"
check "module unloads" modprobe -r iommu-pt-policy

check "module loads in mode off" modprobe iommu-pt-policy mode=off \
	rules="passthrough name=$NVME"
is "$(domain_type $NVME)" "$before" "the domain is as it was"
check "devices get no attributes" test ! -e $PCI/$NVME/iommu_pt
remove $NVME
rescan
is "$(domain_type $NVME)" "$before" "nor at a rescan"
exits 5 "set says that it is off" ptctl set --runtime $NVME passthrough
like "$ERR" "*off*" "in words"
exits 0 "status works" ptctl status
like "$OUT" "*off*" "and says so too"
check "module unloads" modprobe -r iommu-pt-policy
done_testing
