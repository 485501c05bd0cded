// SPDX-License-Identifier: GPL-2.0
/*
 * Messages to the module by chance:
 *
 *	nlfuzz bad|any|seal AMOUNT SEED DEVICE...
 *
 * AMOUNT is a number of messages, or of seconds with an "s" behind it. DEVICE is
 * BUS/NAME; messages speak of these and of none.
 *
 *   bad	good changes with one mistake in each: every one has to be refused,
 *		and the first that is not is printed, and status 1
 *   any	noise, attributes by chance, good requests that were scribbled on;
 *		on several sockets, dumps half read. Never a seal.
 *   seal	the same, which sooner or later seals
 *
 * The last line says how many were sent, taken and refused. Who wants to see
 * the same again gives the same seed and number.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/iommu_pt.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "chance.h"

#define SOCKETS		8
#define ROOM		(1 << 17)

static char **devices;
static size_t device_count;
static int family, events_group;
static unsigned long sent, taken, refused;

/* ---- one message ---- */

struct message {
	size_t len;
	_Alignas(NLMSG_ALIGNTO) unsigned char data[ROOM];
};

static struct nlmsghdr *header(struct message *msg)
{
	return (struct nlmsghdr *)msg->data;
}

static struct genlmsghdr *command(struct message *msg)
{
	return (struct genlmsghdr *)(msg->data + NLMSG_HDRLEN);
}

static void begin(struct message *msg, int type, int cmd, int flags)
{
	memset(msg->data, 0, NLMSG_HDRLEN + GENL_HDRLEN);
	*header(msg) = (struct nlmsghdr) {
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags,
		.nlmsg_seq = sent + 1,
	};
	*command(msg) = (struct genlmsghdr) { .cmd = cmd, .version = 1 };
	msg->len = NLMSG_HDRLEN + GENL_HDRLEN;
}

static void end(struct message *msg)
{
	header(msg)->nlmsg_len = msg->len;
}

static struct nlattr *put(struct message *msg, int type, const void *data, size_t len)
{
	struct nlattr *attr = (struct nlattr *)(msg->data + msg->len);

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	memset(attr + 1, 0, NLA_ALIGN(len));
	memcpy(attr + 1, data, len);
	msg->len += NLA_HDRLEN + NLA_ALIGN(len);
	return attr;
}

static void put_u32(struct message *msg, int type, uint32_t value)
{
	put(msg, type, &value, sizeof(value));
}

static void put_string(struct message *msg, int type, const char *string)
{
	put(msg, type, string, strlen(string) + 1);
}

/* ---- what is good ---- */

static const char *const rules[] = {
	"", "auto\n", "strict bus=pci name=0000:00:05.0\n", "passthrough bus=pci\n",
	"lazy modalias=pci:v0000*\n# a comment\n", "translated external=yes; auto virtio=no",
	"passthrough name=*:07.? force=yes\n", "strict modalias=pci:v00001234d000011E8*\n",
};

static const char *some_rules(void)
{
	return rules[chance_below(sizeof(rules) / sizeof(rules[0]))];
}

static void put_device(struct message *msg)
{
	const char *device = devices[chance_below(device_count)];
	const char *slash = strchr(device, '/');
	char bus[64];

	snprintf(bus, sizeof(bus), "%.*s", (int)(slash - device), device);
	put_string(msg, IOMMU_PT_A_BUS, bus);
	put_string(msg, IOMMU_PT_A_NAME, slash + 1);
}

static void good_device(struct message *msg)
{
	begin(msg, family, IOMMU_PT_CMD_SET_DEVICE, 0);
	put_device(msg);
	put_u32(msg, IOMMU_PT_A_POLICY, chance_below(__IOMMU_PT_POLICY_END));
	if (chance_one_in(2))
		put_u32(msg, IOMMU_PT_A_FLAGS, chance() & IOMMU_PT_SET_ALL);
	end(msg);
}

