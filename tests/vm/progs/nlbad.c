// SPDX-License-Identifier: GPL-2.0
/*
 * Messages to the module that no well-meaning program sends, and good ones of
 * each kind that changes something, whoever may send them. "nlbad CASE" sends
 * one and prints the answer: an errno's name and the extack sentence.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/iommu_pt.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define DEVICE_BUS	"pci"
#define DEVICE_NAME	"0000:00:03.0"
#define RULE		"strict name=" DEVICE_NAME "\n"

static void put(struct nl_msg *msg, int attr, const void *data, int len)
{
	if (nla_put(msg, attr, len, data) < 0) {
		fprintf(stderr, "nlbad: message too small\n");
		exit(2);
	}
}

static void put_u32(struct nl_msg *msg, int attr, uint32_t value)
{
	put(msg, attr, &value, sizeof(value));
}

static void put_name(struct nl_msg *msg)
{
	put(msg, IOMMU_PT_A_BUS, DEVICE_BUS, sizeof(DEVICE_BUS));
	put(msg, IOMMU_PT_A_NAME, DEVICE_NAME, sizeof(DEVICE_NAME));
}

static void missing(struct nl_msg *msg)
{
	put(msg, IOMMU_PT_A_BUS, DEVICE_BUS, sizeof(DEVICE_BUS));
}

static void short_policy(struct nl_msg *msg)
{
	put_name(msg);
	put(msg, IOMMU_PT_A_POLICY, "\1", 1);
}

static void long_policy(struct nl_msg *msg)
{
	put_name(msg);
	put(msg, IOMMU_PT_A_POLICY, "\1\0\0\0\0\0\0\0", 8);
}

static void policy_range(struct nl_msg *msg)
{
	put_name(msg);
	put_u32(msg, IOMMU_PT_A_POLICY, __IOMMU_PT_POLICY_END);
}

static void unknown_flag(struct nl_msg *msg)
{
	put_name(msg);
	put_u32(msg, IOMMU_PT_A_FLAGS, ~IOMMU_PT_SET_ALL);
}

static void unknown(struct nl_msg *msg)
{
	put_name(msg);
	put_u32(msg, IOMMU_PT_A_MAX + 1, 0);
}

static void answer_only(struct nl_msg *msg)
{
	put_name(msg);
	put_u32(msg, IOMMU_PT_A_STATUS, 0);
}

static void unterminated(struct nl_msg *msg)
{
	put(msg, IOMMU_PT_A_BUS, "pci", 3);
	put(msg, IOMMU_PT_A_NAME, DEVICE_NAME, sizeof(DEVICE_NAME));
}

static void long_name(struct nl_msg *msg)
{
	static char name[4096];

	memset(name, 'x', sizeof(name) - 1);
	put(msg, IOMMU_PT_A_BUS, DEVICE_BUS, sizeof(DEVICE_BUS));
	put(msg, IOMMU_PT_A_NAME, name, sizeof(name));
}

static void no_tier(struct nl_msg *msg)
{
	put(msg, IOMMU_PT_A_RULES, "auto\n", 5);
}

static void runtime_tier(struct nl_msg *msg)
{
	put_u32(msg, IOMMU_PT_A_TIER, IOMMU_PT_TIER_RUNTIME);
	put(msg, IOMMU_PT_A_RULES, "auto\n", 5);
}

static void bad_rule(struct nl_msg *msg)
{
	put_u32(msg, IOMMU_PT_A_TIER, IOMMU_PT_TIER_ADMIN);
	put(msg, IOMMU_PT_A_RULES, "auto\nstrict na", 14);
	put(msg, IOMMU_PT_A_RULES, "em=x\n", 5);
}

static void forced_hint(struct nl_msg *msg)
{
	put_u32(msg, IOMMU_PT_A_TIER, IOMMU_PT_TIER_HINT);
	put(msg, IOMMU_PT_A_RULES, "passthrough force=yes\n", 22);
}

static void nul_rule(struct nl_msg *msg)
{
	put_u32(msg, IOMMU_PT_A_TIER, IOMMU_PT_TIER_ADMIN);
	put(msg, IOMMU_PT_A_RULES, "auto\0", 5);
}

static void too_much(struct nl_msg *msg)
{
	static char lines[32 * 1024];
	int i;

	memset(lines, '\n', sizeof(lines));
	put_u32(msg, IOMMU_PT_A_TIER, IOMMU_PT_TIER_ADMIN);
	for (i = 0; i < 33; i++)
		put(msg, IOMMU_PT_A_RULES, lines, sizeof(lines));
}

static void good(struct nl_msg *msg)
{
	put_name(msg);
}

static void set(struct nl_msg *msg)
{
	put_name(msg);
	put_u32(msg, IOMMU_PT_A_POLICY, IOMMU_PT_POLICY_STRICT);
}

static void rules(struct nl_msg *msg)
{
	put_u32(msg, IOMMU_PT_A_TIER, IOMMU_PT_TIER_ADMIN);
	put(msg, IOMMU_PT_A_RULES, RULE, strlen(RULE));
}

static void hints(struct nl_msg *msg)
{
	put_u32(msg, IOMMU_PT_A_TIER, IOMMU_PT_TIER_HINT);
	put(msg, IOMMU_PT_A_RULES, RULE, strlen(RULE));
}

static void nothing(struct nl_msg *msg)
{
	(void)msg;
}

static const struct {
	const char *name;
	int cmd;
	void (*fill)(struct nl_msg *msg);
} cases[] = {
	{ "good", IOMMU_PT_CMD_SET_DEVICE, good },
	{ "missing", IOMMU_PT_CMD_SET_DEVICE, missing },
	{ "short-policy", IOMMU_PT_CMD_SET_DEVICE, short_policy },
	{ "long-policy", IOMMU_PT_CMD_SET_DEVICE, long_policy },
	{ "policy-range", IOMMU_PT_CMD_SET_DEVICE, policy_range },
	{ "unknown-flag", IOMMU_PT_CMD_SET_DEVICE, unknown_flag },
	{ "unknown", IOMMU_PT_CMD_SET_DEVICE, unknown },
	{ "answer-only", IOMMU_PT_CMD_SET_DEVICE, answer_only },
	{ "unterminated", IOMMU_PT_CMD_SET_DEVICE, unterminated },
	{ "long-name", IOMMU_PT_CMD_SET_DEVICE, long_name },
	{ "event", IOMMU_PT_CMD_EVENT, good },
	{ "beyond", IOMMU_PT_CMD_MAX + 1, good },
	{ "no-tier", IOMMU_PT_CMD_SET_RULES, no_tier },
	{ "runtime-tier", IOMMU_PT_CMD_SET_RULES, runtime_tier },
	{ "bad-rule", IOMMU_PT_CMD_SET_RULES, bad_rule },
	{ "forced-hint", IOMMU_PT_CMD_SET_RULES, forced_hint },
	{ "nul-rule", IOMMU_PT_CMD_SET_RULES, nul_rule },
	{ "too-much", IOMMU_PT_CMD_SET_RULES, too_much },
	{ "set", IOMMU_PT_CMD_SET_DEVICE, set },
	{ "rules", IOMMU_PT_CMD_SET_RULES, rules },
	{ "hints", IOMMU_PT_CMD_SET_RULES, hints },
	{ "lend", IOMMU_PT_CMD_LEND, good },
	{ "return", IOMMU_PT_CMD_RETURN, good },
	{ "seal", IOMMU_PT_CMD_SEAL, nothing },
};

/* What follows the error in an ack; the request is capped to its header. */
static int print_answer(struct sockaddr_nl *from, struct nlmsgerr *error,
			void *done)
{
	struct nlmsghdr *header = (struct nlmsghdr *)error - 1;
	struct nlattr *attrs[NLMSGERR_ATTR_MAX + 1] = { 0 };

	(void)from;
	nla_parse(attrs, NLMSGERR_ATTR_MAX, (struct nlattr *)(error + 1),
		  nlmsg_datalen(header) - (int)sizeof(*error), NULL);
	printf("%s: %s\n", strerrorname_np(-error->error),
	       attrs[NLMSGERR_ATTR_MSG] ?
	       nla_get_string(attrs[NLMSGERR_ATTR_MSG]) : "-");
	*(int *)done = 1;
	return NL_STOP;
}

