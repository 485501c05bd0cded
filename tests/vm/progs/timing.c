// SPDX-License-Identifier: GPL-2.0
/*
 * timing ROUNDS FILE TEXT [FILE TEXT]...: write TEXT to FILE so many times, each
 * after untimed writes of the other pairs; prints for each round the nanoseconds
 * of the guest's clock. Where that counts instructions, as on the machine bench,
 * only interrupts make one round longer than another.
 */
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "clock.h"

static void write_once(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(1, "%s", path);
	close(fd);
}

int main(int argc, char **argv)
{
	int rounds = argc > 3 ? atoi(argv[1]) : 0, i, arg;
	long long start;

	if (rounds < 1 || argc % 2)
		return 2;
	for (i = 0; i < rounds; i++) {
		for (arg = 4; arg < argc; arg += 2)
			write_once(argv[arg], argv[arg + 1]);
		usleep(2000);	/* what was put off has its time now */
		start = now_ns();
		write_once(argv[2], argv[3]);
		printf("%lld\n", now_ns() - start);
	}
	return 0;
}
