# SPDX-License-Identifier: GPL-2.0
# The kernel refuses the module, as under Secure Boot: nobody it trusts has signed it.
. /tests/lib.sh
. /tests/boot/lib.sh

reached_login
not_in_force "modprobe: *iommu?pt?policy*Key was rejected by service*" "a module that is refused is told"
done_testing
