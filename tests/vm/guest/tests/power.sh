# SPDX-License-Identifier: GPL-2.0
# The power fails at any time while ptctl sets, unsets and uses profiles, on ext4: then
# what was done is there, what was being done is or is not, nothing is in between, and
# the next boot takes it. What the disk was sent when the power fails it keeps here: a
# disk that loses or reorders what it was not told to flush is not tried.
. /tests/lib.sh

STEPS=8
FILES=/etc/iommu-pt
CUTS=$(sed -n 's/.*vm\.cuts=\([0-9]*\).*/\1/p' /proc/cmdline)

step() {	# NUMBER
	case $(($1 % STEPS)) in
	0) ptctl set $EDU strict ;;
	1) ptctl set $EDU passthrough ;;
	2) ptctl profile use virt ;;
	3) ptctl set $NIC strict ;;
	4) ptctl profile use strict ;;
	5) ptctl unset $EDU ;;
	6) ptctl profile none ;;
	7) ptctl unset $NIC ;;
	esac >/dev/null
}

after() {	# NUMBER: what is there after that step
	_edu="passthrough bus=pci name=$EDU;" _nic="strict bus=pci name=$NIC;"
	case $(($1 % STEPS)) in
	0) echo "strict bus=pci name=$EDU;" ;;
	1) echo "$_edu" ;;
	2) echo "${_edu}virt" ;;
	3) echo "$_edu${_nic}virt" ;;
	4) echo "$_edu${_nic}strict" ;;
	5) echo "${_nic}strict" ;;
	6) echo "$_nic" ;;
	7) echo "" ;;
	esac
}

there() {
	grep -v '^#' $FILES/rules.d/50-ptctl.rules | tr '\n' ';'
	cat $FILES/profile
} 2>/dev/null

change_until_it_fails() {	# STAGE STEP: from that step on
	cut_power "$1" $((300 + $(od -An -N2 -tu2 /dev/urandom) % 4000))
	_step=$2
	while :; do
		remember $_step
		step $_step || diag "step $_step fails"
		_step=$((_step + 1))
	done
}

# Like this test's boot; -o: the file system has no tricks to make up for a missing fsync.
mount_files() {
	modprobe -a ahci sd_mod ext4
	wait_for 10 test -b /dev/sda || die "the persistent disk is there"
	mount -t ext4 -o noauto_da_alloc /dev/sda /persist || die "mount the persistent disk"
	mkdir -p /persist/iommu-pt $FILES
	mount --bind /persist/iommu-pt $FILES
}

mount_files
check "module loads" modprobe iommu-pt-policy
if [ -z "$STAGE" ]; then
	step 7
	step 6
	sync
	change_until_it_fails 1 0
fi

last=$(recall)
now=$(there)
case $now in
"$(after $((last + STEPS - 1)))"|"$(after "$last")") pass "cut $STAGE: whole, in step $last" ;;
*) fail "cut $STAGE: whole, in step $last" "got:    $now" \
	"before: $(after $((last + STEPS - 1)))" "after:  $(after "$last")" ;;
esac
exits 0 "no mistake in them" ptctl check
exits 0 "they are applied" ptctl apply
step "$last"
is "$(there)" "$(after "$last")" "the change is made again"
is "$(find $FILES -name '.*.ptctl-*')" "" "nothing is beside it"
unlike "$(dmesg)" "*EXT4-fs error*" "the file system is well"
if [ "$STAGE" -lt "$CUTS" ]; then
	change_until_it_fails $((STAGE + 1)) $((last + 1))
fi
done_testing
