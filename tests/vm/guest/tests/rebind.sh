# SPDX-License-Identifier: GPL-2.0
# A bound device gets another domain, and its driver back.
. /tests/lib.sh
fresh

modprobe -a nvme e1000e ext4
wait_for 10 blockdev_of $NVME
check "module loads" modprobe iommu-pt-policy

exits 4 "a bound device is pending" ptctl set --runtime $NVME passthrough
like "$OUT$ERR" "*nvme*--rebind*" "which names the driver and the way out"
check "and stays as it is" translated $NVME
exits 0 "rebind" ptctl set --runtime --rebind $NVME passthrough
is "$(domain_type $NVME)" identity "its domain is new"
is "$(bound_driver $NVME)" nvme "its driver is back"
check "it reads blocks" wait_for 10 reads_blocks $NVME
exits 0 "what already is succeeds" ptctl set --runtime --rebind $NVME passthrough
is "$(grep ^rebinds /sys/kernel/iommu_pt/stats)" "rebinds 1" "without a rebind"

# ---- in use; a disk whose content nobody else needs
check "nvme is plugged in" device_add nvme,id=hot1,bus=rp1,serial=hot,drive=spare1
wait_for 10 below $PORT1
hot=$(below $PORT1)
check "it has a disk" wait_for 10 blockdev_of "$hot"
disk=$(blockdev_of "$hot")
mkfs.ext4 -q /dev/"$disk"
mkdir -p /tmp/mnt
check "its file system is mounted" mount -t ext4 /dev/"$disk" /tmp/mnt
exits 4 "a mounted file system refuses it" ptctl set --runtime --rebind "$hot" passthrough
like "$OUT$ERR" "*/tmp/mnt*" "and says which"
is "$(cat "$PCI/$hot/iommu_pt/policy")" auto "nothing is changed"
exits 0 "but not what is so already" ptctl set --runtime --rebind "$hot" auto
umount /tmp/mnt
libmount=$(echo /usr/lib/*/libmount.so.1)
mv "$libmount" /tmp/
exits 4 "without libmount nobody knows what is mounted" ptctl set --runtime --rebind "$hot" passthrough
like "$OUT$ERR" "*libmount*" "and it says so"
is "$(cat "$PCI/$hot/iommu_pt/policy")" auto "nothing is changed"
exits 0 "a device without a disk needs none" ptctl set --runtime --rebind $EDU auto
mv /tmp/libmount.so.1 "$libmount"

# ---- loop devices, of which nothing is to be seen at the disk
is_detached() { [ ! -e /sys/block/loop0/loop ]; }
if modprobe loop 2>/dev/null; then
	for way in "" "-o 4096"; do
		# shellcheck disable=SC2086 # words
		check "a loop device is attached${way:+ with $way}" losetup $way /dev/loop0 /dev/"$disk"
		exits 4 "it refuses it" ptctl set --runtime --rebind "$hot" passthrough
		like "$OUT$ERR" "*/dev/loop0 is a loop device on /dev/$disk (losetup -d*" "and says which"
		losetup -d /dev/loop0
		wait_for 10 is_detached
	done
	IFS=: read -r major minor <"/sys/block/$disk/dev"
	mknod /tmp/other b "$major" "$minor"
	check "attached by another node" losetup /dev/loop0 /tmp/other
	rm /tmp/other
	mknod /tmp/other b 1 0
	exits 4 "which then is something else: refused" ptctl set --runtime --rebind "$hot" passthrough
	like "$OUT$ERR" "*/dev/loop0 is a loop device on /dev/$disk (*" "and says which"
	losetup /dev/loop1 /dev/loop0
	check "a file system is mounted through two" mount -t ext4 /dev/loop1 /tmp/mnt
	exits 4 "it refuses it" ptctl set --runtime --rebind "$hot" passthrough
	like "$OUT$ERR" "*/dev/loop1 is mounted on /tmp/mnt*" "and says where"
	like "$OUT$ERR" "*/dev/loop1 is a loop device on /dev/loop0 (*" "and what lies on what"
	like "$OUT$ERR" "*/dev/loop0 is a loop device on /dev/$disk (*" "down to the disk"
	is "$(cat "$PCI/$hot/iommu_pt/policy")" auto "nothing is changed"
	umount /tmp/mnt
	mkswap /dev/loop1 >/dev/null
	check "swap is on through two" swapon /dev/loop1
	exits 4 "it refuses it" ptctl set --runtime --rebind "$hot" passthrough
	like "$OUT$ERR" "*/dev/loop1 is swap space*" "and says so"
	swapoff /dev/loop1
	losetup -d /dev/loop1
	losetup -d /dev/loop0
	wait_for 10 is_detached
	truncate -s 1M /tmp/file
	losetup /dev/loop0 /tmp/file
	mv /dev/loop0 /tmp/
	exits 4 "one without a node may be on anything" ptctl set --runtime --rebind "$hot" passthrough
	like "$OUT$ERR" "*/dev/loop0*cannot be known*" "and it says so"
	mv /tmp/loop0 /dev/
	check "one on a file stays, which is no matter" test -e /sys/block/loop0/loop
else
	skip "loop devices" "this kernel has none"
fi

# ---- exported to other machines, by a kernel that opens it like anybody
if modprobe nvmet 2>/dev/null; then
	mount -t configfs none /sys/kernel/config
	sub=/sys/kernel/config/nvmet/subsystems/exported ns=$sub/namespaces/1
	mkdir -p $sub
	mkdir $ns
	printf /dev/%s "$disk" >$ns/device_path
	check "the disk is exported" sh -c "echo 1 >$ns/enable"
	exits 4 "which refuses it" ptctl set --runtime --rebind "$hot" passthrough
	like "$OUT$ERR" "*/dev/$disk is exported*$ns*" "and says by what"
	echo 0 >$ns/enable
	rmdir $ns
	if [ -d $sub/passthru ]; then
		controller=${disk%n*}
		printf /dev/%s "$controller" >$sub/passthru/device_path
		check "its controller is exported" sh -c "echo 1 >$sub/passthru/enable"
		exits 4 "which refuses it" ptctl set --runtime --rebind "$hot" passthrough
		like "$OUT$ERR" "*/dev/$controller is exported*$sub/passthru*" "and says by what"
		echo 0 >$sub/passthru/enable
	fi
	rmdir $sub
else
	skip "an exported disk" "this kernel cannot"
fi

mkswap /dev/"$disk" >/dev/null
check "swap is on" swapon /dev/"$disk"
exits 4 "swap refuses it" ptctl set --runtime --rebind "$hot" passthrough
like "$OUT$ERR" "*swap*" "and says so"
swapoff /dev/"$disk"
exits 0 "idle again, by the disk's name" ptctl set --runtime --rebind "$disk" passthrough
is "$(domain_type "$hot")" identity "it is in identity"
check "it comes back" wait_for 10 blockdev_of "$hot"
ptctl unset --runtime "$hot"
check "it is unplugged" device_del hot1

check "a packet goes through" reaches_network $NIC
if=$(netdev_of $NIC)
exits 4 "a route refuses it" ptctl set --runtime --rebind "$if" passthrough
like "$OUT$ERR" "*$if*route*" "and says so"
ip addr flush dev "$if"
check "there is a route in another table" ip route add 10.9.0.0/16 dev "$if" table 100
exits 4 "it refuses, too" ptctl set --runtime --rebind "$if" passthrough
like "$OUT$ERR" "*$if*route*10.9.0.0/16*" "and says so"
ip link set "$if" down
# A virtual machine's network card: the interface on top has a node in /dev.
if modprobe macvtap 2>/dev/null; then
	check "a macvtap is on top" ip link add link "$if" name tap type macvtap
	node=/dev/tap$(cat /sys/class/net/tap/ifindex)
	check "it has a node" wait_for 10 test -c "$node"
	# shellcheck disable=SC2217 # it is to keep the node open, and no more
	sleep 600 <"$node" &
	is_open() { [ "$(readlink "/proc/$!/fd/0") $(cat /proc/$!/comm)" = "$node sleep" ]; }
	check "which is open" wait_for 10 is_open
	exits 4 "a macvtap that is open refuses it" ptctl set --runtime --rebind "$if" passthrough
	like "$OUT$ERR" "*sleep* has $node open*" "and says who"
	kill $!
	wait $!
else
	skip "a macvtap" "this kernel has none"
fi
exits 0 "without a route, by the interface's name" ptctl set --runtime --rebind "$if" passthrough
is "$(domain_type $NIC)" identity "the card is in identity"
check "a packet goes through" reaches_network $NIC
exits 0 "forced under a route" ptctl set --runtime --rebind=force $NIC translated
check "the card is translated" translated $NIC

# ---- drivers that do not come back
modprobe -r e1000e
modprobe witness
driver_override $NIC witness
probe $NIC
echo 1 >/sys/module/witness/parameters/fail_probes
exits 1 "a driver that fails once" ptctl set --runtime --rebind $NIC passthrough
like "$OUT$ERR" "*witness*failed to bind*" "is told of"
is "$(bound_driver $NIC)" witness "it is bound again"
check "in the domain that it had" translated $NIC
is "$(cat $PCI/$NIC/iommu_pt/status)" pending "the decision waits"
echo 2 >/sys/module/witness/parameters/fail_probes
exits 1 "a driver that fails twice" ptctl set --runtime --rebind $NIC passthrough
like "$OUT$ERR" "*witness*no driver*" "is told of"
is "$(bound_driver $NIC)" none "the device has no driver"
check "the decision is applied then" wait_for 5 is_identity $NIC

# ---- a decision while a driver binds, which fails in the end
is_held() { dmesg | tail -n 5 | grep -q 'probe waits as asked'; }
echo 1 >/sys/module/witness/parameters/fail_probes
echo 1 >/sys/module/witness/parameters/hold
probe $NIC &
wait_for 10 is_held
exits 4 "in the middle of a probe" ptctl set --runtime $NIC strict
echo 0 >/sys/module/witness/parameters/hold
wait
is "$(bound_driver $NIC)" none "the probe fails"
check "the decision is applied then" wait_for 5 is_type $NIC DMA
check "module unloads" modprobe -r iommu-pt-policy
echo 1 >/sys/module/witness/parameters/fail_probes
echo 1 >/sys/module/witness/parameters/hold
set_domain_type $NIC auto
probe $NIC &
wait_for 10 is_held
check "module loads in the middle of a probe" modprobe iommu-pt-policy rules="strict name=$NIC"
is "$(cat $PCI/$NIC/iommu_pt/status)" pending "a rule waits"
echo 0 >/sys/module/witness/parameters/hold
wait
check "the rule is applied then" wait_for 5 is_type $NIC DMA

# ---- strict and lazy, on a bound device
unbind $NVME
exits 0 "strict" ptctl set --runtime $NVME strict
is "$(domain_type $NVME)" DMA "strict is DMA"
bind nvme $NVME
wait_for 10 blockdev_of $NVME
exits 0 "to lazy without unbinding" ptctl set --runtime $NVME lazy
is "$(domain_type $NVME)" DMA-FQ "lazy is DMA-FQ"
is "$(cat $PCI/$NVME/iommu_pt/effective)" lazy "effective says so"
check "it reads blocks" reads_blocks $NVME
exits 4 "back to strict waits" ptctl set --runtime $NVME strict
unbind $NVME
check "and is done at unbind" wait_for 5 is_type $NVME DMA
exits 0 "taken back" ptctl unset --runtime $NVME $NIC

# ---- a driver that is released while half of its probe is still under way
bind nvme $NVME
round=0
while [ $round -lt 40 ]; do
	wait_for 10 ptctl set --runtime --rebind=force $NVME strict || break
	wait_for 10 ptctl set --runtime --rebind=force $NVME passthrough || break
	round=$((round + 1))
done >/dev/null
is $round 40 "rebound as soon as it is bound"
round=0
while [ $round -lt 80 ]; do
	if [ $((round % 2)) = 0 ]; then echo strict; else echo passthrough; fi >$PCI/$NVME/iommu_pt/policy
	unbind $NVME
	usleep 20000	# for a worker that changes the domain
	bind nvme $NVME || break
	round=$((round + 1))
done
is $round 80 "unbound as soon as it is bound"
unbind $NVME
check "it becomes as decided" wait_for 10 is_identity $NVME
# Before 6.2 what removes a controller whose probe failed may take the next driver away.
reads_again() { [ "$(bound_driver $NVME)" = nvme ] || bind nvme $NVME; reads_blocks $NVME; }
check "it reads blocks" wait_for 10 reads_again

# ---- and while somebody has its node open, which before 6.2 keeps some of its memory
node=$(basename $PCI/$NVME/nvme/nvme*)
exec 5<"/dev/$node"
exits 4 "a node that is open refuses it" ptctl set --runtime --rebind $NVME strict
like "$OUT$ERR" "*has /dev/$node open*" "and says which"
case $(uname -r) in
6.1.*)
	exits 4 "forced" ptctl set --runtime --rebind=force $NVME strict
	like "$OUT$ERR" "*$NVME has not freed all*Close that*" "it says what to do"
	is "$(domain_type $NVME)" identity "the domain stays"
	is "$(bound_driver $NVME)" nvme "the driver is back"
	echo strict >$PCI/$NVME/iommu_pt/policy
	unbind $NVME
	sleep 2
	is "$(domain_type $NVME)" identity "unbound: the domain stays"
	like "$(ptctl show $NVME)" "*pending*nvme has not freed*closes that*" "it says what keeps it"
	exits 4 "a rebind of what has no driver" ptctl set --runtime --rebind=force $NVME strict
	like "$OUT$ERR" "*$NVME has not freed all*Close that*" "it says what to do"
	like "$OUT$ERR" "*was none, now it is none*pending*nvme has not freed*" "and that it has none"
	is "$(bound_driver $NVME)" none "it gets none"
	;;
*)
	exits 0 "forced" ptctl set --runtime --rebind=force $NVME strict
	unbind $NVME
	;;
