# SPDX-License-Identifier: GPL-2.0
# A hundred proofs in a row, and ptctl killed at fifty moments while another one
# is at work: the device works each time.
. /tests/lib.sh
. /tests/prove.sh

load_drivers
check "module loads" modprobe iommu-pt-policy rebind=never

some="$NVME $BLK_ON $NET_OFF $RNG_ON"
wanted="translated translated bypass translated "
wrong=0
for i in $(seq 25); do
	# shellcheck disable=SC2086 # words
	prove $some
	got=$(awk '{ print $2 }' /run/verdicts | tr '\n' ' ')
	[ "$STATUS $got" = "3 $wanted" ] || { wrong=$((wrong + 1)); diag "$i: $STATUS $got $ERR"; }
done
is $wrong 0 "a hundred proofs"
for dev in $some; do check "$dev works" works "$dev"; done

now_ms() { awk '{ print int($1 * 1000) }' /proc/uptime; }
# DEVICE: ms, of the shortest of five; one that something held up would have the
# kills come too late
length_of() {
	_shortest=999999
	for _i in $(seq 5); do
		_begin=$(now_ms)
		ptctl prove "$1" >/dev/null
		_end=$(now_ms)
		[ $((_end - _begin)) -ge $_shortest ] || _shortest=$((_end - _begin))
	done
	echo $_shortest
}
nvme_ms=$(length_of $NVME) blk_ms=$(length_of $BLK_ON) net_ms=$(length_of $NET_OFF)
killed=0 broken=0
for i in $(seq 50); do
	case $((i % 3)) in
	0) dev=$NVME length=$nvme_ms ;;
	1) dev=$BLK_ON length=$blk_ms ;;
	2) dev=$NET_OFF length=$net_ms ;;
	esac
	driver=$(bound_driver "$dev")
	after=$(awk -v i="$i" -v most="$length" 'BEGIN { srand(i); rand(); print rand() * most / 1000 }')
	ptctl prove $RNG_ON >/dev/null 2>&1 &	# loans wait for one another
	other=$!
	ptctl prove "$dev" >/dev/null 2>&1 &
	sleep "$after"
	kill -KILL $! 2>/dev/null && killed=$((killed + 1))
	wait $! 2>/dev/null
	wait $other
	ended=$?
	wait_for 30 nothing_is_lent	# the driver alone tells nothing: it may be yet to go
	if [ "$ended $(bound_driver "$dev") $(cat "$PCI/$dev/driver_override")" != \
	     "0 $driver (null)" ] || ! works "$dev"; then
		broken=$((broken + 1))
		diag "$i, $dev, after $after s: $(bound_driver "$dev"); another's proof: $ended"
	fi
done
is $broken 0 "killed at fifty moments, the device works each time"
diag "$killed of 50 before the end; a proof takes $nvme_ms, $blk_ms, $net_ms ms"
check "most of them before the end" [ $killed -ge 25 ]
check "nothing is lent any more: module unloads" modprobe -r iommu-pt-policy
done_testing