static int note_ack(struct nl_msg *msg, void *done)
{
	(void)msg;
	printf("0: -\n");
	*(int *)done = 1;
	return NL_STOP;
}

static void talk(struct nl_sock *sock, struct nl_msg *msg)
{
	int fd = nl_socket_get_fd(sock), one = 1, room = 4 << 20, done = 0;
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);

	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	nl_cb_err(cb, NL_CB_CUSTOM, print_answer, &done);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, note_ack, &done);
	if (nl_send_auto(sock, msg) < 0)
		exit(2);
	while (!done && nl_recvmsgs(sock, cb) >= 0)
		;
	nl_cb_put(cb);
}

int main(int argc, char **argv)
{
	struct nl_sock *sock = nl_socket_alloc();
	struct nl_msg *msg = nlmsg_alloc_size(2 << 20);
	size_t i;
	int family;

	if (genl_connect(sock) < 0)
		return 2;
	family = genl_ctrl_resolve(sock, IOMMU_PT_GENL_NAME);
	if (family < 0)
		return 2;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc != 2 || strcmp(argv[1], cases[i].name))
			continue;
		genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0,
			    NLM_F_REQUEST | NLM_F_ACK, cases[i].cmd, 1);
		cases[i].fill(msg);
		talk(sock, msg);
		return 0;
	}
	fprintf(stderr, "nlbad: no such case\n");
	return 2;
}
