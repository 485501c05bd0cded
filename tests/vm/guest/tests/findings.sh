# SPDX-License-Identifier: GPL-2.0
# The findings whose cause can be made and taken away while a machine runs: each is
# there with its cause, and is not without it.
. /tests/lib.sh
fresh

mkdir -p /etc/iommu-pt/rules.d
found() { jq -r '.findings[] | .id + "@" + (.device // "-") + " " + .severity' /run/test/out | sort -u; }
finds() {	# WHAT WANTED: all that audit finds
	[ -z "$2" ] && _status=0 || _status=3
	exits $_status "$1: audit" ptctl audit --json
	is "$(found)" "$2" "$1: its findings"
}
confined() { jq -r '.devices[] | select(.device == "'"$1"'").confined' /run/test/out; }

# ---- an external device, which the core itself lets go from strict to lazy
ext=$(below $PORT_EXTERNAL)
finds "as it boots" ""
is "$(confined "$ext")" yes "an external device that is strict is confined"
if kernel_at_least 6 4; then
	check "by hand it becomes lazy" set_domain_type "$ext" DMA-FQ
	finds "external and lazy" "external-loose@$ext medium"
	check "and strict again" set_domain_type "$ext" DMA
	finds "external and strict" ""
fi

# ---- a group whose devices are not of one owner
modprobe -a vfio_pci e1000
driver_override $FN2 vfio-pci
probe $FN2
probe $FN1
is "$(bound_driver $FN1) $(bound_driver $FN2)" "e1000 vfio-pci" "one group, the kernel's driver and vfio's"
finds "two owners" "group-shared@- high"
unbind $FN1
finds "one owner" ""
is "$(confined $FN2)" yes "vfio's device is confined"
unbind $FN2
driver_override $FN2

# ---- rules that nothing puts into force, and a policy that is not
echo "strict bus=pci name=$NVME" >/etc/iommu-pt/rules.d/20-test.rules
finds "rules in files, no module" "not-enforced@- info"
check "module loads in mode observe" modprobe iommu-pt-policy mode=observe
finds "mode observe, no decision" ""
exits 0 "rules are applied" ptctl apply
finds "mode observe, a decision" "not-enforced@- info
policy-unmet@$NVME medium"
check "module unloads" modprobe -r iommu-pt-policy
modprobe nvme
wait_for 10 blockdev_of $NVME
check "module loads" modprobe iommu-pt-policy
exits 0 "rules are applied" ptctl apply
is "$(cat $PCI/$NVME/iommu_pt/status)" pending "a driver is in the way"
finds "strict, pending" "policy-unmet@$NVME medium"
unbind $NVME
check "the driver goes" wait_for 5 is_type $NVME DMA
finds "strict, applied" ""
rm /etc/iommu-pt/rules.d/20-test.rules
exits 0 "the rule is taken back" ptctl apply
check "module unloads" modprobe -r iommu-pt-policy
modprobe -ra e1000 vfio_pci
done_testing