static void good_rules(struct message *msg)
{
	size_t pieces = chance_below(4);

	begin(msg, family, IOMMU_PT_CMD_SET_RULES, 0);
	put_u32(msg, IOMMU_PT_A_TIER, IOMMU_PT_TIER_ADMIN + chance_below(3));
	while (pieces--) {
		const char *text = some_rules();

		put(msg, IOMMU_PT_A_RULES, text, strlen(text));
	}
	end(msg);
}

static void good_question(struct message *msg)
{
	static const int cmds[] = {
		IOMMU_PT_CMD_GET_INFO, IOMMU_PT_CMD_GET_DEVICE,
		IOMMU_PT_CMD_GET_RULES, IOMMU_PT_CMD_GET_HINTS,
	};
	int cmd = cmds[chance_below(4)];
	bool dump = cmd != IOMMU_PT_CMD_GET_INFO && chance_one_in(2);

	begin(msg, family, cmd, dump ? NLM_F_DUMP : 0);
	if (cmd == IOMMU_PT_CMD_GET_DEVICE && !dump)
		put_device(msg);
	end(msg);
}

/* Of the kernel's own family of families: what is the policy of ours? */
static void question_of_family(struct message *msg)
{
	begin(msg, GENL_ID_CTRL, CTRL_CMD_GETPOLICY, NLM_F_DUMP);
	put_string(msg, CTRL_ATTR_FAMILY_NAME, IOMMU_PT_GENL_NAME);
	end(msg);
}

static void good(struct message *msg)
{
	switch (chance_below(8)) {
	case 0 ... 2:
		good_device(msg);
		break;
	case 3 ... 4:
		good_rules(msg);
		break;
	case 5:
		question_of_family(msg);
		break;
	default:
		good_question(msg);
	}
}

/* ---- what has one mistake ---- */

static struct nlattr *find(struct message *msg, int type)
{
	size_t at = NLMSG_HDRLEN + GENL_HDRLEN;

	while (at < msg->len) {
		struct nlattr *attr = (struct nlattr *)(msg->data + at);

		if (attr->nla_type == type)
			return attr;
		at += NLA_ALIGN(attr->nla_len);
	}
	return NULL;
}

static bool set_u32(struct message *msg, int type, uint32_t value)
{
	struct nlattr *attr = find(msg, type);

	if (!attr)
		return false;
	memcpy(attr + 1, &value, sizeof(value));
	return true;
}

static bool bad_number(struct message *msg)
{
	uint32_t far = 0x100 + chance_below(0x7fffff00);

	return set_u32(msg, IOMMU_PT_A_POLICY, far) ||
	       set_u32(msg, IOMMU_PT_A_TIER, chance_one_in(2) ? far :
			chance_below(IOMMU_PT_TIER_ADMIN));
}

static bool bad_flags(struct message *msg)
{
	return set_u32(msg, IOMMU_PT_A_FLAGS,
		       (chance() & IOMMU_PT_SET_ALL) | 1u << (3 + chance_below(29)));
}

/* The same attribute again, of another size: the last counts, and is bad. */
static bool bad_size(struct message *msg)
{
	static const int types[] = {
		IOMMU_PT_A_POLICY, IOMMU_PT_A_TIER, IOMMU_PT_A_FLAGS,
	};
	static const int sizes[] = { 0, 1, 2, 3, 5, 6, 7, 8, 64 };
	unsigned char bytes[64] = { 0 };

	put(msg, types[chance_below(3)], bytes, sizes[chance_below(9)]);
	return true;
}

static bool bad_string(struct message *msg)
{
	static char text[1024];
	size_t len = chance_one_in(2) ? 514 + chance_below(500) : 1 + chance_below(64);

	memset(text, 'x', sizeof(text));
	if (len > 512)
		text[len - 1] = '\0';
	put(msg, chance_one_in(2) ? IOMMU_PT_A_BUS : IOMMU_PT_A_NAME, text, len);
	return true;
}

