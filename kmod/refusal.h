/* SPDX-License-Identifier: GPL-2.0 */
/* The sentence that goes with an error to whoever asked by netlink. */
#ifndef IOMMU_PT_REFUSAL_H
#define IOMMU_PT_REFUSAL_H

#include <linux/compiler_attributes.h>

struct netlink_ext_ack;

/**
 * refusal_say() - say why not
 * @extack: takes the sentence; NULL: nobody would read it
 * @fmt: of printf, and what comes of it is cut after 79 bytes
 *
 * A function, where NL_SET_ERR_MSG_FMT() puts 200 bytes at every place.
 */
__printf(2, 3)
void refusal_say(struct netlink_ext_ack *extack, const char *fmt, ...);

#endif /* IOMMU_PT_REFUSAL_H */
