# SPDX-License-Identifier: GPL-2.0
# The same as boot, from an initramfs that dracut made.
. /tests/lib.sh
. /tests/boot/lib.sh

reached_login
check "dracut made this initramfs" sh -c 'dmesg | grep -q dracut'
in_force
done_testing
