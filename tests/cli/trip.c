// SPDX-License-Identifier: GPL-2.0
/*
 * System calls by which ptctl changes files, linked in with --wrap. With
 * TRIP=kill:N the process is killed in place of the Nth of them, with
 * TRIP=fail:N that one fails. Either is told on stderr.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int trip(void)
{
	static int calls;
	const char *how = getenv("TRIP");

	if (!how || ++calls != atoi(how + 5))
		return 0;
	dprintf(STDERR_FILENO, "tripped\n");
	if (!strncmp(how, "kill:", 5))
		kill(getpid(), SIGKILL);
	errno = EIO;
	return -1;
}

#define WRAP(type, name, parameters, arguments)				\
	type __real_##name parameters;					\
	type __wrap_##name parameters;					\
	type __wrap_##name parameters					\
	{								\
		return trip() ? -1 : __real_##name arguments;		\
	}

WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(int, flock, (int fd, int how), (fd, how))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(int, mkostemp64, (char *path, int flags), (path, flags))
WRAP(int, rename, (const char *from, const char *to), (from, to))
WRAP(int, unlink, (const char *path), (path))
WRAP(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
WRAP(ssize_t, write, (int fd, const void *from, size_t len), (fd, from, len))
