# SPDX-License-Identifier: GPL-2.0
# Bad input gets a message that says where and what, and changes nothing.
. /tests/lib.sh
fresh

exits 1 "module not loaded" ptctl set $NVME passthrough
like "$ERR" "*not loaded*modprobe iommu-pt-policy*" "says how to load it"
check "nothing is written" test ! -e /etc/iommu-pt/rules.d/50-ptctl.rules
exits 0 "list works without it" ptctl list
like "$OUT" "*$NVME*" "and lists"

exits 1 "unknown mode" modprobe iommu-pt-policy mode=sometimes
like "$(dmesg)" "*mode=sometimes: there are enforce, observe and off*" "is told of in the log"
check "a mistake in rules= does not keep the module out" \
	modprobe iommu-pt-policy rules="strict nam=x"
like "$(dmesg)" "*rules=: line 1, column 8: unknown key*" "and is told of in the log"
is "$(cat /sys/kernel/iommu_pt/rules)" "" "none of the rules is in force"

exits 1 "unknown device" ptctl set 0000:0f:1f.7 passthrough
like "$ERR" "*0000:0f:1f.7*ptctl list*" "says how to find them"
exits 1 "unknown interface" ptctl set eth77 passthrough
exits 5 "device without an IOMMU group" ptctl set platform/serial8250 passthrough
like "$ERR" "*no IOMMU group*" "says so"
exits 2 "unknown policy" ptctl set $NVME pasthrough
like "$ERR" "*pasthrough*passthrough, translated, strict, lazy*" "lists those there are"
exits 2 "swapped arguments" ptctl set passthrough $NVME
like "$ERR" "*swapped*" "says so"
exits 2 "no arguments" ptctl set
exits 2 "unknown option" ptctl set --sideways $NVME passthrough
exits 2 "unknown verb" ptctl frobnicate
exits 2 "unknown column" ptctl list -o NONSENSE
exits 1 "one unknown device among good ones" ptctl set $NVME 0000:0f:1f.7 passthrough
check "nothing is written" test ! -e /etc/iommu-pt/rules.d/50-ptctl.rules
is "$(cat /sys/kernel/iommu_pt/rules)" "" "no rule is in the kernel"

exits 1 "no permission: set" as_nobody ptctl set --runtime $NVME passthrough
like "$ERR" "*root*CAP_SYS_ADMIN*" "says what is missing"
exits 1 "no permission: set for good" as_nobody ptctl set $NVME passthrough
exits 0 "anyone may look" as_nobody ptctl list
exits 1 "no permission: sysfs" as_nobody sh -c "echo strict >$PCI/$NVME/iommu_pt/policy"
is "$(cat $PCI/$NVME/iommu_pt/policy)" auto "nothing is changed"
exits 1 "sysfs: unknown policy" sh -c "echo pasthrough >$PCI/$NVME/iommu_pt/policy"
exits 1 "sysfs: nothing" sh -c "printf '' | dd of=$PCI/$NVME/iommu_pt/policy bs=1 2>/dev/null && echo >$PCI/$NVME/iommu_pt/policy"

