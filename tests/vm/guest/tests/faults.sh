# SPDX-License-Identifier: GPL-2.0
# Every allocation of the module in turn finds no memory, of the slab's or of whole
# pages: at load, unload, a hot-add, when a device is set or rebound, rules and hints
# are replaced, also once sealed, devices shown, dumped, removed, lent and given back,
# while somebody hears of it, and at the seal. Each time it is done or it is not,
# and what was before stands. The last test of its boot: the module stays.
. /tests/lib.sh
. /tests/judge.sh
fresh

DEBUG=/sys/kernel/debug
[ -d $DEBUG/failslab ] || skip_all "this kernel cannot make allocations fail"
KINDS="$DEBUG/failslab $DEBUG/fail_page_alloc"
MODULE=$(modinfo -n iommu-pt-policy)
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

# kmemleak has an object of its own for each allocation, and a pool for when there is no
# memory for that: to let these fail, too, would be half of all steps, and say nothing.
for cache in /sys/kernel/slab/*; do
	[ "${cache##*/}" = kmemleak_object ] || echo 1 >"$cache/failslab"
done
echo Y >$DEBUG/failslab/cache-filter
is "$(grep -l 0 /sys/kernel/slab/*/failslab)" /sys/kernel/slab/kmemleak_object/failslab \
	"allocations of all caches may fail, but for kmemleak's"

# What follows is done some thousand times, and a process is dear on such a kernel, so
# there are as few as can be: FILE: sets TEXT to what is in it.
slurp() {
	TEXT=
	while IFS= read -r _line || [ -n "$_line" ]; do TEXT="$TEXT${TEXT:+
}$_line"; done <"$1"
}

# Each kind once at most; a process has one count for all kinds.
arm() { for _kind in $KINDS; do echo 1 >"$_kind/times"; done; }

# COMMAND...: as run does, but sets only STATUS and ERR. The output is in /run/test/out.
try() {
	timeout $((60 * SLOWER)) "$@" >/run/test/out 2>/run/test/err
	STATUS=$?
	slurp /run/test/err
	ERR=$TEXT
	printf '$ %s\n%s\n[%s]\n' "$*" "$ERR" "$STATUS" >&2
}

# NUMBER COMMAND...: that allocation of the command's process fails. Sets
# INJECTED if there was one.
with_fault() {
	_number=$1; shift
	arm
	# shellcheck disable=SC2016 # for the inner shell
	try sh -c 'echo "$1" >/proc/self/fail-nth; shift; exec "$@"' sh "$_number" "$@"
	was_injected
}

