/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Clocks of the guest, and what to do with the samples. On the bench machines
 * the clock is the number of instructions, and the guest has one processor.
 */
#ifndef TESTS_CLOCK_H
#define TESTS_CLOCK_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/*
 * Time that the processor has idled, also while somebody waited for a disk, to
 * the nanosecond: /proc/stat counts in hundredths of a second.
 */
static inline long long idle_ns(void)
{
	FILE *file = fopen("/proc/timer_list", "r");
	long long idle = -1, iowait = -1;
	char line[256];

	while (file && (idle < 0 || iowait < 0) && fgets(line, sizeof(line), file)) {
		sscanf(line, " .idle_sleeptime : %lld nsecs", &idle);
		sscanf(line, " .iowait_sleeptime : %lld nsecs", &iowait);
	}
	if (idle < 0 || iowait < 0) {
		fprintf(stderr, "/proc/timer_list: no idle_sleeptime, iowait_sleeptime\n");
		exit(1);
	}
	fclose(file);
	return idle + iowait;
}

/* Of a span: what it took, and how much of that the processor was busy. */
struct span {
	long long start, idle;
};

static inline struct span span_begin(void)
{
	long long idle = idle_ns();

	return (struct span){ .start = now_ns(), .idle = idle };
}

static inline long long span_busy(const struct span *span)
{
	long long end = now_ns();

	return end - span->start - (idle_ns() - span->idle);
}

#endif
