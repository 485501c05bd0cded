# SPDX-License-Identifier: GPL-2.0
# Ten thousand devices and a thousand rules, on a clock that counts instructions:
# what a device costs must not grow with how many there are.
. /tests/lib.sh

PRESENT=/sys/module/testiommu/parameters/present
DEV=/sys/bus/platform/devices
RULES=/etc/iommu-pt/rules.d/10-size.rules
FEW=100 MANY=10000
mkdir -p /etc/iommu-pt/rules.d

per() { awk -v t="$1" -v n="$2" 'BEGIN { printf "%.2f", t / n }'; }
at_most() {	# GOT LIMIT DESCRIPTION
	if awk -v a="$1" -v b="$2" 'BEGIN { exit !(a <= b) }'; then
		pass "$3: $1, at most $2"
	else
		fail "$3: $1, more than $2"
	fi
}

# N: 100 names and 900 modaliases that nothing here has, then one for all.
write_rules() {
	awk -v n="$1" 'BEGIN {
		for (i = 0; i < n / 10; i++)
			printf "strict bus=platform name=absent.%d\n", i
		for (; i < n; i++)
			printf "strict modalias=pci:v0000%04Xd*\n", i
		print "passthrough modalias=platform:testdev"
	}' >$RULES
}

# N: so many devices; sets LOAD, APPLY, LIST, GONE, microseconds for all.
measure() {
	check "$1 devices" sh -c "modprobe testiommu devices=$1 && echo 1 >$PRESENT"
	RAW=$(timing 11 $DEV/testdev.1/iommu_group/type identity $DEV/testdev.1/iommu_group/type DMA)
	echo auto >$DEV/testdev.1/iommu_group/type
	LOAD=$(elapsed modprobe iommu-pt-policy) || fail "module loads"
	LIST=$(elapsed ptctl list) || fail "ptctl list"
	SHOW=$(elapsed ptctl show platform/testdev.7) || fail "ptctl show"
	write_rules 10
	APPLY_FEW=$(elapsed ptctl apply) || fail "apply 10 rules"
	rm $RULES
	BACK=$(elapsed ptctl apply) || fail "apply none"
	write_rules 1000
	APPLY=$(elapsed ptctl apply) || fail "apply 1000 rules"
	is "$(cat $DEV/testdev.$(($1 - 1))/iommu_group/type)" identity "the last of $1 is in identity"
	UNLOAD=$(elapsed modprobe -r iommu-pt-policy) || fail "module unloads"
	check "and they are gone" sh -c "echo 0 >$PRESENT && modprobe -r testiommu"
	diag "$1 devices, each: load $(per "$LOAD" "$1") us, 11 rules $(per "$APPLY_FEW" "$1") us," \
		"taken back $(per "$BACK" "$1") us, 1001 rules $(per "$APPLY" "$1") us," \
		"ptctl list $(per "$LIST" "$1") us, unload $(per "$UNLOAD" "$1") us;" \
		"ptctl show $SHOW us, raw write $RAW ns"
}

# MANY FEW DESCRIPTION: what each of many takes, beside each of a few.
compare() {
	at_most "$(awk -v a="$1" -v b="$2" -v n=$((MANY / FEW)) \
		'BEGIN { printf "%.0f", 100 * a / (b * n) }')" 130 \
		"$3: one of $MANY devices takes so many percent of one of $FEW"
}

measure $FEW
few_load=$LOAD few_apply=$APPLY few_list=$LIST few_show=$SHOW
measure $MANY
at_most "$APPLY" $((APPLY_FEW * 13 / 10)) "1001 rules of which 1 matches, microseconds"
compare "$LOAD" "$few_load" "load"
compare "$APPLY" "$few_apply" "apply 1001 rules"
compare "$LIST" "$few_list" "ptctl list"
diag "ptctl show of one device: $SHOW us among $MANY, $few_show us among $FEW"
done_testing
