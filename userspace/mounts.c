// SPDX-License-Identifier: GPL-2.0
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include <libmount.h>

#include "mounts.h"

#define LIBRARY	"libmount.so.1"
#define MOUNTS	"/proc/self/mountinfo"
#define SWAPS	"/proc/swaps"

/* ---- the library ---- */

/* Those of its functions that are used here, as its header declares them. */
#define FUNCTIONS(each)			\
	each(mnt_new_table)		\
	each(mnt_unref_table)		\
	each(mnt_table_parse_file)	\
	each(mnt_table_parse_swaps)	\
	each(mnt_new_iter)		\
	each(mnt_free_iter)		\
	each(mnt_table_next_fs)		\
	each(mnt_fs_get_source)		\
	each(mnt_fs_get_target)		\
	each(mnt_fs_get_devno)

#define POINTER(name)	__typeof__(name) *name;
static struct {
	FUNCTIONS(POINTER)
} lib;

static bool load(void)
{
	void *handle = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);

	if (!handle)
		return false;
#define FIND(name)						\
	lib.name = (__typeof__(lib.name))dlsym(handle, #name);	\
	if (!lib.name)						\
		return false;
	FUNCTIONS(FIND)
	return true;
}

/* ---- the tables ---- */

static bool each_fs(struct libmnt_table *table, bool swap, mount_fn fn,
		    void *arg)
{
	struct libmnt_iter *iter = lib.mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;

	while (iter && !lib.mnt_table_next_fs(table, iter, &fs))
		fn(lib.mnt_fs_get_source(fs),
		   swap ? NULL : lib.mnt_fs_get_target(fs),
		   lib.mnt_fs_get_devno(fs), arg);
	lib.mnt_free_iter(iter);
	return iter;
}

static bool each_mount(mount_fn fn, void *arg)
{
	struct libmnt_table *table = lib.mnt_new_table();
	bool ok = table &&
		  !lib.mnt_table_parse_file(table, MOUNTS) &&
		  each_fs(table, false, fn, arg);

	lib.mnt_unref_table(table);
	return ok;
}

static bool each_swap(mount_fn fn, void *arg)
{
	struct libmnt_table *table = lib.mnt_new_table();
	bool ok = table &&
		  !lib.mnt_table_parse_swaps(table, NULL) &&
		  each_fs(table, true, fn, arg);

	lib.mnt_unref_table(table);
	return ok;
}

/* A kernel without swap has no such table. */
static bool has_swaps(void)
{
	return !access(SWAPS, F_OK) || errno != ENOENT;
}

const char *mounts_each(mount_fn fn, void *arg)
{
	static bool loaded;

	loaded = loaded || load();
	if (!loaded)
		return LIBRARY " cannot be loaded";
	if (!each_mount(fn, arg))
		return MOUNTS " cannot be read";
	if (!each_swap(fn, arg) && has_swaps())
		return SWAPS " cannot be read";
	return NULL;
}
