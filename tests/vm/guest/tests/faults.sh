# SPDX-License-Identifier: GPL-2.0
# Every allocation of the module in turn finds no memory, of the slab's or of whole
# pages: at load, unload, a hot-add, when a device is set or rebound, rules and hints
# are replaced, devices dumped, and at the seal. Each time it is done or it is not,
# and what was before stands. The last test of its boot: the module stays.
. /tests/lib.sh
. /tests/judge.sh
fresh

DEBUG=/sys/kernel/debug
[ -d $DEBUG/failslab ] || skip_all "this kernel cannot make allocations fail"
KINDS="$DEBUG/failslab $DEBUG/fail_page_alloc"
RULES=/etc/iommu-pt/rules.d/20-faults.rules
MOST=2000			# allocations of one thing; more would be a loop

# Only those that a module (ours: no other is at work) has asked for, itself or
# by what it called: by the addresses of modules on the stack.
for kind in $KINDS; do
	echo N >"$kind/ignore-gfp-wait"
	echo 1 >"$kind/verbose"
	echo 0xffffffffa0000000 >"$kind/require-start"
	echo 0xffffffffff000000 >"$kind/require-end"
done
echo 0 >$DEBUG/fail_page_alloc/min-order
echo N >$DEBUG/fail_page_alloc/ignore-gfp-highmem

# Each kind once at most; a process has one count for all kinds.
arm() { for _kind in $KINDS; do echo 1 >"$_kind/times"; done; }

# NUMBER COMMAND...: that allocation of the command's process fails. Sets
# INJECTED if there was one.
with_fault() {
	_number=$1; shift
	arm
	# shellcheck disable=SC2016 # for the inner shell
	run sh -c 'echo "$1" >/proc/self/fail-nth; shift; exec "$@"' sh "$_number" "$@"
	was_injected
}

# The same for the workers, which write the domains.
with_fault_in_workers() {
	_number=$1; shift
	arm
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
	for _kind in $KINDS; do
		[ "$(cat "$_kind/times")" != 0 ] || INJECTED=yes
	done
}

# WHAT STEP: calls "STEP NUMBER" with 1, 2, ... until nothing failed any more. A
# step prints what is wrong to /run/test/wrong. Says how far it is: who is silent for
# long, as on a slow machine, is taken to hang.
each_fault() {
	_step=$2 _n=0 INJECTED=yes
	: >/run/test/wrong
	while [ -n "$INJECTED" ] && [ $_n -lt $MOST ]; do
		_n=$((_n + 1))
		$_step $_n >>/run/test/wrong
		[ $((_n % 50)) -ne 0 ] || diag "$1: $_n"
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

unload() {
	modprobe iommu-pt-policy rules="strict name=$EDU" || echo "$1: does not load"
	with_fault "$1" modprobe -r iommu-pt-policy
	[ ! -d /sys/module/iommu_pt_policy ] || echo "$1: does not unload"
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

# It is done, and only what came of it is not known, or whether the rules still say so:
# they are asked anew after each step.
cannot_tell() {
	case $STATUS:$ERR in
	1:*"cannot be read"*|1:*"out of memory to ask the rules"*) ;;
	*) false ;;
	esac
}

set_device() {
	_before=$(edu_now)
	with_fault "$1" ptctl set --runtime $EDU passthrough
	case $STATUS:$(edu_now) in
	"0:passthrough identity"|[15]:"$_before") ;;
	"1:passthrough identity") cannot_tell || echo "$1: it is set, and says: $ERR" ;;
	*) echo "$1: status $STATUS: $(edu_now)" ;;
	esac
	ptctl unset --runtime $EDU >&2
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
	printf '%s name=%s\nlazy name=%s modalias=pci:v00008086*\n' $_new $EDU $NIC >$RULES
	with_fault "$1" ptctl apply
	_after=$(cat $RULES)
	case $STATUS:$(rules_now) in
	"0:$_after"|1:"$_before") ;;
	*) echo "$1: status $STATUS, and the rules are neither those before nor the new" ;;
	esac
	ptctl apply >&2 || echo "$1: cannot be applied afterwards"
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
	ptctl unset --runtime $EDU >&2
	[ "$(edu_now)" = "strict DMA" ] || echo "$1: taken back: $(edu_now)"
}

# Bound before and after, whatever became of it.
rebind() {
	_before="$(cat $PCI/$NIC/iommu_pt/policy) $(domain_type $NIC)"
	with_fault "$1" ptctl set --runtime --rebind $NIC passthrough
	rebound "$1"
}
rebind_in_workers() {
	_before="$(cat $PCI/$NIC/iommu_pt/policy) $(domain_type $NIC)"
	with_fault_in_workers "$1" ptctl set --runtime --rebind $NIC passthrough
	rebound "$1"
}
rebound() {
	case $STATUS:$(cat $PCI/$NIC/iommu_pt/policy):$(domain_type $NIC) in
	0:passthrough:identity|[145]:*:DMA*) ;;
	1:passthrough:identity) cannot_tell || echo "$1: it is rebound, and says: $ERR" ;;
	*) echo "$1: status $STATUS, $(cat $PCI/$NIC/iommu_pt/policy), $(domain_type $NIC)" ;;
	esac
	[ "$(bound_driver $NIC)" = witness ] || echo "$1: it has no driver"
	ptctl set --runtime --rebind $NIC auto >&2
	[ "$(cat $PCI/$NIC/iommu_pt/policy) $(domain_type $NIC)" = "$_before" ] ||
		echo "$1: taken back: $(cat $PCI/$NIC/iommu_pt/policy) $(domain_type $NIC)"
}

hints_now() { nlhints | grep -c '^fw_cfg'; }
replace_hints() {
	_text="passthrough name=$NVME"
	[ $(($1 % 2)) -eq 0 ] || _text=$(printf '%s\n%s' "strict name=$NVME" "lazy name=$FN1")
	_wanted=$(printf '%s\n' "$_text" | wc -l) _before=$(hints_now)
	with_fault "$1" nlhints set "$_text"
	case $STATUS:$(hints_now) in
	"0:$_wanted"|"1:$_before") ;;
	*) echo "$1: status $STATUS: $_before hints before, $(hints_now) now" ;;
	esac
	nlhints set "$_text" >&2 || echo "$1: cannot be set afterwards"
	[ "$(hints_now)" = "$_wanted" ] || echo "$1: $(hints_now) hints, not $_wanted"
}

# Once it succeeds there are no more steps: what is sealed is not undone.
seal() {
	with_fault "$1" nlhints seal
	case $STATUS:$(cat /sys/kernel/iommu_pt/sealed) in
	0:1|1:0) ;;
	*) echo "$1: status $STATUS, sealed $(cat /sys/kernel/iommu_pt/sealed)" ;;
	esac
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
modprobe witness
driver_override $NIC witness
probe $NIC
each_fault "rebind" rebind
each_fault "rebind, in a worker" rebind_in_workers
unbind $NIC
driver_override $NIC
check "module unloads" modprobe -r iommu-pt-policy witness
each_fault "unload" unload
check "it loads once more" modprobe iommu-pt-policy
each_fault "hints" replace_hints
each_fault "seal" seal
is "$(cat /sys/kernel/iommu_pt/sealed)" 1 "at last it is sealed"
done_testing
