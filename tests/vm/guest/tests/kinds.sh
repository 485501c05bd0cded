# SPDX-License-Identifier: GPL-2.0
# Of the two kinds of a translated domain, "translated" is the kernel's own, or strict
# where that is none; and from one to the other there is no moment in identity.
. /tests/lib.sh
fresh

seen=/run/test/seen
set_policy() { echo "$1" >$PCI/$EDU/iommu_pt/policy; }	# POLICY

unbind $EDU
default=$(domain_type $EDU)
[ "$default" != identity ] || default=DMA
check "module loads" modprobe iommu-pt-policy
for kind in lazy strict; do
	set_policy $kind
	set_policy translated
	is "$(domain_type $EDU)" "$default" "after $kind, translated is of the kernel's kind again"
done

while [ ! -e $seen.enough ]; do
	read -r type <$PCI/$EDU/iommu_group/type
	echo "$type"
done >$seen &
# As long as it takes until the other one has looked often: it may begin late, and has to
# wait for its turn each time.
looks() { wc -l <$seen; }
rounds=0
while [ $rounds -lt 100 ] || { [ "$(looks)" -le 50 ] && [ $rounds -lt 20000 ]; }; do
	set_policy lazy
	set_policy translated
	set_policy strict
	set_policy translated
	rounds=$((rounds + 1))
done
: >$seen.enough
wait
check "the domain was looked at meanwhile" test "$(looks)" -gt 50
is "$(sort -u $seen | grep -v '^DMA')" "" "and was always translated"
rm $seen.enough
check "module unloads" modprobe -r iommu-pt-policy
done_testing
