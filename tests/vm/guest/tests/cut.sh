# SPDX-License-Identifier: GPL-2.0
# ptctl set, unset and apply, killed at their system calls, and with these calls
# failing: rules and kernel are as before or as after, no file stays beside them,
# the driver is there, and the next one works. After a SIGTERM or a SIGPIPE both are
# the same.
. /tests/lib.sh
fresh

# How many calls to leave out between two: all of them take many minutes.
STEP=$(sed -n 's/.*vm\.step=\([0-9]*\).*/\1/p' /proc/cmdline)
: "${STEP:=61}"
RULES=/etc/iommu-pt/rules.d/50-ptctl.rules
export NTH_SAYS=/run/test/says

in_file() { grep -v '^#' $RULES 2>/dev/null | tr '\n' ';'; }
in_kernel() { sed -n 's/^admin //p' /sys/kernel/iommu_pt/rules | tr '\n' ';'; }
leftovers() { (cd /etc/iommu-pt/rules.d && find . -type f ! -name 50-ptctl.rules | cut -c3-); }

OLD="strict bus=pci name=$NIC;"
NEW="strict bus=pci name=$NIC;passthrough bus=pci name=$EDU;"
before() {
	[ "$(in_file)$(in_kernel)$(leftovers)" != "$1$1" ] || return 0
	rm -f /etc/iommu-pt/rules.d/.??*
	printf '%s' "$1" | tr ';' '\n' >$RULES
	ptctl apply >/dev/null
}

# HOW NUMBER BEFORE AFTER: what is wrong with what there is
wrong_state() {
	_file=$(in_file) _kernel=$(in_kernel)
	case $_file in "$3"|"$4") ;; *) echo "$1 $2: the file is between: $_file" ;; esac
	case $_kernel in "$3"|"$4") ;; *) echo "$1 $2: the kernel's rules are between: $_kernel" ;; esac
	[ "$(bound_driver $EDU)" = edu_dma ] || echo "$1 $2: no driver any more"
	case $1 in
	kill)	return ;;
	term|pipe)	[ "$_file" = "$_kernel" ] || echo "$1 $2: file $_file kernel $_kernel: $(cat $NTH_SAYS)"
		return ;;
	esac
	# What failed says so; what says that it is done is done.
	case $STATUS:$_file:$_kernel:$ERR in
	0:"$4:$4":*|[145]:"$3:$3":*) ;;
	1:"$4:$4":*"answer is lost"*"its driver was"*) ;;	# that of the rebind alone
	*)	case $ERR in
		*"may not outlast"*|*"did not take its former"*|*"cannot be read"*) ;;
		*) grep -q 'number [14] ' $NTH_SAYS ||	# of write() and stat(), which tell
			echo "$1 $2: status $STATUS, file $_file kernel $_kernel: $ERR" ;;
		esac ;;
	esac
	[ "$STATUS" -eq 0 ] || [ -n "$ERR" ] || echo "$1 $2: not a word: $(cat $NTH_SAYS)"
	[ -z "$(leftovers)" ] || grep -q 'number \(87\|263\) ' $NTH_SAYS || echo "$1 $2: leaves $(leftovers)"
}

# HOW BEFORE AFTER COMMAND...: at every STEPth call
sweep() {
	_how=$1 _old=$2 _new=$3
	shift 3
	_n=$FIRST _runs=0
	: >/run/test/wrong
	while :; do
		before "$_old"
		run nth "$_how" $_n "$@"
		[ "$STATUS" -ne 99 ] || break
		wrong_state "$_how" $_n "$_old" "$_new" >>/run/test/wrong
		_runs=$((_runs + 1))
		_n=$((_n + STEP))
	done
	is "$(head -n 20 /run/test/wrong)" "" "$* ($_how): $_runs of $_n calls"
	check "that are some" test $_runs -gt 3
	exits 0 "the next one works" "$@"
	is "$(in_file)$(in_kernel)" "$_new$_new" "and all of it is done"
	is "$(leftovers)" "" "nothing is beside it"
}

check "a driver loads" modprobe edu_dma
check "module loads" modprobe iommu-pt-policy
mkdir -p /etc/iommu-pt/rules.d
# The loader's calls are not ours.
FIRST=$(($(nth count 0 ptctl --version 2>&1 >/dev/null) - 2))
FIRST=$((FIRST + $(date +%s) % STEP))
diag "calls $FIRST, and each ${STEP}th that follows"
for how in kill fail; do
	sweep $how "$OLD" "$NEW" ptctl set --rebind $EDU passthrough
	ptctl unset --rebind $EDU
	sweep $how "$NEW" "$OLD" ptctl unset --rebind $EDU
