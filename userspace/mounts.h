/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is mounted and what is swap space: the only file that knows libmount.
 * It and the three libraries below it take longer to load than ptctl runs, so
 * they are loaded when somebody asks.
 */
#ifndef PTCTL_MOUNTS_H
#define PTCTL_MOUNTS_H

#include <sys/types.h>

/**
 * typedef mount_fn - called for each file system and each swap space
 * @source: what it is on, as a path or a word; or NULL
 * @target: where it is mounted; NULL for swap space
 * @devno: its device number, 0 if the table has none
 */
typedef void (*mount_fn)(const char *source, const char *target, dev_t devno,
			 void *arg);

/**
 * mounts_each() - all that is mounted in this namespace, and all swap space
 * @fn: called for each
 * @arg: handed to @fn
 *
 * Return: NULL, or why what is mounted cannot be known
 */
const char *mounts_each(mount_fn fn, void *arg);

#endif /* PTCTL_MOUNTS_H */
