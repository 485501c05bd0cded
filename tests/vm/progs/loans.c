// SPDX-License-Identifier: GPL-2.0
/*
 * Borrowers of PCI devices that no well-meaning program is like.
 *
 *	loans hasty DEVICE
 *
 * borrows it and gives it back before it can have it. Prints how each of the two
 * ended, in the order of the answers: the command, the error's number or 0, and
 * the reason or "-".
 *
 *	loans once DEVICE
 *
 * borrows it, waits for the answer and for the end of its input, and gives it
 * back. Prints the same.
 *
 *	loans storm SECONDS PATIENCE SEED DEVICE...
 *
 * Several at once, each of which opens a socket, borrows and gives back what it
 * likes, whether it has it or not, waits for answers or does not, and closes the
 * socket. Who waits has to hear of each request, once, and each borrower has to
 * have a device some time, in so many seconds of patience. Prints how many were
 * had; status 1 if something was not as it should.
 */
#include <errno.h>
#include <linux/iommu_pt.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chance.h"
#include "clock.h"

#define BORROWERS	4
#define REQUESTS	8	/* of one socket, at most */

static int patience = 120;	/* seconds */

/* A socket; a request's number is its place in @cmds and one more. */
struct borrower {
	struct nl_sock *sock;
	int family;
	bool prints;
	unsigned int asked;
	unsigned int heard;
	unsigned int had;
	unsigned int strange;
	uint8_t cmds[REQUESTS];
	bool answered[REQUESTS];
};

static const char *name_of(const struct borrower *b, uint32_t seq)
{
	return b->cmds[seq - 1] == IOMMU_PT_CMD_LEND ? "lend" : "return";
}

/* Return: whether it is one that is waited for */
static bool count_answer(struct borrower *b, uint32_t seq)
{
	if (seq < 1 || seq > b->asked || b->answered[seq - 1]) {
		printf("loans: an answer to request %u that nobody waits for\n", seq);
		b->strange++;
		return false;
	}
	b->answered[seq - 1] = true;
	b->heard++;
	return true;
}

static int note_answer(struct nl_msg *msg, void *data)
{
	struct nlattr *attrs[IOMMU_PT_A_MAX + 1] = { 0 };
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct borrower *b = data;
	uint32_t error = 0;

	genlmsg_parse(header, 0, attrs, IOMMU_PT_A_MAX, NULL);
	if (attrs[IOMMU_PT_A_ERROR])
		error = nla_get_u32(attrs[IOMMU_PT_A_ERROR]);
	if (!count_answer(b, header->nlmsg_seq))
		return NL_SKIP;
	b->had += !error && b->cmds[header->nlmsg_seq - 1] == IOMMU_PT_CMD_LEND;
	if (b->prints)
		printf("%s %u %s\n", name_of(b, header->nlmsg_seq), error,
		       error ? nla_get_string(attrs[IOMMU_PT_A_REASON]) : "-");
	return NL_OK;
}

static int note_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *data)
{
	struct borrower *b = data;

	(void)from;
	if (count_answer(b, error->msg.nlmsg_seq) && b->prints)
		printf("%s %d\n", name_of(b, error->msg.nlmsg_seq), -error->error);
	return NL_SKIP;
}

static void start(struct borrower *b)
{
	b->sock = nl_socket_alloc();
	if (!b->sock || genl_connect(b->sock) < 0 ||
	    (b->family = genl_ctrl_resolve(b->sock, IOMMU_PT_GENL_NAME)) < 0) {
		printf("loans: the module is not there\n");
		exit(2);
	}
	nl_socket_disable_seq_check(b->sock);	/* the numbers are ours */
	nl_socket_modify_cb(b->sock, NL_CB_VALID, NL_CB_CUSTOM, note_answer, b);
	nl_socket_modify_err_cb(b->sock, NL_CB_CUSTOM, note_error, b);
}

