/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lending a device to vfio-pci, for as long as whoever asks for it lives. What
 * happens to a borrower, SIGKILL and all, the driver comes back: the loan ends
 * with the borrower's netlink socket.
 */
#ifndef IOMMU_PT_LEND_H
#define IOMMU_PT_LEND_H

#include <linux/types.h>

struct netlink_ext_ack;
struct pt_device;
struct rebind_result;

/**
 * struct lend_reply - who is told when it is done
 * @tell: called once, from a worker
 * @data: for @tell
 */
struct lend_reply {
	void (*tell)(struct pt_device *pt, const struct rebind_result *result,
		     void *data);
	void *data;
};

int lend_init(void);

/* No request may come any more, and no loan may be left: each holds the module. */
void lend_exit(void);

/**
 * lend() - begin to take a device from its driver and give it to vfio-pci
 * @pt: the device
 * @portid: the borrower, a generic netlink socket of the initial namespace
 * @reply: told when vfio-pci has it, or why not
 * @extack: says why it is not begun
 *
 * A device that vfio-pci has for good stays with it, and is nobody else's to
 * borrow meanwhile. The group's domain is nobody's to change until the last
 * loan of the group has ended, so that each driver comes back to what it had.
 *
 * Return: 0; -EBUSY: it is lent already, -EOPNOTSUPP: it cannot be, -ENOMEM
 */
int lend(struct pt_device *pt, u32 portid, const struct lend_reply *reply,
	 struct netlink_ext_ack *extack);

/**
 * lend_return() - begin to give a device back
 * @pt: the device
 * @portid: the borrower
 * @reply: told when the driver is back, or why it is not
 * @extack: says why it is not begun
 *
 * Return: 0; -ENOENT: it is not lent to @portid
 */
int lend_return(struct pt_device *pt, u32 portid,
		const struct lend_reply *reply, struct netlink_ext_ack *extack);

/* A borrower is gone: what it has comes back. */
void lend_end(u32 portid);

#endif /* IOMMU_PT_LEND_H */