# ---- rules files; each alone, over one that is good and in force
rules=/etc/iommu-pt/rules.d
mkdir -p $rules
echo "strict name=$NIC" >$rules/10-good.rules
exits 0 "a good file" ptctl apply
inforce=$(cat /sys/kernel/iommu_pt/rules)
refused() {	# PLACE MESSAGE DESCRIPTION: of 20-bad.rules
	exits 1 "apply: $3" ptctl apply
	like "$ERR" "*20-bad.rules:$1: *$2*" "says where and what"
	is "$(cat /sys/kernel/iommu_pt/rules)" "$inforce" "nothing of it is loaded"
	exits 3 "check: $3" ptctl check
	like "$OUT$ERR" "*20-bad.rules:$1: *$2*" "says where and what"
}
awk 'BEGIN { for (i = 1; i <= 2000; i++) print i == 1000 ? "strict nmae=x" : "strict name=x" i }' >$rules/20-bad.rules
refused 1000:8 "unknown key" "an error in line 1000 of 2000"
awk 'BEGIN { printf "strict name="; for (i = 0; i < 1100; i++) printf "x"; print "" }' >$rules/20-bad.rules
refused 1:1025 "longer than 1024" "an over-long line"
printf 'auto\nau\000to\n' >$rules/20-bad.rules
refused 2:3 "NUL" "a NUL byte"
printf 'strict bus=pci\r\n' >$rules/20-bad.rules
refused 1:15 "carriage return" "CRLF"
printf 'passthrough name=[0-9\n' >$rules/20-bad.rules
refused 1:18 "without" "an open bracket"
exits 1 "set does not write over a broken neighbour" ptctl set $NVME passthrough
check "and wrote nothing" test ! -e $rules/50-ptctl.rules
rm $rules/20-bad.rules
exits 3 "dry run shows the difference" sh -c "rm $rules/10-good.rules; ptctl apply --dry-run"
is "$(cat /sys/kernel/iommu_pt/rules)" "$inforce" "and changes nothing"
exits 0 "apply" ptctl apply

echo "translated bus=pci" >$rules/10-first.rules
exits 1 "an earlier file decides otherwise" ptctl set $NVME passthrough
like "$ERR" "*10-first.rules:1*" "which is named"
check "nothing is written" test ! -e $rules/50-ptctl.rules
rm $rules/10-first.rules
ptctl apply

# ---- netlink
bad() { like "$(nlbad "$1")" "$2" "netlink: $1"; }
bad good "0: *"
bad missing "EINVAL: attribute NAME is missing"
bad short-policy "[EI]*: *"
bad long-policy "EINVAL: *"
bad policy-range "ERANGE: *"
bad unknown-flag "EINVAL: *"
bad unknown "EINVAL: *"
bad answer-only "EINVAL: *"
bad unterminated "EINVAL: *"
bad long-name "E*: *"
bad event "EOPNOTSUPP: *"
bad beyond "EOPNOTSUPP: *"
bad no-tier "EINVAL: attribute TIER is missing"
bad runtime-tier "EINVAL: rules of this tier*"
bad bad-rule "EINVAL: line 2, column 8: unknown key*"
bad forced-hint "EINVAL: line 1, column 13: force is for*"
bad nul-rule "EINVAL: line 1, column 5: NUL*"
bad too-much "EMSGSIZE: *"
is "$(cat /sys/kernel/iommu_pt/rules)" "" "nothing of it changed a rule"

# ---- who may not, by the kernel's word: ptctl would not even ask
in_container() { busybox unshare --user --map-root-user "$@"; }
holders() { cat /sys/module/iommu_pt_policy/refcnt; }	# each loan, and the seal
state() {
	cat $PCI/$NVME/iommu_pt/policy /sys/kernel/iommu_pt/rules /sys/kernel/iommu_pt/sealed
	holders
	nlhints
}
before=$(state)
for who in as_nobody "confined sys_admin" "confined sys_rawio" in_container; do
	for what in set rules hints lend return seal; do
		like "$($who nlbad $what)" "EPERM: that needs root (CAP_SYS_ADMIN*" "netlink: $who: $what"
	done
	exits 1 "sysfs: $who" $who sh -c "echo strict >$PCI/$NVME/iommu_pt/policy"
	is "$(state)" "$before" "and nothing changed"
done
# The same messages of root's are good ones.
held=$(holders)
nothing_is_lent() { [ "$(holders)" = "$held" ]; }
bad set "0: *"
bad rules "0: *"
bad hints "0: *"
bad lend "0: *"
check "it is back, for its borrower is gone" wait_for 60 nothing_is_lent
bad return "ENOENT: *not lent to you*"
isnt "$(state)" "$before" "now something changed"
ptctl unset --runtime $NVME
ptctl apply
nlhints set ""
is "$(state)" "$before" "and is taken back"
modprobe -r vfio-pci

check "module unloads" modprobe -r iommu-pt-policy
done_testing
