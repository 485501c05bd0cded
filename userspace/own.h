/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The file of rules that ptctl itself writes, 50-ptctl.rules in /etc. A change
 * is one transaction of kernel and file: both have it in the end, or neither.
 */
#ifndef PTCTL_OWN_H
#define PTCTL_OWN_H

#include "dev.h"
#include "kernel.h"
#include "rules.h"

#define OWN_NAME	"50-ptctl.rules"

/**
 * struct own - a change in the making
 * @lock: what holds the lock; -1 if nothing is to be written (dry run)
 * @path: the file
 * @rules: all files, with this one as it shall be
 * @changed: does it differ from what is on disk?
 */
struct own {
	int lock;
	char *path;
	struct rules rules;
	bool changed;
};

/**
 * own_begin() - take the lock and read all files
 * @own: filled in
 * @dry: look only: create nothing, need no permission
 *
 * Return: an enum ptctl_status
 */
int own_begin(struct own *own, bool dry);

/**
 * own_set() - set or remove the line of a device
 * @own: the change
 * @dev: the device
 * @line: the rule, without a newline; NULL: remove it
 *
 * Lines that say anything else are kept, byte for byte.
 *
 * Return: true if that changed anything
 */
bool own_set(struct own *own, const struct dev *dev, const char *line);

/**
 * own_commit() - bring kernel and file to what own_set() made of it
 * @own: the change
 * @k: the kernel
 *
 * See store_commit().
 *
 * Return: an enum ptctl_status
 */
int own_commit(struct own *own, struct kernel *k);

/* Release the lock. */
void own_end(struct own *own);

/**
 * own_is_line() - is a line one rule, for a device by its name, and no more?
 * @line: the line
 * @len: its length in bytes
 * @dev: the device
 */
bool own_is_line(const char *line, size_t len, const struct dev *dev);

/**
 * own_line() - the line for a device
 * @dev: the device
 * @policy: enum iommu_pt_policy
 * @force: against the safety rules
 *
 * Return: a new string; NULL if it would be too long for a line
 */
char *own_line(const struct dev *dev, unsigned int policy, bool force);

#endif /* PTCTL_OWN_H */
