# SPDX-License-Identifier: GPL-2.0
# Every allocation of the module in turn finds no memory: at load, at a hot-add,
# when a device is set, rules are replaced, devices dumped. Each time it is done
# or it is not, and what was before stands.
. /tests/lib.sh
. /tests/judge.sh
fresh

SLAB=/sys/kernel/debug/failslab
[ -d $SLAB ] || skip_all "this kernel cannot make allocations fail"
RULES=/etc/iommu-pt/rules.d/20-faults.rules
MOST=2000			# allocations of one thing; more would be a loop

# Only those that a module (ours: no other is at work) has asked for, itself or
# by what it called: by the addresses of modules on the stack.
echo N >$SLAB/ignore-gfp-wait
echo 1 >$SLAB/verbose
echo 0xffffffffa0000000 >$SLAB/require-start
echo 0xffffffffff000000 >$SLAB/require-end

# NUMBER COMMAND...: that allocation of the command's process fails. Sets
# INJECTED if there was one.
with_fault() {
	_number=$1; shift
	echo 1 >$SLAB/times
	# shellcheck disable=SC2016 # for the inner shell
	run sh -c 'echo "$1" >/proc/self/fail-nth; shift; exec "$@"' sh "$_number" "$@"
	was_injected
}

# The same for the workers, which write the domains.
with_fault_in_workers() {
	_number=$1; shift
	echo 1 >$SLAB/times
	arm_workers "$_number"
	run "$@"
	arm_workers 0
	was_injected
}
arm_workers() {
	for _task in /proc/[0-9]*; do
		case $(cat "$_task/comm") in
		kworker/*) echo "$1" >"$_task/fail-nth" ;;
		esac
	done 2>/dev/null
}

was_injected() {
	INJECTED=
	[ "$(cat $SLAB/times)" != 0 ] || INJECTED=yes
}

# WHAT STEP: calls "STEP NUMBER" with 1, 2, ... until nothing failed any more. A
# step prints what is wrong to /run/test/wrong.
each_fault() {
	_step=$2 _n=0 INJECTED=yes
	: >/run/test/wrong
	while [ -n "$INJECTED" ] && [ $_n -lt $MOST ]; do
		_n=$((_n + 1))
		$_step $_n >>/run/test/wrong
	done
	is "$(head -n 20 /run/test/wrong)" "" "$1: each of $((_n - 1)) allocations may fail"
	check "$1: that are some, and there is an end" test $_n -gt 1 -a $_n -lt $MOST
}

rules_now() { sed -n 's/^admin //p' /sys/kernel/iommu_pt/rules; }
edu_now() { echo "$(cat $PCI/$EDU/iommu_pt/policy) $(domain_type $EDU)"; }

load() {
	with_fault "$1" modprobe iommu-pt-policy rules="strict name=$EDU"
	if [ -d /sys/module/iommu_pt_policy ]; then
		[ "$STATUS" -eq 0 ] || echo "$1: it is loaded, and says that it is not"
		modprobe -r iommu-pt-policy || echo "$1: does not unload"
	elif [ "$STATUS" -eq 0 ]; then
		echo "$1: it is not loaded, and says that it is"
	fi
	[ ! -e /sys/kernel/iommu_pt ] || echo "$1: leaves its folder"
	[ ! -e $PCI/$EDU/iommu_pt ] || echo "$1: leaves attributes"
}

hot_add() {
	remove $EDU
	with_fault "$1" sh -c 'echo 1 >/sys/bus/pci/rescan'
	[ -e $PCI/$EDU ] || echo "$1: the device is not there"
	# Without memory for a record it stays as the kernel has it, and no less strict.
	[ -e $PCI/$EDU/iommu_pt/policy ] || { translated $EDU || echo "$1: is not translated"; return; }
	[ "$(edu_now)" = "strict DMA" ] || echo "$1: $(edu_now)"
}

set_device() {
	_before=$(edu_now)
	with_fault "$1" ptctl set --runtime $EDU passthrough
	case $STATUS:$(edu_now) in
	"0:passthrough identity"|[15]:"$_before") ;;
	*) echo "$1: status $STATUS: $(edu_now)" ;;
	esac
	ptctl unset --runtime $EDU
	[ "$(edu_now)" = "$_before" ] || echo "$1: taken back: $(edu_now)"
}

set_by_sysfs() {
	_before=$(edu_now)
	with_fault "$1" sh -c "echo passthrough >$PCI/$EDU/iommu_pt/policy"
	case $STATUS:$(edu_now) in
	"0:passthrough identity"|1:"$_before") ;;
	*) echo "$1: status $STATUS: $(edu_now)" ;;
	esac
	echo auto >$PCI/$EDU/iommu_pt/policy
	[ "$(edu_now)" = "$_before" ] || echo "$1: taken back: $(edu_now)"
}

replace_rules() {
	_before=$(rules_now)
	_new=strict
	[ $(($1 % 2)) -eq 0 ] || _new=passthrough
	printf '%s name=%s\nlazy modalias=pci:v00008086*\n' $_new $EDU >$RULES
	with_fault "$1" ptctl apply
	_after=$(cat $RULES)
	case $STATUS:$(rules_now) in
	"0:$_after"|1:"$_before") ;;
	*) echo "$1: status $STATUS, and the rules are neither those before nor the new" ;;
	esac
	ptctl apply || echo "$1: cannot be applied afterwards"
	judge_all $RULES
}

dump() {
	with_fault "$1" ptctl list --json
	[ "$STATUS" -ne 0 ] || [ "$OUT" = "$ALL" ] || echo "$1: says that this is all: $OUT"
}

write_domain() {
	with_fault_in_workers "$1" ptctl set --runtime $EDU passthrough
	case $(cat $PCI/$EDU/iommu_pt/status):$(edu_now) in
	"applied:passthrough identity"|"refused:passthrough DMA"*) ;;
	*) echo "$1: status $STATUS, $(cat $PCI/$EDU/iommu_pt/status): $(edu_now)" ;;
	esac
	ptctl unset --runtime $EDU
	[ "$(edu_now)" = "strict DMA" ] || echo "$1: taken back: $(edu_now)"
}

for dev in $NVME $NIC $EDU $FN0 $FN1 $FN2; do unbind $dev; done
each_fault "load" load
mkdir -p ${RULES%/*}
check "it loads when there is memory" modprobe iommu-pt-policy
echo "strict name=$EDU" >$RULES
exits 0 "rules are applied" ptctl apply
each_fault "hot-add" hot_add
remove $EDU
rescan
is "$(judge_all $RULES)" "" "with memory every device is as the rules say"
each_fault "set" set_device
each_fault "set by sysfs" set_by_sysfs
each_fault "writing a domain" write_domain
ALL=$(ptctl list --json)
each_fault "dump" dump
each_fault "replace rules" replace_rules
check "module unloads" modprobe -r iommu-pt-policy
fresh
done_testing
