# SPDX-License-Identifier: GPL-2.0
# What a hot-add costs, from the device's discovery to its driver's bind: without
# the module, with it, with a thousand rules, and with a decision. For
# tests/vm/bench.
. /tests/lib.sh
fresh

ROUNDS=31
check "a device without a driver" device_add edu,id=hot1,bus=rp1,dma_mask=0xffffffffffffffff
wait_for 10 below $PORT1
dev=$(below $PORT1)

hot_add() {	# NAME
	figure "hotadd-$1" timing -a $ROUNDS $PCI/$PORT1/rescan 1 "$PCI/$dev/remove" 1
}

# COUNT rules of which none matches: one in ten a name, the others globs.
rules() {
	mkdir -p /etc/iommu-pt/rules.d
	awk -v count="$1" 'BEGIN {
		for (i = 0; i < count; i++)
			if (i % 10 == 0)
				printf "strict bus=pci name=%04x:f0:00.0\n", i
			else
				printf "strict modalias=pci:v0000%04Xd*\n", 0xa000 + i
	}' >/etc/iommu-pt/rules.d/bench.rules
	check "$1 rules" ptctl apply
}

# By hand, after the hot-add: what the module spares a person.
figure raw-type timing -a $ROUNDS "$PCI/$dev/iommu_group/type" identity \
	"$PCI/$dev/remove" 1 $PCI/$PORT1/rescan 1

check "its driver loads" modprobe edu_dma
is "$(bound_driver "$dev")" edu_dma "it is bound"
hot_add without
check "module loads" modprobe iommu-pt-policy
hot_add norule
echo passthrough >"$PCI/$dev/iommu_pt/policy"
hot_add passthrough
is "$(domain_type "$dev")" identity "it is in identity"
echo auto >"$PCI/$dev/iommu_pt/policy"
rules 1000
hot_add rules-1000
check "module unloads" modprobe -r iommu-pt-policy
hot_add without-again

fresh
check "unplugged" device_del hot1
done_testing
