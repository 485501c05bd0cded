/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TAP, as much of it as the unit tests need. A test program is
 *
 *	int main(int argc, char **argv)
 *	{
 *		tap_start(argc, argv);
 *		ok(1 + 1 == 2, "sums of %d", 1);
 *		return tap_end();
 *	}
 *
 * Its one argument is a seed, which it prints, so that a failure of a
 * generated test can be seen again. A program that hangs is killed, and then
 * has no plan line: that is a failure to whoever reads its output.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned int tap_points, tap_failures;
static uint64_t tap_seed = 1;

/* splitmix64: small, and the same numbers everywhere. */
static inline uint64_t random_u64(void)
{
	uint64_t z = (tap_seed += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* 0 to @below - 1; the slight bias does not matter here. */
static inline unsigned int random_below(unsigned int below)
{
	return (unsigned int)(random_u64() % below);
}

static inline void tap_start(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1)
		tap_seed = strtoull(argv[1], NULL, 0);
	printf("# seed %llu\n", (unsigned long long)tap_seed);
	alarm(120);
}

/* Lines of a diagnosis must begin with '#', whatever is in them. */
static inline void note(const char *text)
{
	printf("#   ");
	for (; *text; text++) {
		if (*text == '\n' && text[1])
			printf("\n#   ");
		else if (*text != '\n')
			putchar(*text >= ' ' && *text < 0x7f ? *text : '.');
	}
	printf("\n");
}

__attribute__((format(printf, 2, 3)))
static inline bool ok(bool passed, const char *format, ...)
{
	va_list args;

	printf("%sok %u - ", passed ? "" : "not ", ++tap_points);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	tap_failures += !passed;
	return passed;
}

static inline int tap_end(void)
{
	printf("1..%u\n", tap_points);
	return tap_failures || !tap_points;
}

#endif /* TESTS_TAP_H */