static bool nobodys_name(struct message *msg)
{
	char name[32];

	if (command(msg)->cmd != IOMMU_PT_CMD_SET_DEVICE)
		return false;
	snprintf(name, sizeof(name), "%04zx:ff:1f.%zu", chance_below(0x10000), chance_below(100));
	put_string(msg, IOMMU_PT_A_NAME, name);
	return true;
}

static bool missing(struct message *msg)
{
	static const int types[] = { IOMMU_PT_A_BUS, IOMMU_PT_A_NAME, IOMMU_PT_A_TIER };
	struct nlattr *attr = find(msg, types[chance_below(3)]);
	size_t size;

	if (!attr)
		return false;
	size = NLA_ALIGN(attr->nla_len);
	memmove(attr, (unsigned char *)attr + size,
		msg->data + msg->len - (unsigned char *)attr - size);
	msg->len -= size;
	return true;
}

static bool unknown_attribute(struct message *msg)
{
	put_u32(msg, chance_one_in(4) ? 0 : IOMMU_PT_A_MAX + 1 + chance_below(0x3000), chance());
	return true;
}

static bool answers_attribute(struct message *msg)
{
	static const int types[] = {
		IOMMU_PT_A_GROUP, IOMMU_PT_A_DRIVER, IOMMU_PT_A_RULE, IOMMU_PT_A_STATUS,
		IOMMU_PT_A_REASON, IOMMU_PT_A_MODALIAS, IOMMU_PT_A_SEALED, IOMMU_PT_A_HINT,
	};

	put_u32(msg, types[chance_below(8)], chance());
	return true;
}

static bool torn_end(struct message *msg)
{
	unsigned char bytes[3];

	chance_bytes(bytes, sizeof(bytes));
	memcpy(msg->data + msg->len, bytes, sizeof(bytes));
	msg->len += 1 + chance_below(3);
	return true;
}

static bool bad_length(struct message *msg)
{
	struct nlattr *attr = put(msg, IOMMU_PT_A_RULES, "auto", 4);

	attr->nla_len = chance_one_in(2) ? chance_below(NLA_HDRLEN) : 9 + chance_below(60000);
	return true;
}

static bool bad_rule(struct message *msg)
{
	static const char *const lines[] = {
		"\nstrict nonsense=1\n", "\npassthru\n", "\nlazy name\n", "\nstrict name=[a\n",
		"\nauto force=maybe\n", "\npassthrough bus=pci name\\=x\n",
		"\nstrict virtio=yes virtio=yes\n", "\nlazy name=x\\\n",
	};
	const char *line = lines[chance_below(8)];

	if (command(msg)->cmd != IOMMU_PT_CMD_SET_RULES)
		return false;
	put(msg, IOMMU_PT_A_RULES, line, strlen(line));
	return true;
}

static bool nul_in_rules(struct message *msg)
{
	char text[] = "\nstrict name=abcdefgh\n";

	if (command(msg)->cmd != IOMMU_PT_CMD_SET_RULES)
		return false;
	text[1 + chance_below(sizeof(text) - 3)] = '\0';
	put(msg, IOMMU_PT_A_RULES, text, sizeof(text) - 1);
	return true;
}

static bool no_command(struct message *msg)
{
	command(msg)->cmd = chance_one_in(4) ? IOMMU_PT_CMD_EVENT :
			    IOMMU_PT_CMD_MAX + 1 + chance_below(200);
	return true;
}

static bool reserved(struct message *msg)
{
	command(msg)->reserved = 1 + chance_below(0xffff);
	return true;
}

static bool (*const mistakes[])(struct message *msg) = {
	bad_number, bad_flags, bad_size, bad_string, nobodys_name, missing,
	unknown_attribute, answers_attribute, torn_end, bad_length, bad_rule,
	nul_in_rules, no_command, reserved,
};

static void bad(struct message *msg)
{
	do {
		if (chance_one_in(2))
			good_device(msg);
		else
			good_rules(msg);
	} while (!mistakes[chance_below(sizeof(mistakes) / sizeof(mistakes[0]))](msg));
	end(msg);
}

