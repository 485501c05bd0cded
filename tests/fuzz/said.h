/* SPDX-License-Identifier: GPL-2.0 */
/* What ptctl says in a target: kept, so that it can be looked at. */
#ifndef TESTS_SAID_H
#define TESTS_SAID_H

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "require.h"

#define SAID_KEPT	(256 * 1024)	/* of it is looked at */

int ptctl_main(int argc, char **argv);

/* Everything on stdout and stderr goes to a file in memory; libFuzzer has its own. */
static int said_fd = -1;

static inline void said_begin(void)
{
	if (said_fd < 0) {
		said_fd = memfd_create("said", MFD_CLOEXEC);
		REQUIRE(said_fd >= 0);
		dup2(said_fd, STDOUT_FILENO);
		dup2(said_fd, STDERR_FILENO);
	}
	fflush(stdout);
	REQUIRE(!ftruncate(said_fd, 0));
	lseek(said_fd, 0, SEEK_SET);
}

/* With whatever locale: nothing that a terminal obeys, and no broken UTF-8. */
static inline void said_check(void)
{
	static unsigned char said[SAID_KEPT];
	ssize_t len, i;

	fflush(stdout);
	len = pread(said_fd, said, sizeof(said), 0);
	for (i = 0; i < len; i++) {
		REQUIRE(said[i] >= ' ' || said[i] == '\n' || said[i] == '\t');
		REQUIRE(said[i] != 0x7f);
		/* C1, marks of direction, and bytes that begin nothing */
		REQUIRE(said[i] != 0xc2 || i + 1 == len || said[i + 1] >= 0xa0);
		REQUIRE(said[i] != 0xe2 || i + 2 >= len || said[i + 1] != 0x80 ||
			said[i + 2] < 0xa8 || said[i + 2] > 0xae);
		REQUIRE(said[i] != 0xc0 && said[i] != 0xc1 && said[i] < 0xf5);
	}
}

#endif /* TESTS_SAID_H */
