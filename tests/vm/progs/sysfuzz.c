// SPDX-License-Identifier: GPL-2.0
/*
 * Reads and writes by chance to files of the module's in sysfs:
 *
 *	sysfuzz AMOUNT SEED FILE...
 *
 * AMOUNT is a number of them, or of seconds with an "s" behind it. A write may
 * succeed where it is a policy's word for a file named "policy", perhaps with a
 * newline; whatever else is taken is printed, and status 1. To "sealed" no 1 is
 * written. What is read has to be printable.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chance.h"

#define ROOM	(70 * 1024)

static const char *const policies[] = {
	"auto", "passthrough", "translated", "strict", "lazy",
};
static const char *const words[] = {
	"auto", "passthrough", "translated", "strict", "lazy", "0", "enforce", "off",
	"trust", "passthrough force=yes", "strict\n\n", " lazy", "lazy ", "Strict", "stric",
	"auto;auto", "", "\n", "%s%n", "-1",
};
static unsigned char data[ROOM];
static unsigned long reads, writes, taken;

static bool is_policy(size_t len)
{
	size_t i;

	if (len && data[len - 1] == '\n')
		len--;
	for (i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (len == strlen(policies[i]) && !memcmp(data, policies[i], len))
			return true;
	return false;
}

static bool may_be_taken(const char *file, size_t len)
{
	const char *base = strrchr(file, '/') + 1;

	/* Of no bytes the kernel does not tell the file. */
	return !len || (!strcmp(base, "policy") && is_policy(len));
}

static size_t some_length(void)
{
	switch (chance_below(6)) {
	case 0:
		return 4094 + chance_below(5);
	case 1:
		return chance_below(ROOM);
	default:
		return chance_below(40);
	}
}

/* Of chance alone, or a word with something amiss, or with nothing. */
static size_t make_text(void)
{
	const char *word = words[chance_below(sizeof(words) / sizeof(words[0]))];
	size_t len = some_length();

	chance_bytes(data, len);
	if (chance_one_in(3))
		return len;
	memcpy(data, word, strlen(word));
	if (chance_one_in(3))
		return strlen(word) + chance_below(3);
	len = strlen(word);
	if (chance_one_in(4))
		data[len++] = '\n';
	if (len && chance_one_in(3))
		data[chance_below(len)] ^= 1 << chance_below(8);
	return len;
}

static bool try_write(const char *file)
{
	size_t len = make_text();
	off_t at = chance_one_in(4) ? chance_below(10000) : 0;
	ssize_t got;
	int fd;

	if (strstr(file, "/sealed") && *data == '1')
		*data = '0';
	writes++;
	fd = open(file, O_WRONLY | (chance_one_in(8) ? O_TRUNC : 0));
	if (fd < 0)
		return true;
	got = pwrite(fd, data, len, at);
	close(fd);
	if (got < 0)
		return true;
	taken++;
	if (may_be_taken(file, len))
		return true;
	printf("sysfuzz: %s took %zd of %zu bytes: \"%.60s\"\n", file, got, len, data);
	return false;
}

static bool try_read(const char *file)
{
	off_t at = chance_one_in(3) ? chance_below(chance_one_in(4) ? 1 << 30 : 300) : 0;
	size_t len = some_length();
	ssize_t got, i;
	int fd = open(file, O_RDONLY);

	reads++;
	if (fd < 0)
		return true;
	got = pread(fd, data, len, at);
	close(fd);
	for (i = 0; i < got; i++) {
		if (isprint(data[i]) || data[i] == '\n')
			continue;
		printf("sysfuzz: %s has byte %#x at %zd\n", file, data[i], (ssize_t)at + i);
		return false;
	}
	return true;
}

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

int main(int argc, char **argv)
{
	unsigned long amount;
	time_t deadline = 0;
	bool good = true;
	char *unit;

	if (argc < 4) {
		fprintf(stderr, "usage: sysfuzz AMOUNT SEED FILE...\n");
		return 2;
	}
	amount = strtoul(argv[1], &unit, 10);
	if (*unit == 's') {
		deadline = now() + amount;
		amount = ~0ul;
	}
	chance_state = strtoull(argv[2], NULL, 0);
	while (good && reads + writes < amount && (!deadline || now() < deadline)) {
		const char *file = argv[3 + chance_below(argc - 3)];

		good = chance_one_in(3) ? try_read(file) : try_write(file);
	}
	printf("sysfuzz, seed %s: %lu reads, %lu writes, %lu taken\n",
	       argv[2], reads, writes, taken);
	return !good;
}
