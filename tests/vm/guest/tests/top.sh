# SPDX-License-Identifier: GPL-2.0
# Who pays for translation: counted by the kernel, while a disk is read and a
# packet goes out now and then. Nothing is left in the kernel, however ptctl ends.
. /tests/lib.sh
fresh

mkdir -p /sys/kernel/tracing
mount -t tracefs tracefs /sys/kernel/tracing
INSTANCES=/sys/kernel/tracing/instances
left() { ls $INSTANCES; }
clean() { [ -z "$(left)" ]; }

modprobe nvme
wait_for 10 blockdev_of $NVME
DISK=/dev/$(blockdev_of $NVME)
read_blocks() { dd if="$DISK" of=/dev/null bs=4k count="$1" iflag=direct 2>/dev/null; }
(while [ ! -e /run/test/stop ]; do read_blocks 20; sleep 0.1; done) & reader=$!

top() {		# WHEN: takes figures
	exits 0 "$1: top" ptctl top --json -n 1 -d 1
	cp /run/test/out /run/test/top
}
# FILTER: of the row of the disk, or of the total
row() { jq -r ".devices[] | select(.device == \"$NVME\") | $1" /run/test/top; }
total() { jq -r ".total[0].$1" /run/test/top; }
decide() {	# POLICY
	exits 0 "the disk is $1" ptctl set --runtime --rebind=force $NVME "$1"
	wait_for 10 blockdev_of $NVME
}
LEAST=10	# a second; less where KASAN looks at each access
case $(uname -r) in *-debug) LEAST=1 ;; esac
at_least() { check "$3 ($1)" test "$1" -ge "$2"; }	# NUMBER LEAST DESCRIPTION
# Another second's figures, if those of this one do not do: a guest may stand still.
again() { ptctl top --json -n 1 -d 1 >/run/test/top; }
reaches() { [ "$($1)" -ge "$2" ] || { again; false; }; }
busy() { check "$2" wait_for 10 reaches "$1" $LEAST; }	# FIGURE DESCRIPTION

# ---- without the module: sysfs knows what is translated
top "without the module"
is "$(jq -r .version /run/test/top)" 1 "JSON: its version"
like "$(row .effective)" "[ls]*" "the disk is translated"
at_least "$(total unmaps)" 1 "all together unmap"
check "module loads" modprobe iommu-pt-policy

if [ -d /sys/kernel/tracing/events/dma ]; then
	decide strict
	top strict
	is "$(row '.effective + " " + .driver')" "strict nvme" "strict: whose it is"
	busy "row .maps" "strict: it maps"
	busy "row .unmaps" "strict: and unmaps"
	is "$(row .flushes)" "$(row .unmaps)" "strict: each of which waits"
	# What happens between the reading of the one count and of the other is nobody's.
	told() { again && [ "$(total untold)" = 0 ]; }
	check "strict: nothing is nobody's" wait_for 10 told
	if [ -e /sys/class/iommu/dmar0 ]; then
		vtd_hears() { again && [ "$(total flushes)" -ge $(($(row .unmaps) * 9 / 10)) ]; }
		check "strict: the VT-d is told so" wait_for 10 vtd_hears
	else
		is "$(total flushes)" null "strict: no event tells of an IOMMU of this kind"
	fi
	exits 0 "strict: for people" ptctl top -n 1 -d 1
	like "$OUT" "*$NVME*nvme*strict*$NVME pays most*ptctl set $NVME passthrough*" "strict: what it would gain"

	decide lazy
	top lazy
	busy "row .unmaps" "lazy: it unmaps"
	is "$(row .flushes)" null "lazy: and waits for none by itself"

	decide passthrough
	top passthrough
	is "$(row '.effective + " " + (.flushes | tostring)')" "passthrough 0" "passthrough: no flushes"
	busy "row .maps" "passthrough: it maps all the same"
	at_least $(($(row .maps) / 4)) "$(total unmaps)" "passthrough: of which no IOMMU hears"
	exits 0 "passthrough: for people" ptctl top -n 1 -d 1
	unlike "$OUT" "*pays most*" "passthrough: nothing to gain"
	is "$ERR" "" "and nothing to complain of"
else
	exits 0 "an old kernel" ptctl top -n 1 -d 1
	like "$ERR" "*does not tell which device maps*6.12*" "says what it cannot tell"
	like "$OUT" "*$NVME*all IOMMUs: *" "and names those that may, and the sum"
	top "as JSON"
	is "$(row '[.maps, .unmaps, .flushes] | tostring')" "[null,null,null]" "what is not known is null"
	is "$(total untold)" null "and so is that"
	busy "total maps" "all together map"
	decide passthrough
	top passthrough
	is "$(row .device)" "" "the disk in passthrough does not pay"
	at_least 5 "$(total unmaps)" "and nobody unmaps"
fi

touch /run/test/stop
wait_for 10 sh -c "! kill -0 $reader"
rm /run/test/stop

# ---- nothing is left
check "nothing is left of those" clean
begin() {	# WHAT OPTION...: in the background; sets PID, by the name of its instance
	_what=$1 _before=$(left); shift
	rm -f /run/test/status
	(ptctl top "$@" >/run/test/shown 2>&1; echo $? >/run/test/status) &
	new() { left | grep -qvx "${_before:-none}"; }
	check "$_what: it has its instance" wait_for 20 new
	PID=$(left | grep -vx "${_before:-none}" | sed 's/^ptctl-//')
}
ends() {	# WHAT STATUS
	wait_for 20 test -s /run/test/status || cat "/proc/$PID/stack" "/proc/$PID/status" >&2
	is "$(cat /run/test/status)" "$2" "$1: it ends"
}
for signal in INT TERM HUP; do
	begin $signal -d 0.2
	check "$signal: it shows figures" wait_for 20 grep -q "figures a second" /run/test/shown
	kill -s $signal "$PID"
	ends $signal 0
	check "$signal: nothing is left" clean
done
ptctl top -d 0.2 2>/dev/null | head -n 1 >/run/test/shown
check "a reader that goes: nothing is left" wait_for 20 clean
ptctl top -d 0.2 >/dev/full 2>/run/test/err
is $? 1 "a full disk is an error"
check "and nothing is left" clean
begin killed
kill -KILL "$PID"
ends killed 137
is "$(left)" "ptctl-$PID" "killed, it leaves its instance"
begin "the next"
is "$(left)" "ptctl-$PID" "the next clears that away"
exits 0 "and a third" ptctl top -n 1 -d 0.2
is "$(left)" "ptctl-$PID" "takes nothing from one that runs"
kill "$PID"
ends "the next" 0
check "nothing is left" clean

exits 1 "nobody may not" as_nobody ptctl top -n 1
like "$ERR" "*root*" "and is told who may"
exits 2 "no such delay" ptctl top -d 0
exits 2 "no such count" ptctl top -n 1x

check "module unloads" modprobe -r iommu-pt-policy
fresh
done_testing