done
# Each answer of the kernel in turn is lost.
FIRST=1 STEP=1
sweep unheard "$OLD" "$NEW" ptctl set --rebind $EDU passthrough
sweep unheard "$NEW" "$OLD" ptctl unset --rebind $EDU
is "$(bound_driver $EDU)" edu_dma "the driver is there"
NEW="passthrough bus=pci name=$NIC;"
for how in term pipe; do
	sweep $how "$OLD" "$NEW" ptctl set $NIC passthrough
	sweep $how "$NEW" "" ptctl unset $NIC
done

# ---- the kernel has a rule that no file has, as after a kill between the two
exits 0 "set" ptctl set $NIC passthrough
: >$RULES
exits 0 "unset" ptctl unset --dry-run $NIC
like "$OUT" "*would take back its rule, which is in no file*" "sees it"
exits 0 "unset" ptctl unset $NIC
is "$(in_kernel)" "" "takes it back"

# ---- apply, while another is between kernel and file
exec 9>/run/iommu-pt/lock
flock 9
echo "strict bus=pci name=$NIC" >$RULES
ptctl apply 9>&- >/dev/null &
sleep 1
is "$(in_kernel)" "" "apply waits for who holds the lock"
exits 0 "a dry run does not" sh -c "ptctl apply --dry-run; [ \$? -eq 3 ]"
exec 9>&-
wait
is "$(in_kernel)" "$OLD" "and then it has its turn"

# ---- apply, whose reader has gone
before "$OLD"
: >$RULES
{ sleep 1; ptctl apply 2>/run/test/err; echo $? >/run/test/ended; } | true
is "$(cat /run/test/ended)" 1 "apply into a pipe that nobody reads"
like "$(cat /run/test/err)" "*cannot write to stdout: Broken pipe*" "says so"
is "$(in_kernel)" "" "and has applied"

# ---- a disk without room, a folder that cannot be written
before "$OLD"
mount -t tmpfs -o size=4k,mode=755 none /etc/iommu-pt/rules.d
echo "strict bus=pci name=$NIC" >$RULES
dd if=/dev/zero of=/etc/iommu-pt/rules.d/filler bs=4k 2>/dev/null
exits 1 "set on a full disk" ptctl set $EDU passthrough
like "$ERR" "*rules.d/*No space left on device*nothing was changed*" "says so"
is "$(in_file)$(in_kernel)" "$OLD$OLD" "nothing is changed"
is "$(leftovers)" filler "nothing stays beside it"
umount /etc/iommu-pt/rules.d
mount --bind /etc/iommu-pt /etc/iommu-pt
mount -o remount,bind,ro /etc/iommu-pt
exits 1 "set where nothing can be written" ptctl set $EDU passthrough
like "$ERR" "*rules.d*Read-only file system*nothing was changed*" "says so"
exits 1 "use a profile there" ptctl profile use virt
like "$ERR" "*Read-only file system*nothing was changed*" "says so"
exits 0 "until reboot it can be set" ptctl set --runtime --rebind $EDU passthrough
exits 0 "and taken back" ptctl unset --runtime --rebind $EDU
umount /etc/iommu-pt
is "$(in_file)$(in_kernel)" "$OLD$OLD" "nothing is changed"

# ---- several at a time
before ""
for device in $NVME $NIC $FN0 $FN1 $FN2; do
	ptctl set $device strict >/dev/null 2>&1 &
	ptctl profile use virt >/dev/null 2>&1 &
	ptctl set $device translated >/dev/null 2>&1 &
done
wait
is "$(in_file | tr ';' '\n' | cut -d= -f3 | sort | tr '\n' ' ')" \
	"$(printf '%s\n' $NVME $NIC $FN0 $FN1 $FN2 | sort | tr '\n' ' ')" "each device has one line"
is "$(in_kernel)" "$(in_file)" "the kernel has what the file has"
is "$(leftovers)" "" "nothing is beside it"
exits 0 "no mistake in them" ptctl check
ptctl profile none

check "module unloads" modprobe -r iommu-pt-policy
fresh
done_testing
