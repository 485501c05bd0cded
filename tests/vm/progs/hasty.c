// SPDX-License-Identifier: GPL-2.0
/*
 * hasty DEVICE: borrows a PCI device and gives it back before it can have it.
 * Prints how each of the two ended, in the order of the answers: the command,
 * the error's number or 0, and the reason or "-".
 */
#include <linux/iommu_pt.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *name;
	uint8_t cmd;
} requests[] = {
	{ "lend", IOMMU_PT_CMD_LEND },
	{ "return", IOMMU_PT_CMD_RETURN },
};

#define REQUESTS	(sizeof(requests) / sizeof(requests[0]))

/* A request's number is its place in the table and one more. */
static int print_answer(struct nl_msg *msg, void *count)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct nlattr *attrs[IOMMU_PT_A_MAX + 1] = { 0 }, *reason;

	if (header->nlmsg_seq < 1 || header->nlmsg_seq > REQUESTS ||
	    genlmsg_parse(header, 0, attrs, IOMMU_PT_A_MAX, NULL))
		return NL_SKIP;
	reason = attrs[IOMMU_PT_A_ERROR] ? attrs[IOMMU_PT_A_REASON] : NULL;
	printf("%s %u %s\n", requests[header->nlmsg_seq - 1].name,
	       attrs[IOMMU_PT_A_ERROR] ? nla_get_u32(attrs[IOMMU_PT_A_ERROR]) : 0,
	       reason ? nla_get_string(reason) : "-");
	++*(unsigned int *)count;
	return NL_OK;
}

static int print_error(struct sockaddr_nl *from, struct nlmsgerr *error,
		       void *count)
{
	(void)from;
	(void)count;
	fprintf(stderr, "hasty: request %u: error %d\n",
		error->msg.nlmsg_seq, -error->error);
	exit(1);
}

static int ask(struct nl_sock *sock, int family, uint32_t seq, const char *name)
{
	struct nl_msg *msg = nlmsg_alloc();
	int ret;

	if (!msg)
		return -NLE_NOMEM;
	genlmsg_put(msg, NL_AUTO_PORT, seq, family, 0, NLM_F_REQUEST,
		    requests[seq - 1].cmd, 1);
	nla_put_string(msg, IOMMU_PT_A_BUS, "pci");
	nla_put_string(msg, IOMMU_PT_A_NAME, name);
	ret = nl_send_auto(sock, msg);
	nlmsg_free(msg);
	return ret;
}

int main(int argc, char **argv)
{
	struct nl_sock *sock = nl_socket_alloc();
	unsigned int count = 0;
	int family;
	uint32_t seq;

	if (argc != 2 || !sock || genl_connect(sock) < 0)
		return 2;
	family = genl_ctrl_resolve(sock, IOMMU_PT_GENL_NAME);
	nl_socket_disable_seq_check(sock);	/* the numbers are ours */
	for (seq = 1; seq <= REQUESTS; seq++)
		if (family < 0 || ask(sock, family, seq, argv[1]) < 0)
			return 2;
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, print_answer, &count);
	nl_socket_modify_err_cb(sock, NL_CB_CUSTOM, print_error, NULL);
	while (count < REQUESTS)
		if (nl_recvmsgs_default(sock) < 0)
			return 1;
	return 0;
}
