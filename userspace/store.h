/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ptctl itself writes in /etc/iommu-pt: by one process at a time, each
 * file whole or not at all, and together with what the kernel gets of it.
 */
#ifndef PTCTL_STORE_H
#define PTCTL_STORE_H

#include "kernel.h"
#include "rules.h"

/**
 * struct store - a file and a tier of rules that change together
 * @path: the file
 * @text: what shall be in it; NULL: it shall not be there
 * @len: length of @text in bytes
 * @kernel: who gets the rules; NULL: only the file changes
 * @rules: all files, as if it were done
 * @tier: whose rules the kernel gets of them
 */
struct store {
	const char *path;
	const char *text;
	size_t len;
	struct kernel *kernel;
	const struct rules *rules;
	unsigned int tier;
};

/**
 * store_lock() - wait until no other ptctl writes
 * @dry: look only: create nothing, need no permission, wait for nobody
 * @lock: what holds the lock; -1 if @dry
 *
 * Return: an enum ptctl_status. The lock goes with the descriptor.
 */
int store_lock(bool dry, int *lock);

/**
 * store_lock_to_read() - wait until no other ptctl writes, where one could
 *
 * For who brings the kernel to what the files say: between the two reads nobody
 * else may change both. It needs nothing of /etc. Where there can be no lock, those
 * who write have none either, and do not write.
 *
 * Return: what holds the lock, for close(); -1: nothing does
 */
int store_lock_to_read(void);

/**
 * store_clean() - remove what was left by one that was killed
 * @path: the file that it was about to replace; the lock is held
 */
void store_clean(const char *path);

/**
 * store_commit() - bring kernel and file to what they shall be
 * @store: what; the lock is held
 *
 * In this order: write a temporary file, have the kernel take the rules, which
 * validates them, rename. If the last fails, or the answer of the kernel is lost, it
 * gets its former rules.
 *
 * Return: an enum ptctl_status
 */
int store_commit(const struct store *store);

/**
 * store_rules() - bring the kernel's rules of a tier to those of the files
 * @k: the kernel
 * @rules: the files
 * @tier: which
 *
 * Return: an enum ptctl_status
 */
int store_rules(struct kernel *k, const struct rules *rules,
		unsigned int tier);

#endif /* PTCTL_STORE_H */
