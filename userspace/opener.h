/* SPDX-License-Identifier: GPL-2.0 */
/* Which processes have device nodes open, as /proc shows. */
#ifndef PTCTL_OPENER_H
#define PTCTL_OPENER_H

#include <stdbool.h>
#include <sys/stat.h>

/**
 * typedef opener_fn - called for each device node that some process has open
 * @pid: the number of the process
 * @node: st_mode tells block from character device, st_rdev which
 */
typedef void (*opener_fn)(const char *pid, const struct stat *node,
			  void *arg);

/**
 * opener_each() - walk over the descriptors of all other processes
 * @fn: called for each that is a device node
 * @arg: handed to @fn
 *
 * Return: false if a right is missing to see all of them (CAP_SYS_PTRACE)
 */
bool opener_each(opener_fn fn, void *arg);

/* Name and number of a process: "smartd (512)"; a new string */
char *opener_name(const char *pid);

#endif /* PTCTL_OPENER_H */