/* ---- what may be anything ---- */

static void noise(struct message *msg)
{
	begin(msg, family, 0, 0);
	msg->len += chance_below(chance_one_in(20) ? 60000 : 300);
	chance_bytes(msg->data + NLMSG_HDRLEN, msg->len - NLMSG_HDRLEN);
	end(msg);
}

static void attributes(struct message *msg)
{
	static unsigned char bytes[4096];
	size_t count = chance_below(12);

	begin(msg, family, chance_below(__IOMMU_PT_CMD_END + 2),
	      chance_one_in(4) ? NLM_F_DUMP : 0);
	while (count--) {
		size_t len = chance_below(chance_one_in(8) ? sizeof(bytes) : 12);

		chance_bytes(bytes, len);
		put(msg, chance_below(__IOMMU_PT_A_END + 2) |
			 (chance_one_in(16) ? NLA_F_NESTED : 0), bytes, len);
	}
	end(msg);
}

static void scribble(struct message *msg)
{
	size_t times = chance_below(6);

	while (times--) {
		size_t at = chance_below(msg->len);

		switch (chance_below(4)) {
		case 0:
			msg->data[at] = chance();
			break;
		case 1:
			msg->data[at] ^= 1 << chance_below(8);
			break;
		case 2:		/* only behind the length, which says what there is */
			if (at >= NLMSG_HDRLEN)
				header(msg)->nlmsg_len = at;
			break;
		default:
			memmove(msg->data + at, msg->data + chance_below(at + 1),
				chance_below(msg->len - at) / 2);
		}
	}
}

static void any(struct message *msg)
{
	switch (chance_below(10)) {
	case 0:
		noise(msg);
		break;
	case 1 ... 3:
		attributes(msg);
		break;
	default:
		good(msg);
		scribble(msg);
	}
}

/* Cut into messages as the kernel does; none of them is to be a seal. */
static void unseal(struct message *msg)
{
	size_t at = 0;

	while (at + NLMSG_HDRLEN <= msg->len) {
		struct nlmsghdr *nlh = (struct nlmsghdr *)(msg->data + at);
		struct genlmsghdr *genl = (struct genlmsghdr *)(nlh + 1);

		if (nlh->nlmsg_len < NLMSG_HDRLEN || nlh->nlmsg_len > msg->len - at)
			return;
		if (nlh->nlmsg_type == family && genl->cmd == IOMMU_PT_CMD_SEAL)
			genl->cmd = IOMMU_PT_CMD_GET_INFO;
		at += NLMSG_ALIGN(nlh->nlmsg_len);
	}
}

/* ---- the way to the kernel ---- */

static int new_socket(bool listens)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), one = 1;
	int room = 4 << 20;

	if (fd < 0) {
		perror("nlfuzz: socket");
		exit(2);
	}
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	if (listens)
		setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &events_group,
			   sizeof(events_group));
	return fd;
}

static void send_message(int fd, const struct message *msg)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	sent++;
	if (sendto(fd, msg->data, msg->len, 0, (void *)&kernel, sizeof(kernel)) < 0 &&
	    errno != EINVAL && errno != EMSGSIZE && errno != EPERM && errno != ENOBUFS) {
		perror("nlfuzz: send");
		exit(2);
	}
}

/* What there is to read now, at most so many datagrams; counts the acks. */
static void drain(int fd, int most)
{
	static _Alignas(NLMSG_ALIGNTO) unsigned char answer[1 << 16];
	ssize_t len;

	while (most-- && (len = recv(fd, answer, sizeof(answer), MSG_DONTWAIT)) > 0) {
		struct nlmsghdr *nlh = (struct nlmsghdr *)answer;

		for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_type != NLMSG_ERROR)
				continue;
			if (((struct nlmsgerr *)NLMSG_DATA(nlh))->error)
				refused++;
			else
				taken++;
		}
	}
}

