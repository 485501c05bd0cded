// SPDX-License-Identifier: GPL-2.0
/*
 * nettx INTERFACE ROUNDS COUNT: COUNT Ethernet frames of 1,400 bytes, so many
 * rounds; prints for each round the nanoseconds of processor time a frame. The
 * socket's buffer is small, so that nearly all of a round is sent in it.
 */
#include <arpa/inet.h>
#include <err.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "clock.h"

#define FRAME	1400

static int open_socket(const char *interface)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_802_EX1),
		.sll_ifindex = if_nametoindex(interface),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0), size = 32 * FRAME;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) ||
	    bind(fd, (struct sockaddr *)&to, sizeof(to)))
		err(1, "%s", interface);
	return fd;
}

int main(int argc, char **argv)
{
	/* To everybody, from nobody. */
	static unsigned char frame[FRAME] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	int rounds = argc == 4 ? atoi(argv[2]) : 0, count, fd, i, j;
	struct span span;

	if (rounds < 1)
		return 2;
	count = atoi(argv[3]);
	frame[6] = 0x02;
	frame[12] = ETH_P_802_EX1 >> 8;
	frame[13] = ETH_P_802_EX1 & 0xff;
	fd = open_socket(argv[1]);
	for (i = 0; i < rounds; i++) {
		span = span_begin();
		for (j = 0; j < count; j++)
			if (send(fd, frame, sizeof(frame), 0) != sizeof(frame))
				err(1, "%s", argv[1]);
		printf("%lld\n", span_busy(&span) / count);
	}
	return 0;
}
