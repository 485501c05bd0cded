# SPDX-License-Identifier: GPL-2.0
# ptctl prove: a device's own DMA says whether it obeys the IOMMU. What has to
# come out is in QEMU's command line.
. /tests/lib.sh
. /tests/prove.sh

load_drivers
check "module loads" modprobe iommu-pt-policy rebind=never
drivers $OBEY $PAST $FN0 $FN1 >/run/drivers

# ---- a kernel without vfio-pci
vfio=$(find "/lib/modules/$(uname -r)" -name 'vfio-pci.ko*')
mv "$vfio" /run/test/vfio-pci
exits 1 "nobody to lend it to" ptctl prove $NVME
like "$ERR" "*vfio-pci does not bind to $NVME*is there a module of that name?*" "it says who is missing"
is "$(bound_driver $NVME)" nvme "its driver is back"
is "$(cat $PCI/$NVME/driver_override)" "(null)" "and nothing is left in driver_override"
check "it works" works $NVME
mv /run/test/vfio-pci "$vfio"

# ---- all there are
listing() { ptctl list -n -o DEVICE,PROVEN >/run/list; }
listed() { awk -v dev="$1" '$1 == dev { print $2 }' /run/list; }	# DEVICE: as listing found it
proven() { listing; listed "$1"; }				# DEVICE

is "$(proven $NVME)" "" "nothing is proven yet"
unlike "$(ptctl list)" "*PROVEN*" "list has no column of it"
# shellcheck disable=SC2086 # words
prove $OBEY $PAST
is "$STATUS" 3 "some go past the IOMMU: exit status 3"
for dev in $OBEY; do is "$(verdict "$dev")" translated "$dev obeys"; done
for dev in $PAST; do is "$(verdict "$dev")" bypass "$dev does not"; done
# shellcheck disable=SC2086
is "$(drivers $OBEY $PAST $FN0 $FN1)" "$(cat /run/drivers)" "each driver is back"
is "$(cat $PCI/$NVME/driver_override)" "(null)" "and nothing is left in driver_override"
for dev in $OBEY $PAST; do check "$dev works" works "$dev"; done

# ---- who hears of it
listing
for dev in $OBEY; do is "$(listed "$dev")" translated "list, $dev"; done
for dev in $PAST; do is "$(listed "$dev")" bypass "list, $dev"; done
is "$(listed $NIC)" "" "list, a device that was not asked"
like "$(as_nobody ptctl list 2>&1)" "*PROVEN*translated*" "list, by anyone"
like "$(ptctl show $NVME)" "*PROVEN*translated*PROVEN_AT*T*Z*PROVEN_ON*$(uname -r)*" "show, with time and kernel"
run ptctl audit --json
is "$(jq -r '.findings[] | select(.id == "virtio-bypass") | .device' /run/test/out | sort | tr '\n' ' ')" \
	"$PAST " "audit finds who bypasses"
is "$(jq '[.findings[] | select(.id == "proof-contradicts")] | length' /run/test/out)" 0 \
	"and nothing that contradicts what was said of them"
is "$(jq -r '.devices[] | select(.proven != null) | "\(.proven) \(.confined)"' /run/test/out | sort -u | tr '\n' ' ')" \
	"bypass no translated yes " "whoever obeys is confined, whoever does not is not"

# ---- refused
exits 5 "a kind of device that nobody can drive" ptctl prove $NIC
like "$ERR" "*$NIC*virtio, NVMe, AHCI, edu*" "it says which can be"
exits 4 "a device whose sibling has a driver" ptctl prove $FN0
like "$ERR" "*$FN1 (driver virtio-pci)*" "it says which"
exits 0 "both together" ptctl prove $FN0 $FN1
check "they work" works $FN0
wait_for 15 disk_of $NVME
disk=$(disk_of $NVME)
# shellcheck disable=SC2217 # it is to keep the disk open, and no more
sleep 600 <"/dev/$disk" &	# busybox's timeout would keep a descriptor of ours
is_open() { [ "$(readlink "/proc/$!/fd/0") $(cat /proc/$!/comm)" = "/dev/$disk sleep" ]; }
check "the disk is open" wait_for 10 is_open
exits 4 "a device in use" ptctl prove $NVME
like "$ERR" "*in use*$disk open*" "it says by whom"
kill $!
wait $!
exits 2 "no device" ptctl prove
exits 1 "without privilege" as_nobody ptctl prove $NVME
exits 1 "without CAP_SYS_RAWIO" confined sys_rawio ptctl prove $NVME
# shellcheck disable=SC2086
is "$(drivers $OBEY $PAST $FN0 $FN1)" "$(cat /run/drivers)" "each driver is where it was"

