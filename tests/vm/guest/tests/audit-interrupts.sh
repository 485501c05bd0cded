# SPDX-License-Identifier: GPL-2.0
# On a machine whose interrupts are not remapped: that vfio was told not to mind.
. /tests/lib.sh

UNSAFE=/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
finds() {	# WHEN STATUS: is the finding there?
	exits 3 "$1: audit" ptctl audit --json
	cp /run/test/out /run/test/audit
	exits "$2" "$1: its finding" jq -e '.findings[] | select(.id == "unsafe-interrupts")' /run/test/audit
}

modprobe vfio_iommu_type1
finds "type1 as it is" 4
echo Y >$UNSAFE
finds "type1 told not to mind" 0
echo N >$UNSAFE
finds "type1 as it was" 4
done_testing
