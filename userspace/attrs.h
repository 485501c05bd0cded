/* SPDX-License-Identifier: GPL-2.0 */
/* What a message of the module's says, for those that have one. Knows libnl. */
#ifndef PTCTL_ATTRS_H
#define PTCTL_ATTRS_H

#include <stdbool.h>

struct dev;
struct nl_msg;
struct nlattr;

/**
 * attrs_parse() - take a message apart
 * @msg: of the module's family
 * @attrs: IOMMU_PT_A_MAX + 1 of them: NULL for each that is not there
 *
 * Return: false if an attribute is not what it must be
 */
bool attrs_parse(struct nl_msg *msg, struct nlattr **attrs);

unsigned int attrs_u32(struct nlattr **attrs, int attr, unsigned int absent);

/* Return: a copy, the caller's; NULL if it is not there */
char *attrs_string(struct nlattr **attrs, int attr);

/**
 * attrs_dev() - the device that a message is about
 * @attrs: of it
 * @dev: filled in, to be freed; left alone if there is none
 *
 * Return: false if there is none
 */
bool attrs_dev(struct nlattr **attrs, struct dev *dev);

#endif /* PTCTL_ATTRS_H */
