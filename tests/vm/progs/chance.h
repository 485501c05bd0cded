/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Chance that can be repeated: the same seed, the same numbers everywhere
 * (splitmix64). Not for several threads.
 */
#ifndef TESTS_CHANCE_H
#define TESTS_CHANCE_H

#include <stddef.h>
#include <stdint.h>

static uint64_t chance_state;

static inline uint64_t chance(void)
{
	uint64_t z = (chance_state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* 0 to @below - 1; the slight bias does not matter here. */
static inline size_t chance_below(size_t below)
{
	return chance() % below;
}

/* Once in @times. */
static inline int chance_one_in(size_t times)
{
	return !chance_below(times);
}

static inline void chance_bytes(unsigned char *bytes, size_t len)
{
	while (len--)
		*bytes++ = chance();
}

#endif
