# SPDX-License-Identifier: GPL-2.0
# Three functions in one IOMMU group have one domain, and one verdict.
. /tests/lib.sh
fresh

check "module loads" modprobe iommu-pt-policy
for fn in $FN0 $FN1 $FN2; do unbind $fn; done

exits 1 "one of three asks for passthrough: conflict" \
	ptctl set --runtime $FN1 passthrough
like "$OUT$ERR" "*conflict*0000:00:07.*same group*" "which names a sibling"
check "the group stays translated" translated $FN1
is "$(cat $PCI/$FN1/iommu_pt/status)" conflict "its status says so"

if kernel_at_least 6 4; then
	exits 0 "all ask: done" ptctl set --runtime --group $FN0 passthrough
	is "$(domain_type $FN2)" identity "the whole group is in identity"
	exits 0 "one wants strict" ptctl set --runtime $FN2 strict
	is "$(domain_type $FN0)" DMA "the strictest wins"
	is "$(cat $PCI/$FN0/iommu_pt/status)" conflict "the others see a conflict"
	like "$(ptctl show $FN0)" "*$FN2*asks for strict*" "which names the one"
	exits 0 "it gives in" ptctl unset --runtime $FN2
	check "no opinion is not passthrough" translated $FN0
	ptctl set --runtime $FN2 passthrough
	is "$(domain_type $FN0)" identity "all ask again"

	echo translated >$PCI/$FN1/iommu_pt/policy
	check "translated again" translated $FN1
	driver_override $FN1 witness
	modprobe witness
	is "$(bound_driver $FN1)" witness "one gets a driver"
	exits 4 "a bound sibling makes it wait" \
		ptctl set --runtime --group $FN0 passthrough
	like "$OUT$ERR" "*witness*$FN1*" "which says whom and what for"
	exits 0 "and can be rebound" \
		ptctl set --runtime --group --rebind $FN0 passthrough
	is "$(domain_type $FN0)" identity "then it is done"
	is "$(cat $PCI/$FN1/witness_domain)" identity "the sibling's driver saw it"
	unbind $FN1
	driver_override $FN1

	# The kernel's default is lazy here: a strict one is made by hand.
	ptctl unset --runtime $FN0 $FN1 $FN2
	set_domain_type $FN0 DMA
	exits 1 "one asks for lazy, which is less strict" ptctl set --runtime $FN1 lazy
	like "$ERR" "*conflict*does not ask for lazy*less strict*" "the others do not ask"
	is "$(domain_type $FN0)" DMA "and stay strict"
	exits 0 "all ask" ptctl set --runtime --group $FN0 lazy
	is "$(domain_type $FN0)" DMA-FQ "the group is lazy"
	exits 0 "one wants strict" ptctl set --runtime $FN0 strict
	is "$(domain_type $FN1)" DMA "the group is strict"
	exits 0 "it asks for nothing" ptctl unset --runtime $FN0
	is "$(domain_type $FN1)" DMA-FQ "so it has the kernel's default, which is lazy"
else
	exits 5 "all ask: this kernel cannot" \
		ptctl set --runtime --group $FN0 passthrough
	like "$OUT$ERR" "*this kernel*3 devices*Linux 6.4*" "says why, and what to do"
	check "the group stays translated" translated $FN1
fi

exits 0 "all is taken back" ptctl unset --runtime $FN0 $FN1 $FN2
check "the group is translated" translated $FN0
check "module unloads" modprobe -r iommu-pt-policy
done_testing
