# SPDX-License-Identifier: GPL-2.0
# Many devices, on an IOMMU without hardware: events by the ten thousand, each of
# which is seen or counted; and lists that hold together while devices come and go.
. /tests/lib.sh

DEVICES=2501		# the first of them is no rule's affair
EVENTS=10000		# a decision and a status of each, twice
PRESENT=/sys/module/testiommu/parameters/present
MARK=/sys/bus/platform/devices/testdev.0/iommu_pt/policy
RULES=/etc/iommu-pt/rules.d/10-load.rules
mkdir -p /etc/iommu-pt/rules.d
dmesg -n 5		# the core has a line for each device that comes

check "an IOMMU for $DEVICES devices" modprobe testiommu devices=$DEVICES
check "module loads" modprobe iommu-pt-policy
check "the devices come" sh -c "echo 1 >$PRESENT"

# ---- events
seen_last() { tail -n 1 /run/test/events | grep -q "$1"; }	# POLICY
drained() { ! awk '$2 == 16 && $5 > 0 { found = 1 } END { exit !found }' /proc/net/netlink; }
mark() {	# POLICY: two events of testdev.0
	echo "$1" >$MARK
	check "monitor has come to the mark $1" wait_for 60 sh -c "grep -q 'testdev.0\".*\"policy\": \"$1\".*applied' /run/test/events"
}
listen() {	# [COMMAND...]: monitor, which has seen its first event
	"$@" ptctl monitor --json >/run/test/events 2>/run/test/errors &
	check "monitor listens" wait_for 10 sh -c \
		"echo auto >$MARK; echo strict >$MARK; grep -q testdev.0 /run/test/events"
	mark lazy
	monitor=$(pidof ptctl)
}
cause() {
	echo "strict name=testdev.*" >$RULES
	exits 0 "rules for all" ptctl apply
	rm $RULES
	exits 0 "and none" ptctl apply
}
# The mark is an event behind all others, so that whatever was lost is told.
account() {	# WHEN
	check "$1: monitor has read what there was" wait_for 60 drained
	mark passthrough
	kill "$monitor"
	wait
	eval "$(awk -F '"lost": ' '
		/"event": "lost"/ { lost += $2 + 0; next }
		/"policy"/ && !/testdev\.0"/ { seen++ }
		END { printf "seen=%d lost=%d", seen, lost }' /run/test/events)"
	is $((seen + lost)) $EVENTS "$1: $seen seen and $lost told to be lost, which is all of them"
}

listen
cause
account "at its own pace"

room=$(cat /proc/sys/net/core/rmem_max)
echo 8192 >/proc/sys/net/core/rmem_max		# of nobody; root asks for more
listen as_nobody
kill -STOP "$monitor"
cause
kill -CONT "$monitor"
account "stopped, with little room"
check "stopped: most were lost" test "$lost" -gt $((EVENTS / 2)) -a "$seen" -gt 0
check "stopped: an overrun is told at once" grep -q '"lost": null' /run/test/events
echo "$room" >/proc/sys/net/core/rmem_max
echo auto >$MARK

# ---- lists. Devices come in the order of their numbers and go in reverse, so what
# there is at one moment has no gap. A list that finds no such moment says so.
(
	while [ ! -e /run/test/stop ]; do
		echo 0 >$PRESENT
		sleep 3
		echo 1 >$PRESENT
		sleep 3
	done
) & storm=$!
gapless() {
	sed -n 's/^platform\/testdev\.//p' /run/test/list | sort -n | awk '$1 != NR - 1 { exit 1 }'
}
lists=0 good=0 restarts=0 silent=0 gaps=0
until [ $good -ge 5 ] && [ $restarts -gt 0 ] || [ $lists -ge 50 ]; do
	lists=$((lists + 1))
	if strace -o /run/test/trace -e trace=sendto,sendmsg ptctl list -n -o DEVICE >/run/test/list 2>/run/test/err; then
		good=$((good + 1))
		gapless || gaps=$((gaps + 1))
		# which family it is; what mode; and each dump
		restarts=$((restarts + $(grep -c 'send' /run/test/trace) - 3))
	else
		grep -q 'changed each time' /run/test/err || silent=$((silent + 1))
	fi
done
touch /run/test/stop
wait $storm
rm /run/test/stop
diag "the last had $(wc -l </run/test/list) devices"
check "$good of $lists lists while devices come and go" test $good -ge 5
is $gaps 0 "none has a gap"
is $silent 0 "what was not had is said"
check "$restarts dumps had to begin anew" test $restarts -gt 0
is "$(ptctl list -n -o DEVICE | grep -c testdev)" $DEVICES "then all are there"

check "module unloads" modprobe -r iommu-pt-policy
check "the devices go" sh -c "echo 0 >$PRESENT"
check "the IOMMU goes" modprobe -r testiommu
done_testing