# ---- while it is lent, and when the borrower is killed
is_lent() { [ -e /sys/bus/pci/drivers/vfio-pci/$RNG_ON ]; }
for _try in $(seq 20); do	# the moment may be missed
	ptctl prove $RNG_ON >/dev/null 2>&1 &
	until is_lent || ! kill -0 $! 2>/dev/null; do :; done
	kill -STOP $!
	sleep 0.2
	! is_lent || break
	kill -KILL $!
done
check "it is lent" is_lent
exits 4 "somebody else cannot have it" ptctl prove $RNG_ON
exits 1 "the module stays" rmmod iommu_pt_policy
kill -KILL $!
wait $!
check "the driver is back after SIGKILL" wait_for 30 works $RNG_ON
is "$(cat $PCI/$RNG_ON/driver_override)" "(null)" "and nothing is left in driver_override"

# ---- borrowers that wait for their turn, behind one whose modprobe takes long
echo "#!/bin/sh
touch /run/test/asked
until [ -e /run/test/go ]; do sleep 0.1; done" >/run/test/slow
chmod 755 /run/test/slow
modprobe=$(cat /proc/sys/kernel/modprobe)
holds() { [ "$(holders)" = "$1" ]; }
check "nothing is lent" wait_for 20 nothing_is_lent
echo /run/test/slow >/proc/sys/kernel/modprobe
unbind $RNG_ON		# as a rebind does for a moment
ptctl prove $RNG_ON >/run/test/first 2>&1 &
first=$!
check "the first is at it" wait_for 20 test -e /run/test/asked
probe $RNG_ON
is "$(bound_driver $RNG_ON)" virtio-pci "and its device gets a driver only now"
ptctl prove $BLK_ON >/run/test/second 2>&1 &
second=$!
check "the second waits" wait_for 20 holds 2
loans hasty $EDU >/run/test/hasty 2>&1 &
check "and a third" wait_for 20 holds 3
log_mark turns
kill -KILL $second
wait $second
touch /run/test/go
wait $first
is $? 0 "the first has its proof"
check "nothing is lent any more" wait_for 20 nothing_is_lent
echo "$modprobe" >/proc/sys/kernel/modprobe
is "$(drivers $OBEY $PAST $FN0 $FN1)" "$(cat /run/drivers)" "each driver is where it was"
is "$(cat $PCI/$BLK_ON/driver_override)" "(null)" "and nothing is left in driver_override"
unlike "$(log_since turns)" "*$BLK_ON*" "who was killed before its turn took nothing"
wait_for 10 grep -q return /run/test/hasty
is "$(cat /run/test/hasty)" "lend 125 $EDU was given back before its turn came
return 0 -" "who gave it back before is told of both"
exits 0 "and can be lent again" ptctl prove $BLK_ON
check "it works" works $BLK_ON

# ---- how long a proof holds
unbind $RNG_ON
check "passthrough for one that obeys" ptctl set --runtime $RNG_ON passthrough
is "$(proven $RNG_ON)" "" "another domain: nothing is proven"
exits 0 "proof in an identity domain" ptctl prove $RNG_ON
like "$OUT" "*translated*group is in passthrough now*" "it would obey"
is "$(bound_driver $RNG_ON)" none "who had no driver has none"
check "its domain is what it was" is_identity $RNG_ON
ptctl unset --runtime $RNG_ON
is "$(proven $RNG_OFF)" bypass "before it is plugged in anew"
remove $RNG_OFF
rescan
is "$(bound_driver $RNG_OFF) $(proven $RNG_OFF)" "virtio-pci " "plugged in anew: nothing is proven"
chown 65534 /run/iommu-pt/proofs/pci:$NVME
is "$(proven $NVME)" "" "a proof of somebody who is not root is none"
chmod 777 /run/iommu-pt/proofs
is "$(proven $AHCI)" "" "nor one in a folder where anyone may write"
chmod 755 /run/iommu-pt/proofs
is "$(proven $AHCI)" translated "but for that it stands"

# ---- without the module, and in lockdown
check "module unloads" modprobe -r iommu-pt-policy
exits 1 "the module is missing" ptctl prove $RNG_ON
like "$ERR" "*modprobe iommu-pt-policy*" "it says how to load it"
driver_override $RNG_ON vfio-pci
probe $RNG_ON
# shellcheck source=tests/vm/guest/counters.sh
. /tests/counters.sh
send_counters_of_modules	# while they can be read
mount -t securityfs none /sys/kernel/security 2>/dev/null
echo integrity >/sys/kernel/security/lockdown
like "$(cat /sys/kernel/security/lockdown)" "*\[integrity\]*" "lockdown"
exits 0 "what vfio-pci has for good needs no module, and lockdown forbids nothing of it" ptctl prove $RNG_ON
like "$(cat /sys/kernel/security/lockdown) $OUT" "*translated*" "it is proven"
unbind $RNG_ON
driver_override $RNG_ON
done_testing
