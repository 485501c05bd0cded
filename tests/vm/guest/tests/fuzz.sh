# SPDX-License-Identifier: GPL-2.0
# Netlink messages and sysfs files by chance: what is bad is refused and changes
# nothing, from whoever may not change anything all of it, and after the rest the
# module does what it is told as before.
. /tests/lib.sh
. /tests/judge.sh
fresh

# On the kernel's command line: vm.fuzz=N messages of each kind, else so many
# seconds; vm.seed=N to see the same again.
AMOUNT=$(cmdline vm.fuzz)
AMOUNT=${AMOUNT:-2s}
SEED=$(cmdline vm.seed)
SEED=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
diag "vm.seed=$SEED, vm.fuzz=$AMOUNT"
RULES=/etc/iommu-pt/rules.d/20-fuzz.rules
NAMES="pci/$NVME pci/$NIC pci/$EDU pci/$FN0 pci/$FN1 pci/$FN2"
FILES="/sys/kernel/iommu_pt/* /sys/module/iommu_pt_policy/parameters/*"
for dev in $NVME $NIC $EDU $FN0 $FN1 $FN2; do
	FILES="$FILES $PCI/$dev/iommu_pt/*"
done

# All that a change of rules, of a device, or of a domain would show in.
state() {
	cat /sys/kernel/iommu_pt/rules /sys/kernel/iommu_pt/sealed
	for _group in /sys/kernel/iommu_groups/*; do cat "$_group/type"; done
	cat /sys/bus/pci/devices/*/iommu_pt/*
}

fuzz() {	# STATUS DESCRIPTION COMMAND...; it may take long
	_want=$1 _what=$2; shift 2
	"$@" >/run/test/fuzz 2>&1
	_got=$?
	cat /run/test/fuzz >&2
	is $_got "$_want" "$_what"
	diag "$(tail -n 3 /run/test/fuzz)"
}

mkdir -p ${RULES%/*}
modprobe witness
driver_override $NIC witness
probe $NIC
check "module loads" modprobe iommu-pt-policy
printf '%s\n' "strict name=$EDU" "passthrough name=$NVME" "translated bus=pci" >$RULES
exits 0 "rules are applied" ptctl apply
before=$(state)

# shellcheck disable=SC2086 # words
fuzz 0 "netlink: each bad message is refused" nlfuzz bad "$AMOUNT" "$SEED" $NAMES
is "$(state)" "$before" "and none of it changed anything"
# shellcheck disable=SC2086
fuzz 0 "netlink: whatever somebody sends" as_nobody nlfuzz any "$AMOUNT" "$SEED" $NAMES
is "$(state)" "$before" "changes nothing"
# shellcheck disable=SC2086
fuzz 0 "sysfs: whatever somebody writes" as_nobody sysfuzz "$AMOUNT" "$SEED" $FILES
is "$(state)" "$before" "changes nothing"
# shellcheck disable=SC2086
fuzz 0 "netlink: whatever root sends" nlfuzz any "$AMOUNT" "$SEED" $NAMES
# shellcheck disable=SC2086
fuzz 0 "sysfs: whatever root writes" sysfuzz "$AMOUNT" "$SEED" $FILES
is "$(cat /sys/kernel/iommu_pt/sealed)" 0 "nothing of it was a seal"

# ---- the calm after
judge_rules >$RULES
unbind $NIC
driver_override $NIC
for dev in "$PCI"/*; do echo auto >"$dev/iommu_pt/policy"; done 2>/dev/null
check "no hints" nlhints set ""
exits 0 "rules are applied" ptctl apply
is "$(sed 's/ .*//' /sys/kernel/iommu_pt/rules | sort -u)" admin "there are no others"
is "$(judge_all $RULES)" "" "every device is as they say"
check "module unloads" modprobe -r iommu-pt-policy
fresh
modprobe -r witness
done_testing
