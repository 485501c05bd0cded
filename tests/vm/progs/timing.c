// SPDX-License-Identifier: GPL-2.0
/*
 * timing [-a] ROUNDS FILE TEXT [FILE TEXT]...: write TEXT to FILE so many times,
 * each after untimed writes of the other pairs; the least in nanoseconds of the
 * guest's clock (which counts instructions on the machine bench, so that only
 * interrupts make one round longer than another). -a: all of them, a line each.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_ROUNDS	1000

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void write_once(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		perror(path);
		exit(1);
	}
	close(fd);
}

static int compare(const void *a, const void *b)
{
	const long long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
	static long long took[MAX_ROUNDS];
	bool all = argc > 1 && !strcmp(argv[1], "-a");
	int rounds, i, arg;

	if (all) {
		argv++;
		argc--;
	}
	rounds = argc > 3 ? atoi(argv[1]) : 0;
	if (rounds < 1 || rounds > MAX_ROUNDS || argc % 2)
		return 2;
	for (i = 0; i < rounds; i++) {
		for (arg = 4; arg < argc; arg += 2)
			write_once(argv[arg], argv[arg + 1]);
		usleep(2000);	/* what was put off has its time now */
		took[i] = now();
		write_once(argv[2], argv[3]);
		took[i] = now() - took[i];
	}
	qsort(took, rounds, sizeof(took[0]), compare);
	for (i = 0; i < (all ? rounds : 1); i++)
		printf("%lld\n", took[i]);
	return 0;
}
