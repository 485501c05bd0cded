// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "msg.h"
#include "unread.h"

#define TOLD_MAX	3	/* of a cause that all of them share */

static unsigned int count;

/* What a device that goes, one that lacks this, or another's file looks like. */
static bool is_usual(int err)
{
	switch (err) {
	case 0:
	case ENOENT:
	case ENOTDIR:
	case ENODEV:
	case ENXIO:
	case EINVAL:
	case ELOOP:
	case ESRCH:
	case EISDIR:
	case EACCES:
	case EPERM:
	case EOPNOTSUPP:
	case ENOMEDIUM:
		return true;
	default:
		return false;
	}
}

void unread(const char *path)
{
	int err = errno;

	if (is_usual(err))
		return;
	if (++count <= TOLD_MAX)
		msg_err("%s: cannot be read: %m; what is said here is not all",
			path);
	errno = err;
}

bool unread_any(void)
{
	return count;
}

DIR *open_entries(const char *path)
{
	DIR *dir = opendir(path);

	if (!dir)
		unread(path);
	return dir;
}

struct dirent *next_entry(DIR *dir, const char *path)
{
	struct dirent *entry;

	errno = 0;
	entry = readdir(dir);
	if (!entry)
		unread(path);
	return entry;
}