# The same for the workers, which write the domains.
with_fault_in_workers() {
	_number=$1; shift
	arm
	arm_workers "$_number"
	try "$@"
	arm_workers 0
	was_injected
}
arm_workers() {
	for _task in /proc/[0-9]*; do
		read -r _comm <"$_task/comm" || continue
		case $_comm in
		kworker/*) echo "$1" >"$_task/fail-nth" ;;
		esac
	done 2>/dev/null
}

was_injected() {
	INJECTED=
	for _kind in $KINDS; do
		slurp "$_kind/times"
		[ "$TEXT" != 0 ] || INJECTED=yes
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

# DEVICE: sets NOW to its policy and its domain.
look_at() {
	slurp "$PCI/$1/iommu_pt/policy"
	NOW=$TEXT
	slurp "$PCI/$1/iommu_group/type"
	NOW="$NOW $TEXT"
}

# busybox's own are the quicker ones, and want a value with spaces in quotes.
STRICT="rules=\"strict name=$EDU\""

load() {
	with_fault "$1" busybox insmod "$MODULE" "$STRICT"
	if [ -d /sys/module/iommu_pt_policy ]; then
		[ "$STATUS" -eq 0 ] || echo "$1: it is loaded, and says that it is not"
		busybox rmmod iommu-pt-policy || echo "$1: does not unload"
	elif [ "$STATUS" -eq 0 ]; then
		echo "$1: it is not loaded, and says that it is"
	fi
	[ ! -e /sys/kernel/iommu_pt ] || echo "$1: leaves its folder"
	[ ! -e $PCI/$EDU/iommu_pt ] || echo "$1: leaves attributes"
}

unload() {
	busybox insmod "$MODULE" "$STRICT" || echo "$1: does not load"
	with_fault "$1" busybox rmmod iommu-pt-policy
	[ ! -d /sys/module/iommu_pt_policy ] || echo "$1: does not unload"
	[ ! -e $PCI/$EDU/iommu_pt ] || echo "$1: leaves attributes"
}

hot_add() {
	remove $EDU
	with_fault "$1" sh -c 'echo 1 >/sys/bus/pci/rescan'
	[ -e $PCI/$EDU ] || echo "$1: the device is not there"
	# Without memory for a record it stays as the kernel has it, and no less strict.
	[ -e $PCI/$EDU/iommu_pt/policy ] || { translated $EDU || echo "$1: is not translated"; return; }
	look_at $EDU
	[ "$NOW" = "strict DMA" ] || echo "$1: $NOW"
}

# It is done, and only what came of it is not known, or whether the rules still say so:
# they are asked anew after each step.
cannot_tell() {
	case $STATUS:$ERR in
	1:*"cannot be read"*|1:*"out of memory to ask the rules"*) ;;
	*) false ;;
	esac
}

# NUMBER BEFORE: taken back, it is as before.
as_before() {
	look_at $EDU
	[ "$NOW" = "$2" ] || echo "$1: taken back: $NOW"
}

set_device() {
	look_at $EDU
	_before=$NOW
	with_fault "$1" ptctl set --runtime $EDU passthrough
	look_at $EDU
	case $STATUS:$NOW in
	"0:passthrough identity"|[15]:"$_before") ;;
	"1:passthrough identity") cannot_tell || echo "$1: it is set, and says: $ERR" ;;
	*) echo "$1: status $STATUS: $NOW" ;;
	esac
	ptctl unset --runtime $EDU >&2
	as_before "$1" "$_before"
}

set_by_sysfs() {
	look_at $EDU
	_before=$NOW
	with_fault "$1" sh -c "echo passthrough >$PCI/$EDU/iommu_pt/policy"
	look_at $EDU
	case $STATUS:$NOW in
	"0:passthrough identity"|1:"$_before") ;;
	*) echo "$1: status $STATUS: $NOW" ;;
	esac
	echo auto >$PCI/$EDU/iommu_pt/policy
	as_before "$1" "$_before"
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
	[ "$STATUS" -ne 0 ] || cmp -s /run/test/out /run/all.json ||
		echo "$1: says that this is all: $(cat /run/test/out)"
}

# Shown are the module, its rules and one device; SHOWN is what that is.
show_device() {
	with_fault "$1" ptctl show --json $EDU
	[ "$STATUS" -ne 0 ] || cmp -s /run/test/out /run/shown.json ||
		echo "$1: says that this is it: $(cat /run/test/out)"
}

info() {
	with_fault "$1" nlhints info
	case $STATUS:$(cat /run/test/out) in
	0:hints=*|1:ENOMEM*) ;;
	*) echo "$1: status $STATUS: $(cat /run/test/out)" ;;
	esac
}

read_rules() {
	with_fault "$1" cat /sys/kernel/iommu_pt/rules
	[ "$STATUS" -ne 0 ] || cmp -s /run/test/out /run/rules ||
		echo "$1: says that these are the rules: $(cat /run/test/out)"
}

# What is gone is gone, though nobody could be told.
remove_device() {
	with_fault "$1" sh -c "echo 1 >$PCI/$EDU/remove"
	[ "$STATUS" -eq 0 ] || echo "$1: status $STATUS"
	[ ! -e $PCI/$EDU ] || echo "$1: it is there still"
	rescan
	as_before "$1" "strict DMA"
}

write_domain() {
	with_fault_in_workers "$1" ptctl set --runtime $EDU passthrough
	look_at $EDU
	slurp $PCI/$EDU/iommu_pt/status
	case $TEXT:$NOW in
	"applied:passthrough identity"|"refused:passthrough DMA"*) ;;
	*) echo "$1: status $STATUS, $TEXT: $NOW" ;;
	esac
	ptctl unset --runtime $EDU >&2
	as_before "$1" "strict DMA"
}

# Bound before and after, whatever became of it.
rebind() {
	look_at $NIC
	_before=$NOW
	with_fault "$1" ptctl set --runtime --rebind $NIC passthrough
	rebound "$1"
}
rebind_in_workers() {
	look_at $NIC
	_before=$NOW
	with_fault_in_workers "$1" ptctl set --runtime --rebind $NIC passthrough
	rebound "$1"
}
rebound() {
	look_at $NIC
	case $STATUS:$NOW in
	"0:passthrough identity"|[145]:*" DMA"*) ;;
	"1:passthrough identity") cannot_tell || echo "$1: it is rebound, and says: $ERR" ;;
	*) echo "$1: status $STATUS, $NOW" ;;
	esac
	[ "$(bound_driver $NIC)" = witness ] || echo "$1: it has no driver"
	ptctl set --runtime --rebind $NIC auto >&2
	look_at $NIC
	[ "$NOW" = "$_before" ] || echo "$1: taken back: $NOW"
}

# vfio warns when its group finds no memory for its name: nothing fails in there.
spare_vfio() {
	modprobe vfio-pci
	_text=$(awk '$4 == "[vfio]" && tolower($2) == "t" { print $1 }' /proc/kallsyms | sort)
	_last=$(echo "$_text" | tail -n 1)
	for _kind in $KINDS; do
		echo "0x${_text%%[!0-9a-f]*}" >"$_kind/reject-start"
		echo "0x${_last%???}fff" >"$_kind/reject-end"
	done
}

# NUMBER OF-THE-LOAN OF-ITS-END: allocations of the workers that fail. Lent or not, in
# the end it has its driver, and nobody the module.
lend() {
	look_at $NIC
	_before=$NOW
	: >/run/test/out
	arm
	arm_workers "$2"
	# shellcheck disable=SC2094 # it waits for what is written there
	{ wait_for 60 grep -q lend /run/test/out; arm_workers "$3"; } | loans once $NIC >/run/test/out
	STATUS=$?
	arm_workers 0
	was_injected
	lent "$1"
}
lend_in_workers() { lend "$1" "$1" 0; }
return_in_workers() { lend "$1" 0 "$1"; }
lend_and_return() {
	look_at $NIC
	_before=$NOW
	with_fault "$1" loans once $NIC </dev/null
	lent "$1"
}
lent() {
	case $STATUS:$(cat /run/test/out) in
	"0:lend 0 -
return 0 -"|"0:lend 0 -
return 12"|"0:lend "[1-9]*"
return 2") ;;
	*) echo "$1: status $STATUS: $(cat /run/test/out)" ;;
	esac
	wait_for 60 nothing_is_lent || echo "$1: it is lent still"
	[ "$(bound_driver $NIC)" = witness ] || echo "$1: its driver is not back"
	slurp $PCI/$NIC/driver_override
	[ "$TEXT" = witness ] || echo "$1: driver_override is $TEXT"
	look_at $NIC
	[ "$NOW" = "$_before" ] || echo "$1: given back: $NOW"
}
nothing_is_lent() {
	slurp /sys/module/iommu_pt_policy/refcnt
	[ "$TEXT" = 0 ]
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

# Others as strict take the place of those before, or they stand. Those less strict
# never come in, whatever could not be asked.
replace_sealed() {
	_before=$(rules_now)
	_bus=
	[ $(($1 % 2)) -eq 0 ] || _bus=" bus=pci"
	printf 'strict%s name=%s\nlazy name=%s modalias=pci:v00008086*\n' "$_bus" $EDU $NIC >$RULES
	with_fault "$1" ptctl apply
	_after=$(cat $RULES)
	case $STATUS:$(rules_now) in
	"0:$_after"|1:"$_before") ;;
	*) echo "$1: status $STATUS, and the rules are neither those before nor the new" ;;
	esac
	ptctl apply >&2 || echo "$1: cannot be applied afterwards"
}
loosen_sealed() {
	_before=$(rules_now)
	echo "passthrough name=$EDU" >$RULES
	with_fault "$1" ptctl apply
	[ "$STATUS:$(rules_now)" = "1:$_before" ] || echo "$1: status $STATUS, and the rules are others"
	look_at $EDU
	[ "$NOW" = "strict DMA" ] || echo "$1: $NOW"
}

# Somebody who hears of events.
listen() {
	ptctl monitor --json >/run/test/events 2>&1 &
	LISTENER=$!
	wait_for 60 hears
}
# Each is told, or counted as lost.
hears() {
	_heard=$(grep -c '"decision"' /run/test/events)
	ptctl set --runtime $EDU strict
	ptctl unset --runtime $EDU
	sleep 0.2
	[ "$(grep -c '"decision"' /run/test/events)" -gt "$_heard" ]
}
lost() { sed -n 's/^events_lost //p' /sys/kernel/iommu_pt/stats; }
told_of_lost() { jq -s 'map(select(.event == "lost").lost // 0) | add // 0' /run/test/events; }

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
ptctl list --json >/run/all.json
each_fault "dump" dump
ptctl show --json $EDU >/run/shown.json
each_fault "show a device" show_device
each_fault "info" info
cat /sys/kernel/iommu_pt/rules >/run/rules
each_fault "read the rules" read_rules
check "somebody listens" listen
each_fault "set, and a listener" set_device
each_fault "writing a domain, and a listener" write_domain
each_fault "removal, and a listener" remove_device
check "who listens hears on" wait_for 60 hears
check "some events were lost" test "$(lost)" -gt 0
check "which the listener knows of" test "$(told_of_lost)" -ge "$(lost)"
kill $LISTENER
each_fault "replace rules" replace_rules
modprobe witness
driver_override $NIC witness
probe $NIC
each_fault "rebind" rebind
each_fault "rebind, in a worker" rebind_in_workers
check "vfio is spared" spare_vfio
each_fault "lend and return" lend_and_return
each_fault "lend, in a worker" lend_in_workers
each_fault "return, in a worker" return_in_workers
unbind $NIC
driver_override $NIC
check "module unloads" modprobe -r iommu-pt-policy witness
each_fault "unload" unload
check "it loads once more" modprobe iommu-pt-policy
each_fault "hints" replace_hints
exits 0 "no hints" nlhints set ""
printf 'strict name=%s\nlazy name=%s modalias=pci:v00008086*\n' $EDU $NIC >$RULES
exits 0 "rules are applied" ptctl apply
each_fault "seal" seal
is "$(cat /sys/kernel/iommu_pt/sealed)" 1 "at last it is sealed"
each_fault "replace sealed rules" replace_sealed
is "$(judge_all $RULES)" "" "every device is as they say"
each_fault "loosen sealed rules" loosen_sealed
done_testing
