# SPDX-License-Identifier: GPL-2.0
# What ptctl prints: stable JSON, tables, and at what price.
. /tests/lib.sh
fresh

modprobe nvme
wait_for 10 blockdev_of $NVME
check "module loads" modprobe iommu-pt-policy \
	rules="passthrough name=$NIC;strict modalias=pci:v00001B36*bc01*;auto bus=platform"

# ---- list asks the kernel once, and reads no file for each device
strace -f -o /run/test/trace -e trace=%file,sendto,sendmsg ptctl list >/run/test/list
is "$(grep -c '"/sys/.*devices' /run/test/trace)" 0 "list reads no device's files"
sent=$(grep -c 'send' /run/test/trace)
# which family it is; what mode; the dump
check "list sends $sent requests, at most 4" test "$sent" -le 4
is "$(grep -c ^0000: /run/test/list)" "$(find $PCI/ -type l | wc -l)" "list has every PCI device"

# ---- JSON: one object, its version, an array, the same keys in each row
# All of it by one jq, of which each takes a second on 6.1's Debian.
json() {	# ARRAY FILTER WANTED DESCRIPTION COMMAND...
	_array=$1 _filter=$2 _wanted=$3 _what=$4; shift 4
	"$@" 2>/run/test/err | jq -r ".version, (.$_array | type), ($_filter)" >/run/test/json
	is "$(sed -n 1p /run/test/json)" 1 "$*: version"
	is "$(sed -n 2p /run/test/json)" array "$*: array $_array"
	is "$(sed 1,2d /run/test/json)" "$_wanted" "$*: $_what"
}
json devices '.devices[] | select(.device == "0000:00:04.0") | .policy + " " + .effective + " " + .status + " " + .source' \
	"passthrough passthrough applied cmdline" "a row" ptctl list --json
json devices '.devices[] | select(.device == "0000:00:04.0") | .driver | type' null "no driver is null" ptctl list --json
json devices '.devices[] | select(.device == "0000:00:04.0") | .group | type' number "a group is a number" ptctl list --json
json devices '[.devices[] | keys] | unique | length' 1 "the same keys in each row" ptctl list --json
json devices '.devices[0].status' pending "a device" ptctl show --json $NVME
json rules '[.rules[] | select(.decides)] | length' 1 "one rule decides" ptctl explain --json $NVME
json status '.status[0].mode' enforce "the module" ptctl status --json
mkdir -p /etc/iommu-pt/rules.d
echo "passthrough nam=x" >/etc/iommu-pt/rules.d/10-x.rules
json findings '.findings[0] | "\(.line) \(.column)"' "1 13" "a finding" ptctl check --json
rm /etc/iommu-pt/rules.d/10-x.rules

# ---- as a tree, and as a picture
group=$(basename "$(readlink $PCI/$NVME/iommu_group)")
json devices '.devices | length' 1 "one IOMMU, the root" ptctl list --tree --json
json devices ".devices[0].children[] | select(.group == $group) | .children[].device" $NVME \
	"a device below its group" ptctl list --tree --json
like "$(ptctl list --tree)" "*dmar0 (Intel VT-d)*group $group (*$NVME*" "for people too"
exits 2 "--tree without its column" ptctl list --tree -o GROUP
is "$(ptctl list -n -o IOMMU | sort -u)" dmar0 "the IOMMU of each"
ptctl graph >/run/test/dot
is "$(grep -c '{$' /run/test/dot)" "$(grep -c '^}$' /run/test/dot)" "graph: every cluster ends"
is "$(grep -c fillcolor /run/test/dot)" "$(find $PCI/ -type l | wc -l)" "graph has every PCI device"
like "$(grep "\"$NIC\"" /run/test/dot)" "*#f5bd7a*passthrough*" "graph: in the colour of what it does"
cat /run/test/dot

# ---- a name in any form means the device
for name in $NVME "pci/$NVME" "${NVME#0000:}" "$PCI/$NVME" "$(blockdev_of $NVME)" "/dev/$(blockdev_of $NVME)"; do
	like "$(ptctl show "$name")" "*$NVME*" "show $name"
done

# ---- events
ptctl monitor >/run/test/events 2>&1 & monitor=$!
check "monitor listens" wait_for 10 sh -c "echo strict >$PCI/$EDU/iommu_pt/policy; echo auto >$PCI/$EDU/iommu_pt/policy; grep -q $EDU /run/test/events"
device_add edu,id=hot1,bus=rp1,dma_mask=0xffffffffffffffff
echo lazy >$PCI/$NVME/iommu_pt/policy
check "monitor tells of a status" wait_for 10 grep -q "$NVME.*applied" /run/test/events
check "edu appears" wait_for 10 below $PORT1		# or QEMU refuses to take it out
hot=$(below $PORT1)
check "unplugged" device_del hot1
check "monitor tells of that" wait_for 10 grep -q "$hot removed" /run/test/events
kill $monitor

