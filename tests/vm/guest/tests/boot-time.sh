# SPDX-License-Identifier: GPL-2.0
# What a boot takes, by systemd's account; bench-boot reads it.
. /tests/lib.sh
. /tests/boot/lib.sh

reached_login
finished() { [ "$(systemctl show -P FinishTimestampMonotonic)" -gt 0 ]; }
check "systemd has finished" wait_for 60 finished
diag "boot: $(systemctl show -P FinishTimestampMonotonic) us"
diag "$(systemd-analyze time 2>&1 | head -1)"
diag "$(systemd-analyze blame --no-pager | head -12)"
diag "$(systemd-analyze critical-chain --no-pager)"
done_testing
