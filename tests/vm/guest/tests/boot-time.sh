# SPDX-License-Identifier: GPL-2.0
# What a boot takes: the processor's time until nothing is left to do, and all time by
# systemd's account. bench-boot reads it. Then what the parts of it take that have to do
# with the packages.
busy() { awk '$1 == "cpu" { print ($2 + $3 + $4 + $7 + $8) * 10 }' /proc/stat; }
# The last target does not wait for udev, which has seconds of work left there: how much
# differs from boot to boot.
systemctl is-system-running --wait >/dev/null
udevadm settle
busy=$(busy)
. /tests/lib.sh
. /tests/boot/lib.sh

reached_login
finished() { [ "$(systemctl show -P FinishTimestampMonotonic)" -gt 0 ]; }
check "systemd has finished" wait_for 60 finished
diag "boot: busy $busy ms of $(($(systemctl show -P FinishTimestampMonotonic) / 1000)) ms"
diag "iommu-pt.service: $(systemctl show -P CPUUsageNSec iommu-pt.service) ns of the processor"
diag "$(systemd-analyze time 2>&1 | head -1)"
diag "$(systemd-analyze blame --no-pager | head -12)"
diag "$(systemd-analyze critical-chain --no-pager)"

part() {	# DESCRIPTION COMMAND...: ten times
	_what=$1 _before=$(busy)
	shift
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		"$@" >/dev/null 2>&1
	done
	diag "part: $((($(busy) - _before) / 10)) ms: $_what"
}
all_events() { udevadm trigger --action=change && udevadm settle; }

part "an event of every device, in udev" all_events
if [ -x /usr/lib/iommu-pt/boot ]; then
	reload() { modprobe -r iommu-pt-policy; modprobe iommu-pt-policy; }
	part "rules handed over, twice a boot" /usr/lib/iommu-pt/boot
	part "of which ptctl apply" ptctl apply
	part "iommu-pt.service, started again by systemctl" systemctl restart iommu-pt.service
	part "systemctl alone" systemctl is-active iommu-pt.service
	part "the module, out and in, with what udev does then" reload
fi
diag "part: $(($(cat /boot/initrd.img-* | wc -c) / 1024)) KiB: the initramfs, packed"
done_testing