esac
exec 5<&-
check "nobody has it open: the domain is as decided" wait_for 10 is_type $NVME DMA
bind nvme $NVME
check "it reads blocks" wait_for 10 reads_blocks $NVME
exec 5<"/dev/$(blockdev_of $NVME)"
echo passthrough >$PCI/$NVME/iommu_pt/policy
unbind $NVME
sleep 1
case $(uname -r) in
6.1.*) is "$(domain_type $NVME)" DMA "its disk is open: the domain stays" ;;
esac
exec 5<&-
check "nobody has it open: the domain is as decided" wait_for 10 is_identity $NVME
bind nvme $NVME
check "it reads blocks" wait_for 10 reads_blocks $NVME
exec 5<"/dev/$(blockdev_of $NVME)"
unbind $NVME
check "the module goes nevertheless" modprobe -r iommu-pt-policy
exec 5<&-
check "and comes back" modprobe iommu-pt-policy
exits 0 "the other domain, with nobody's memory in the way" ptctl set --runtime $NVME strict
bind nvme $NVME
check "it reads blocks" wait_for 10 reads_blocks $NVME
for policy in strict passthrough strict passthrough strict passthrough; do
	unbind $NVME
	bind nvme $NVME
	echo $policy >$PCI/$NVME/iommu_pt/policy
	modprobe -r nvme
	usleep 50000
	modprobe nvme
done
echo strict >$PCI/$NVME/iommu_pt/policy
modprobe -r nvme
check "the driver's module goes: the domain is as decided" wait_for 10 is_type $NVME DMA
modprobe nvme
check "it reads blocks" wait_for 10 reads_blocks $NVME
unbind $NVME
exits 0 "taken back" ptctl unset --runtime $NVME

# ---- a driver that takes its time keeps nobody else from changing rules
driver_override $NVME witness
probe $NVME
exits 0 "a rule in the file" ptctl set --rebind $NVME passthrough
before=$(dmesg | grep -c 'probe waits as asked')
echo 1 >/sys/module/witness/parameters/hold
ptctl unset --rebind $NVME & unset=$!
check "unset waits for the driver" wait_for 10 sh -c "test \$(dmesg | grep -c 'probe waits as asked') -gt $before"
exits 0 "another one does not wait" timeout 20 ptctl set $EDU strict
check "the first does, still" kill -0 $unset
echo 0 >/sys/module/witness/parameters/hold
check "until the driver is there" wait $unset
exits 0 "that is taken back as well" ptctl unset $EDU
unbind $NVME
driver_override $NVME

driver_override $NIC
modprobe -r witness
check "module unloads" modprobe -r iommu-pt-policy
done_testing