static void ask(struct borrower *b, uint8_t cmd, const char *device)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (!msg)
		exit(2);
	b->cmds[b->asked++] = cmd;
	genlmsg_put(msg, NL_AUTO_PORT, b->asked, b->family, 0, NLM_F_REQUEST,
		    cmd, 1);
	nla_put_string(msg, IOMMU_PT_A_BUS, "pci");
	nla_put_string(msg, IOMMU_PT_A_NAME, device);
	if (nl_send_auto(b->sock, msg) < 0)
		exit(2);
	nlmsg_free(msg);
}

/* All that was asked, or so many milliseconds. Return: whether all was heard */
static bool hear(struct borrower *b, int ms)
{
	struct pollfd ready = { .fd = nl_socket_get_fd(b->sock), .events = POLLIN };
	long long end = now_ns() + ms * 1000000LL;

	while (b->heard < b->asked) {
		long long left = (end - now_ns()) / 1000000;

		if (left < 0 || poll(&ready, 1, (int)left) <= 0)
			return false;
		nl_recvmsgs_default(b->sock);
	}
	return true;
}

/* Return: 0, or 1 if something was strange */
static int live(struct borrower *b, char **devices, size_t count)
{
	size_t steps = 1 + chance_below(REQUESTS);

	start(b);
	for (; steps; steps--) {
		ask(b, chance_one_in(3) ? IOMMU_PT_CMD_RETURN : IOMMU_PT_CMD_LEND,
		    devices[chance_below(count)]);
		if (chance_one_in(2))
			hear(b, (int)chance_below(1000));
	}
	if (chance_one_in(2) && !hear(b, patience * 1000)) {
		printf("loans: %u of %u requests are not answered\n",
		       b->asked - b->heard, b->asked);
		b->strange++;
	}
	nl_socket_free(b->sock);
	return b->strange != 0;
}

static int borrow(long long end, char **devices, size_t count)
{
	unsigned int had = 0, lives = 0;
	int status = 0;

	/* A slow machine needs longer for a loan than it was given. */
	for (; now_ns() < end + (had ? 0 : patience * 1000000000LL); lives++) {
		struct borrower b = { .prints = false };

		status |= live(&b, devices, count);
		had += b.had;
		usleep(50000);	/* for those who have something to do */
	}
	printf("had %u in %u\n", had, lives);
	return status | !had;
}

static int storm(int seconds, uint64_t seed, char **devices, size_t count)
{
	long long end = now_ns() + seconds * 1000000000LL;
	int i, status, worst = 0;

	for (i = 0; i < BORROWERS; i++) {
		chance_state = seed + i;
		fflush(stdout);
		if (!fork())
			exit(borrow(end, devices, count));
	}
	while (wait(&status) > 0)
		if (status)
			worst = 1;
	return worst;
}

static int hasty(const char *device)
{
	struct borrower b = { .prints = true };

	start(&b);
	ask(&b, IOMMU_PT_CMD_LEND, device);
	ask(&b, IOMMU_PT_CMD_RETURN, device);
	return !hear(&b, patience * 1000);
}

static int once(const char *device)
{
	struct borrower b = { .prints = true };
	char byte;

	start(&b);
	ask(&b, IOMMU_PT_CMD_LEND, device);
	if (!hear(&b, patience * 1000))
		return 1;
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	ask(&b, IOMMU_PT_CMD_RETURN, device);
	return !hear(&b, patience * 1000);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "once"))
		return once(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "hasty"))
		return hasty(argv[2]);
	if (argc > 5 && !strcmp(argv[1], "storm")) {
		patience = atoi(argv[3]);
		return storm(atoi(argv[2]), strtoull(argv[4], NULL, 0), argv + 5,
			     argc - 5);
	}
	fprintf(stderr, "loans: hasty|once DEVICE, or storm SECONDS PATIENCE SEED DEVICE...\n");
	return 2;
}
