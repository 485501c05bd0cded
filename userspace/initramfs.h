/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The initramfs has a copy of the rules, which a change of the files leaves as
 * it is: whoever changes them says so, and makes it anew if asked to.
 */
#ifndef PTCTL_INITRAMFS_H
#define PTCTL_INITRAMFS_H

#include <stdbool.h>

/**
 * initramfs_check() - can it be made anew? Asked before anything changes
 * @update: --update-initramfs; without it nothing need be possible
 *
 * Return: an enum ptctl_status
 */
int initramfs_check(bool update);

/**
 * initramfs_preview() - say what initramfs_finish() would do after a change
 * @update: --update-initramfs
 */
void initramfs_preview(bool update);

/**
 * initramfs_finish() - after the files have changed, and the kernel has the rules
 * @update: make it anew, which takes a while; without it, say that it holds
 *	other rules, if it is older than they are
 *
 * Where there is no hook of ours, or no initramfs of the running kernel in the
 * usual place, there is nothing to say.
 *
 * Return: an enum ptctl_status
 */
int initramfs_finish(bool update);

#endif /* PTCTL_INITRAMFS_H */
