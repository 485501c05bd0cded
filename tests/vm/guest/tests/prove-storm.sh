# SPDX-License-Identifier: GPL-2.0
# A hundred proofs in a row, and ptctl killed at fifty moments: the device works
# each time.
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
length=	# of the shortest of five: one that something held up would have kills come too late
for i in $(seq 5); do
	begin=$(now_ms)
	ptctl prove $NVME >/dev/null
	end=$(now_ms)
	[ $((end - begin)) -ge "${length:-999999}" ] || length=$((end - begin))
done
killed=0 broken=0
for i in $(seq 50); do
	case $((i % 3)) in 0) dev=$NVME ;; 1) dev=$BLK_ON ;; 2) dev=$NET_OFF ;; esac
	driver=$(bound_driver "$dev")
	after=$(awk -v i="$i" -v most="$length" 'BEGIN { srand(i); rand(); print rand() * most / 1000 }')
	ptctl prove "$dev" >/dev/null 2>&1 &
	sleep "$after"
	kill -KILL $! 2>/dev/null && killed=$((killed + 1))
	wait $! 2>/dev/null
	# Until the kernel has noticed, the old driver may still be there.
	check_back() { [ "$(bound_driver "$dev")" = "$driver" ] && ! ptctl_holds; }
	ptctl_holds() { [ "$(cat "$PCI/$dev/driver_override")" != "(null)" ]; }
	if ! wait_for 30 check_back || ! works "$dev"; then
		broken=$((broken + 1))
		diag "$i, $dev, after $after s: $(bound_driver "$dev")"
	fi
done
is $broken 0 "killed at fifty moments, the device works each time"
diag "$killed of 50 before the end; a proof takes $length ms"
check "most of them before the end" [ $killed -ge 25 ]
check "nothing is lent any more: module unloads" modprobe -r iommu-pt-policy
done_testing
