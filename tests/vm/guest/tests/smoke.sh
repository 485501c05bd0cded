# SPDX-License-Identifier: GPL-2.0
# Is the guest what the other tests take it to be? Nothing of ours is loaded.
. /tests/lib.sh

for dev in $NVME $NIC $EDU $FN0 $FN1 $FN2; do
	is "$(bound_driver $dev)" none "$dev is there and has no driver"
	check "$dev is translated at boot" translated $dev
done
for dev in $NVME $NIC $EDU; do
	is "$(group_members $dev)" $dev "$dev has a group of its own"
done
is "$(group_members $FN0 | xargs)" "$FN0 $FN1 $FN2" "three functions share one group"

for port in $PORT1 $PORT2 $PORT3; do
	exits 1 "$port is empty" below $port
done

external=$(below $PORT_EXTERNAL)
is "$(cat $PCI/$external/removable)" removable "the device in the external port is removable"
is "$(domain_type $external)" DMA "the device in the external port is strict (untrusted)"

modprobe nvme
check "nvme: a block read" wait_for 10 reads_blocks $NVME
check "nvme: hotplug" device_add nvme,id=hot0,bus=rp1,serial=hot0,drive=spare1
check "nvme: hotplugged disk appears" wait_for 10 below $PORT1
hot=$(below $PORT1)
check "nvme: hotplugged disk is read" wait_for 10 reads_blocks "$hot"
check "nvme: unplug" device_del hot0
exits 1 "nvme: unplugged disk is gone" below $PORT1
unbind $NVME
modprobe -r nvme

modprobe e1000e
check "e1000e: a packet" reaches_network $NIC
modprobe -r e1000e

# What the host can say.
like "$(host_ns)" '[1-9]*' "the host tells the time"
like "$(qmp_get '{"execute": "query-status"}')" '*"running"*' "QMP answers"
exits 1 "QMP refuses nonsense" qmp '{"execute": "no-such-command"}'

as_nobody sh -c 'exec 2>/dev/null; echo >/run/x' && fail "nobody may not write to /run"
is "$(as_nobody id -u)" 65534 "as_nobody is nobody"

need_persist
check "the persistent disk is mounted" touch /persist/smoke
start_udev
is "$(bound_driver $NVME)" none "udev without drivers loads none"
check "udev made a link" test -e /dev/disk/by-path
stop_udev
done_testing
