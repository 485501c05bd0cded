// SPDX-License-Identifier: GPL-2.0
/*
 * blkread DEVICE ROUNDS COUNT: COUNT random reads of 4 KiB past the page cache,
 * DEPTH at a time, so many rounds; prints for each round the nanoseconds of
 * processor time a read. With one at a time, most of that would be the idle
 * loop's way in and out, which depends on how fast the emulator's disk is.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "clock.h"

#define BLOCK	4096
#define DEPTH	32

static char buffers[DEPTH][BLOCK] __attribute__((aligned(BLOCK)));

/* The same blocks in every guest. */
static uint32_t next_random(void)
{
	static uint32_t state = 2463534242;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static void read_many(aio_context_t aio, int fd, off_t blocks)
{
	struct iocb reads[DEPTH] = {}, *list[DEPTH];
	struct io_event done[DEPTH];
	int i;

	for (i = 0; i < DEPTH; i++) {
		reads[i].aio_fildes = fd;
		reads[i].aio_lio_opcode = IOCB_CMD_PREAD;
		reads[i].aio_buf = (uintptr_t)buffers[i];
		reads[i].aio_nbytes = BLOCK;
		reads[i].aio_offset = next_random() % blocks * BLOCK;
		list[i] = &reads[i];
	}
	if (syscall(SYS_io_submit, aio, DEPTH, list) != DEPTH ||
	    syscall(SYS_io_getevents, aio, DEPTH, DEPTH, done, NULL) != DEPTH)
		err(1, "read");
	for (i = 0; i < DEPTH; i++)
		if (done[i].res != BLOCK)
			errx(1, "read: %lld", (long long)done[i].res);
}

int main(int argc, char **argv)
{
	int rounds = argc == 4 ? atoi(argv[2]) : 0, count, fd, i, j;
	aio_context_t aio = 0;
	struct span span;
	off_t blocks;

	if (rounds < 1)
		return 2;
	count = atoi(argv[3]);
	fd = open(argv[1], O_RDONLY | O_DIRECT);
	blocks = fd < 0 ? 0 : lseek(fd, 0, SEEK_END) / BLOCK;
	if (!blocks || syscall(SYS_io_setup, DEPTH, &aio))
		err(1, "%s", argv[1]);
	for (i = 0; i < rounds; i++) {
		span = span_begin();
		for (j = 0; j < count; j += DEPTH)
			read_many(aio, fd, blocks);
		printf("%lld\n", span_busy(&span) / j);
	}
	return 0;
}
