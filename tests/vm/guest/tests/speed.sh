# SPDX-License-Identifier: GPL-2.0
# What a decision costs at hot-add, beside the write of the group's type that
# it is made of. The clock of this machine counts instructions, so the figures
# are the same whatever else the host does.
. /tests/lib.sh
fresh

ROUNDS=41
check "a device without a driver" device_add edu,id=hot1,bus=rp1,dma_mask=0xffffffffffffffff
wait_for 10 below $PORT1
dev=$(below $PORT1)

hot_add() { timing $ROUNDS $PCI/$PORT1/rescan 1 "$PCI/$dev/remove" 1; }

# percent A B: A as so many percent of B
percent() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", 100 * a / b }'; }
at_most() {	# GOT LIMIT DESCRIPTION
	if awk -v a="$1" -v b="$2" 'BEGIN { exit !(a <= b) }'; then
		pass "$3: $1, at most $2"
	else
		fail "$3: $1, more than $2"
	fi
}

# By hand, after the hot-add: what the module spares a person.
raw=$(timing $ROUNDS "$PCI/$dev/iommu_group/type" identity \
	"$PCI/$dev/remove" 1 $PCI/$PORT1/rescan 1)
without=$(hot_add)
check "module loads" modprobe iommu-pt-policy
none=$(hot_add)
echo passthrough >"$PCI/$dev/iommu_pt/policy"
passthrough=$(hot_add)
is "$(domain_type "$dev")" identity "it is in identity"
cost=$((passthrough - none))

diag "raw write of the type:         $raw ns"
diag "hot-add without the module:    $without ns"
diag "hot-add with it, no rule:      $none ns"
diag "hot-add with it, passthrough:  $passthrough ns"
at_most "$(percent "$cost" "$raw")" 110 "passthrough at hot-add, percent of the raw write"
at_most "$(percent "$none" "$without")" 102 "hot-add without a rule, percent of that without the module"

check "unplugged" device_del hot1
check "module unloads" modprobe -r iommu-pt-policy
done_testing
