# SPDX-License-Identifier: GPL-2.0
# Virtual functions: each has a group of its own, and what is asked for holds from
# its driver's first probe on. The card itself, whose driver makes them, stays as
# it is.
. /tests/lib.sh

PF=$(below $PORT1)
VFS=$PCI/$PF/sriov_numvfs
domain_at_probe() { cat "$PCI/$1/witness_domain"; }
is_strict() { [ "$(domain_type "$1")" = DMA ]; }

modprobe -a witness igb
is "$(bound_driver "$PF")" igb "the card has its driver"
check "module loads" modprobe iommu-pt-policy rules="passthrough modalias=pci:v00008086d000010CA*"
echo 8086 10ca >/sys/bus/pci/drivers/witness/new_id

check "two virtual functions are made" sh -c "echo 2 >$VFS"
for n in 0 1; do
	vf=$(basename "$(readlink "$PCI/$PF/virtfn$n")")
	is "$(group_members "$vf")" "$vf" "function $n has a group of its own"
	is "$(bound_driver "$vf")" witness "and a driver"
	is "$(domain_at_probe "$vf")" identity "whose probe ran in identity"
	is "$(cat "$PCI/$vf/iommu_pt/status")" applied "which is known"
done
check "the card stays translated" translated "$PF"
check "they go" sh -c "echo 0 >$VFS"

check "and come again" sh -c "echo 2 >$VFS"
vf=$(basename "$(readlink "$PCI/$PF/virtfn1")")
is "$(domain_at_probe "$vf")" identity "identity, as before"
echo strict >"$PCI/$vf/iommu_pt/policy"
unbind "$vf"
check "it becomes strict" wait_for 10 is_strict "$vf"	# before 6.4 a worker does it
probe "$vf"
is "$(domain_at_probe "$vf")" DMA "one of them strict, once it was unbound"

check "they go, under the module" sh -c "echo 0 >$VFS"
check "module unloads" modprobe -r iommu-pt-policy
modprobe -ra witness igb
done_testing
