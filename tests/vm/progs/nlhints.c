// SPDX-License-Identifier: GPL-2.0
/*
 * What the module says of hints, and what it is told of them:
 *
 *	nlhints			a line a hint: channel, state, device or "-",
 *				the hint as received, why
 *	nlhints info		mode in force and flags
 *	nlhints set TEXT	what fw_cfg says, as ptctl would hand it over
 *	nlhints seal
 *
 * Bytes that are not printable are written as \xHH. A refusal is printed as an
 * errno's name and the sentence that came with it.
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

static const char *const channels[] = { "smbios", "property", "fw_cfg" };
static const char *const states[] = {
	"accepted", "restricted", "ignored", "rejected",
};
static const char *const modes[] = { "trust", "restrict", "ignore" };

static void print_bytes(const unsigned char *bytes, int len)
{
	for (; len > 0; len--, bytes++)
		if (*bytes >= ' ' && *bytes < 0x7f)
			putchar(*bytes);
		else
			printf("\\x%02x", *bytes);
}

static void print_hint(struct nlattr **attrs)
{
	printf("%s %s %s \"", channels[nla_get_u32(attrs[IOMMU_PT_A_CHANNEL])],
	       states[nla_get_u32(attrs[IOMMU_PT_A_HINT_STATE])],
	       attrs[IOMMU_PT_A_NAME] ? nla_get_string(attrs[IOMMU_PT_A_NAME]) :
	       "-");
	print_bytes(nla_data(attrs[IOMMU_PT_A_HINT]),
		    nla_len(attrs[IOMMU_PT_A_HINT]));
	printf("\" %s\n", attrs[IOMMU_PT_A_REASON] ?
	       nla_get_string(attrs[IOMMU_PT_A_REASON]) : "-");
}

static void print_info(struct nlattr **attrs)
{
	printf("hints=%s%s%s%s\n", modes[nla_get_u32(attrs[IOMMU_PT_A_HINTS])],
	       attrs[IOMMU_PT_A_CONFIDENTIAL] ? " confidential" : "",
	       attrs[IOMMU_PT_A_TRUTHFUL] ? " truthful" : "",
	       attrs[IOMMU_PT_A_SEALED] ? " sealed" : "");
}

static int print_message(struct nl_msg *msg, void *arg)
{
	struct nlattr *attrs[IOMMU_PT_A_MAX + 1];

	(void)arg;
	if (genlmsg_parse(nlmsg_hdr(msg), 0, attrs, IOMMU_PT_A_MAX, NULL) < 0)
		exit(2);
	if (attrs[IOMMU_PT_A_CHANNEL])
		print_hint(attrs);
	else if (attrs[IOMMU_PT_A_HINTS])
		print_info(attrs);
	return NL_OK;
}

static int print_error(struct sockaddr_nl *from, struct nlmsgerr *error,
		       void *arg)
{
	struct nlmsghdr *header = (struct nlmsghdr *)error - 1;
	struct nlattr *attrs[NLMSGERR_ATTR_MAX + 1] = { 0 };

	(void)from;
	(void)arg;
	nla_parse(attrs, NLMSGERR_ATTR_MAX, (struct nlattr *)(error + 1),
		  nlmsg_datalen(header) - (int)sizeof(*error), NULL);
	printf("%s: %s\n", strerrorname_np(-error->error),
	       attrs[NLMSGERR_ATTR_MSG] ?
	       nla_get_string(attrs[NLMSGERR_ATTR_MSG]) : "-");
	exit(1);
}

static int finish(struct nl_msg *msg, void *done)
{
	(void)msg;
	*(int *)done = 1;
	return NL_STOP;
}

static void talk(struct nl_sock *sock, struct nl_msg *msg)
{
	int fd = nl_socket_get_fd(sock), one = 1, done = 0;
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);

	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	nl_cb_err(cb, NL_CB_CUSTOM, print_error, NULL);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, print_message, NULL);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, finish, &done);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, finish, &done);
	if (nl_send_auto(sock, msg) < 0)
		exit(2);
	while (!done && nl_recvmsgs(sock, cb) >= 0)
		;
	nl_cb_put(cb);
}

int main(int argc, char **argv)
{
	struct nl_sock *sock = nl_socket_alloc();
	struct nl_msg *msg = nlmsg_alloc_size(1 << 16);
	const char *word = argc > 1 ? argv[1] : "dump";
	int family, flags = NLM_F_ACK, cmd = IOMMU_PT_CMD_SEAL;

	if (genl_connect(sock) < 0)
		return 2;
	family = genl_ctrl_resolve(sock, IOMMU_PT_GENL_NAME);
	if (family < 0)
		return 2;
	if (!strcmp(word, "dump")) {
		cmd = IOMMU_PT_CMD_GET_HINTS;
		flags = NLM_F_DUMP;
	} else if (!strcmp(word, "info")) {
		cmd = IOMMU_PT_CMD_GET_INFO;
	} else if (!strcmp(word, "set") && argc == 3) {
		cmd = IOMMU_PT_CMD_SET_RULES;
	} else if (strcmp(word, "seal")) {
		return 2;
	}
	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0,
		    NLM_F_REQUEST | flags, cmd, 1);
	if (cmd == IOMMU_PT_CMD_SET_RULES &&
	    (nla_put_u32(msg, IOMMU_PT_A_TIER, IOMMU_PT_TIER_HINT) < 0 ||
	     nla_put(msg, IOMMU_PT_A_RULES, strlen(argv[2]), argv[2]) < 0))
		return 2;
	talk(sock, msg);
	return 0;
}
