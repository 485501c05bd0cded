/* SPDX-License-Identifier: GPL-2.0 */
/* What set and unset have in common: devices, the guard, rebind, the report. */
#ifndef PTCTL_CHANGE_H
#define PTCTL_CHANGE_H

#include "kernel.h"

enum rebind {
	REBIND_NO,
	REBIND_IDLE,	/* only if nothing uses the device */
	REBIND_FORCE,
};

/**
 * struct change - devices that are about to change
 * @kernel: the module
 * @devs: the devices, as they are before
 * @rebind: what to do about a bound driver
 * @group: all devices of the groups as well
 */
struct change {
	struct kernel *kernel;
	struct devs devs;
	enum rebind rebind;
	bool group;
};

/**
 * change_open() - reach the module
 * @change: @kernel is set
 *
 * Return: an enum ptctl_status; complains if nothing can be changed
 */
int change_open(struct change *change);

/**
 * change_rebind_arg() - what --rebind=WORD means
 * @change: @rebind is set
 * @word: "idle" or "force"; NULL is idle
 *
 * Return: false if it is neither
 */
bool change_rebind_arg(struct change *change, const char *word);

/**
 * change_add() - add a device, and with @group its siblings
 * @change: @kernel and @group are set; @devs grows
 * @dev: resolved; taken over
 *
 * Return: an enum ptctl_status
 */
int change_add(struct change *change, struct dev *dev);

/**
 * change_guard_dev() - keep a driver from being released under somebody's feet
 * @dev: the device, with its syspath
 * @override: the option that does it all the same
 *
 * Return: PTCTL_BUSY after a complaint that names the users
 */
int change_guard_dev(const struct dev *dev, const char *override);

/**
 * change_guard() - refuse to pull a driver from under its users
 * @change: the change
 * @policy: what the devices are about to get
 *
 * Return: an enum ptctl_status: PTCTL_BUSY with the users named on stderr
 */
int change_guard(const struct change *change, unsigned int policy);

/**
 * change_preview() - say what a policy would mean for the devices
 * @change: the change
 * @policy: what the devices are about to get
 */
void change_preview(const struct change *change, unsigned int policy);

/**
 * change_finish() - rebind what is pending, if asked to, and report
 * @change: after the decision
 *
 * Return: an enum ptctl_status
 */
int change_finish(struct change *change);

/* Which of two results a command ends with. */
int worse_status(int a, int b);

void change_free(struct change *change);

#endif /* PTCTL_CHANGE_H */
