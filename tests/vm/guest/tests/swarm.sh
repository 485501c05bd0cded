# SPDX-License-Identifier: GPL-2.0
# Devices by the hundred come and go on two CPUs, in groups that they share, while
# all that can be done to them is done by eight others. Then no memory is missing,
# and every device is as the rules say.
. /tests/lib.sh
. /tests/judge.sh

DEV=/sys/bus/platform/devices
FOLDER=/sys/kernel/testiommu
RULES=/etc/iommu-pt/rules.d/20-swarm.rules
CYCLES=$(cmdline vm.swarm)
CYCLES=${CYCLES:-500}
HERE="0 1 2 3 4 5 6 7"		# those that stay

# Objects of the kernel's own caches in use, without what it could give back, and
# without those that a CPU keeps at hand, which count as used. Not the small ones: the
# driver core itself loses the text of why a probe was deferred.
objects() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	for _cache in /sys/kernel/slab/kmalloc-*; do echo 1 >"$_cache/shrink"; done
	sleep 1
	awk '/^kmalloc-/ && $4 >= 96 { sum += $2 } END { print sum }' /proc/slabinfo
}

swarm_once() {
	timeout $((600 * SLOWER)) swarm "$1" >/run/test/swarm 2>&1
	_got=$?
	cat /run/test/swarm >&2
	is $_got 0 "a swarm of $1"
	diag "$(tail -n 5 /run/test/swarm)"
	wait_for 3 judge_is_content	# 30 looks, which take their time
	is "$(judge_now)" "" "who is there at its end is as the rules of its last moment say"
	for _dev in "$DEV"/testdev.1??; do echo "${_dev##*.}" >$FOLDER/remove; done
}

mkdir -p ${RULES%/*}
check "the test's IOMMU loads" modprobe testiommu together=2
modprobe witness
check "module loads" modprobe iommu-pt-policy
swarm_once 50			# whatever is made at the first time
before=$(objects)
swarm_once "$CYCLES"
after=$(objects)
diag "objects: $before, after $CYCLES devices $after"
check "no object is left of each device" test $((after - before)) -lt $((CYCLES / 2))

# ---- the calm after: the rules come first, for who has company Linux 6.1 cannot change
cat >$RULES <<RULES
passthrough name=testdev.[01]
lazy name=testdev.2 bus=platform
passthrough name=testdev.3
strict modalias=platform:testdev name=testdev.[4-5]
RULES
exits 0 "rules are applied" ptctl apply
for id in $HERE; do echo "$id" >$FOLDER/add; done
for id in $HERE; do echo auto >"$DEV/testdev.$id/iommu_pt/policy"; done
is "$(judge_all $RULES)" "" "every device is as the rules say"
like "$(cat /sys/kernel/iommu_groups/*/type | sort | uniq -c | tr -s ' \n' ' ')" \
	"*DMA-FQ*identity*" "of which there are several kinds"
for id in $HERE; do echo "$id" >$FOLDER/remove; done
check "module unloads" modprobe -r iommu-pt-policy
check "and the drivers" modprobe -r testiommu witness
rm -rf ${RULES%/*}
done_testing