# ---- more events than its queue takes: counted, and said
room=$(cat /proc/sys/net/core/rmem_max)
echo 8192 >/proc/sys/net/core/rmem_max		# of nobody; root asks for more
as_nobody ptctl monitor --json >/run/test/events 2>/run/test/errors &
check "monitor listens, for nobody as well" wait_for 10 sh -c "echo strict >$PCI/$EDU/iommu_pt/policy; echo auto >$PCI/$EDU/iommu_pt/policy; grep -q $EDU /run/test/events"
drained() { ! awk '$2 == 16 && $5 > 0 { found = 1 } END { exit !found }' /proc/net/netlink; }
# The last of a round is a status, after a decision: all before it is printed then.
quiet() { drained && tail -n 1 /run/test/events | grep -q '"event": "status".*"status": "none"'; }
check "all is printed so far" wait_for 10 quiet
monitor=$(pidof ptctl)
before=$(wc -l </run/test/events)
kill -STOP $monitor
writes=100		# each a decision and a status
round=0
while [ $round -lt $((writes / 2)) ]; do
	echo strict >$PCI/$EDU/iommu_pt/policy
	echo auto >$PCI/$EDU/iommu_pt/policy
	round=$((round + 1))
done
kill -CONT $monitor
check "monitor has read what there was" wait_for 30 drained
check "the next event tells" wait_for 10 sh -c "echo lazy >$PCI/$EDU/iommu_pt/policy; tail -n 1 /run/test/events | grep -q lazy"
kill "$monitor"
gone() { ! kill -0 "$monitor" 2>/dev/null; }
check "monitor ends" wait_for 10 gone		# or it would see the next one too
echo auto >$PCI/$EDU/iommu_pt/policy
echo "$room" >/proc/sys/net/core/rmem_max
tail -n +$((before + 1)) /run/test/events >/run/test/late
lost=$(jq -s 'map(select(.event == "lost") | .lost // 0) | add // 0' /run/test/late)
seen=$(jq -s '[.[] | select(.event != "lost" and .policy != "lazy")] | length' /run/test/late)
check "some were lost ($lost), and the others seen ($seen)" test "$lost" -gt 0 -a "$seen" -gt 0
is $((lost + seen)) $((2 * writes)) "no event is missing without being counted"
check "an overrun is told at once" grep -q '"lost": null' /run/test/late

# ---- the module is loaded again: monitor says so and goes on
ptctl monitor >/run/test/events 2>&1 & text=$!
ptctl monitor --json >/run/test/json 2>&1 & json=$!
# Of the lines with WORD the last is not above the line FROM.
newer() { test "$(grep -n "$2" "$1" | tail -n 1 | cut -d: -f1)" -gt "$3"; }
check "both listen" wait_for 10 sh -c "echo strict >$PCI/$EDU/iommu_pt/policy; echo auto >$PCI/$EDU/iommu_pt/policy; grep -q $EDU /run/test/events && grep -q $EDU /run/test/json"
check "module unloads meanwhile" modprobe -r iommu-pt-policy
check "monitor says that" wait_for 10 grep -q "module was unloaded.*modprobe iommu-pt-policy" /run/test/events
check "module loads again" modprobe iommu-pt-policy
check "monitor says that, too" wait_for 10 grep -q "module was loaded.*ptctl list" /run/test/events
check "as JSON" wait_for 10 sh -c \
	"jq -sce '[.[].event | select(test(\"load\"))] == [\"unloaded\", \"loaded\"]' /run/test/json"
here=$(wc -l </run/test/events)
echo lazy >$PCI/$EDU/iommu_pt/policy
check "monitor tells of devices again" wait_for 10 newer /run/test/events "$EDU.*lazy" "$here"
is "$(jq -s 'map(select(.event == "lost")) | length' /run/test/json)" 0 \
	"what was numbered anew is not lost"
kill $text $json

# ---- every verb has its help
for verb in status list show explain set unset apply check monitor graph; do
	exits 0 "$verb --help" ptctl $verb --help
	like "$OUT" "usage: ptctl $verb*" "says how it is used"
done
check "module unloads" modprobe -r iommu-pt-policy
done_testing
