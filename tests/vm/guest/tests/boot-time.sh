# SPDX-License-Identifier: GPL-2.0
# What a boot takes: the processor's time up to here, and all time by systemd's account.
# bench-boot reads it.
busy=$(awk '$1 == "cpu" { print ($2 + $3 + $4 + $7 + $8) * 10 }' /proc/stat)
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
done_testing