/* Return: the error of the ack of the last message. */
static int answer_to(int fd)
{
	static _Alignas(NLMSG_ALIGNTO) unsigned char answer[1 << 16];
	struct nlmsghdr *nlh = (struct nlmsghdr *)answer;
	ssize_t len;

	do {
		len = recv(fd, answer, sizeof(answer), 0);
		if (len < 0) {
			perror("nlfuzz: no answer");
			exit(1);
		}
	} while (nlh->nlmsg_type != NLMSG_ERROR || nlh->nlmsg_seq != (uint32_t)sent);
	return ((struct nlmsgerr *)NLMSG_DATA(nlh))->error;
}

static void print_bytes(const struct message *msg)
{
	size_t i;

	for (i = 0; i < msg->len && i < 2048; i++)
		printf("%02x%s", msg->data[i], i % 4 == 3 ? " " : "");
	printf("\n");
}

/* ---- until it is enough ---- */

static unsigned long amount;
static time_t deadline;

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static void set_amount(const char *word)
{
	char *unit;

	amount = strtoul(word, &unit, 10);
	if (*unit == 's') {
		deadline = now() + amount;
		amount = ~0ul;
	}
}

static bool is_enough(void)
{
	return sent >= amount || (deadline && sent % 16 == 0 && now() >= deadline);
}

static int send_bad(void)
{
	static struct message msg;
	int fd = new_socket(false);

	while (!is_enough()) {
		bad(&msg);
		send_message(fd, &msg);
		if (!answer_to(fd)) {
			printf("nlfuzz: this was not refused:\n");
			print_bytes(&msg);
			return 1;
		}
		refused++;
	}
	close(fd);
	return 0;
}

static int send_any(bool may_seal)
{
	static struct message msg;
	int fds[SOCKETS], i;

	for (i = 0; i < SOCKETS; i++)
		fds[i] = new_socket(i == 0);
	while (!is_enough()) {
		i = chance_below(SOCKETS);
		any(&msg);
		if (!may_seal)
			unseal(&msg);
		send_message(fds[i], &msg);
		if (!chance_one_in(8))
			drain(fds[i], 4);
		if (chance_one_in(256)) {
			close(fds[i]);
			fds[i] = new_socket(i == 0);
		}
	}
	for (i = 0; i < SOCKETS; i++) {
		drain(fds[i], 1000);
		close(fds[i]);
	}
	return 0;
}

/* A sane question still has its answer. */
static bool is_alive(void)
{
	static struct message msg;
	int fd = new_socket(false);
	bool alive;

	begin(&msg, family, IOMMU_PT_CMD_GET_INFO, 0);
	end(&msg);
	send_message(fd, &msg);
	alive = !answer_to(fd);
	close(fd);
	return alive;
}

static void resolve(void)
{
	struct nl_sock *sock = nl_socket_alloc();

	if (genl_connect(sock) < 0)
		exit(2);
	family = genl_ctrl_resolve(sock, IOMMU_PT_GENL_NAME);
	events_group = genl_ctrl_resolve_grp(sock, IOMMU_PT_GENL_NAME, IOMMU_PT_GENL_MCGRP);
	nl_socket_free(sock);
	if (family < 0) {
		fprintf(stderr, "nlfuzz: the module is not there\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	int ret;

	if (argc < 5) {
		fprintf(stderr, "usage: nlfuzz bad|any|seal AMOUNT SEED DEVICE...\n");
		return 2;
	}
	devices = argv + 4;
	device_count = argc - 4;
	chance_state = strtoull(argv[3], NULL, 0);
	resolve();
	set_amount(argv[2]);
	ret = strcmp(argv[1], "bad") ? send_any(!strcmp(argv[1], "seal")) : send_bad();
	printf("nlfuzz %s, seed %s: %lu messages, %lu taken, %lu refused\n",
	       argv[1], argv[3], sent, taken, refused);
	if (!is_alive()) {
		printf("nlfuzz: it does not answer any more\n");
		return 1;
	}
	return ret;
}
