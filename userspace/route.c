// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "route.h"

struct walk {
	route_fn fn;
	void *arg;
};

/* fe80::/10 and ff00::/8 */
static bool is_local_ipv6(const struct rtmsg *route, struct nlattr *dst)
{
	const uint8_t *address;

	if (route->rtm_family != AF_INET6 || !dst || nla_len(dst) < 16)
		return false;
	address = nla_data(dst);
	return address[0] == 0xff ||
	       (address[0] == 0xfe && (address[1] & 0xc0) == 0x80);
}

static void describe(const struct rtmsg *route, struct nlattr *dst, char *text,
		     size_t size)
{
	char address[INET6_ADDRSTRLEN];
	int wanted = route->rtm_family == AF_INET ? 4 : 16;

	if (!route->rtm_dst_len)
		snprintf(text, size, "default");
	else if (dst && nla_len(dst) >= wanted &&
		 inet_ntop(route->rtm_family, nla_data(dst), address,
			   sizeof(address)))
		snprintf(text, size, "%s/%u", address, route->rtm_dst_len);
	else
		snprintf(text, size, "?");
}

static void each_nexthop(struct nlattr *multipath, const char *text,
			 const struct walk *walk)
{
	struct rtnexthop *hop = nla_data(multipath);
	int left = nla_len(multipath);

	while (RTNH_OK(hop, left)) {
		walk->fn((unsigned int)hop->rtnh_ifindex, text, walk->arg);
		left -= (int)RTNH_ALIGN(hop->rtnh_len);
		hop = RTNH_NEXT(hop);
	}
}

static int on_route(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	const struct rtmsg *route = nlmsg_data(header);
	const struct walk *walk = arg;
	struct nlattr *attrs[RTA_MAX + 1];
	uint32_t table;
	char text[64];

	if (header->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(header, sizeof(*route), attrs, RTA_MAX, NULL) < 0)
		return NL_SKIP;
	table = attrs[RTA_TABLE] ? nla_get_u32(attrs[RTA_TABLE]) :
				   route->rtm_table;
	if (table == RT_TABLE_LOCAL || route->rtm_flags & RTM_F_CLONED ||
	    is_local_ipv6(route, attrs[RTA_DST]))
		return NL_SKIP;
	describe(route, attrs[RTA_DST], text, sizeof(text));
	if (attrs[RTA_OIF])
		walk->fn(nla_get_u32(attrs[RTA_OIF]), text, walk->arg);
	if (attrs[RTA_MULTIPATH])
		each_nexthop(attrs[RTA_MULTIPATH], text, walk);
	return NL_OK;
}

static int dump(struct nl_sock *sock, unsigned char family)
{
	struct rtmsg request = { .rtm_family = family };

	if (nl_send_simple(sock, RTM_GETROUTE, NLM_F_DUMP, &request,
			   sizeof(request)) < 0)
		return -1;
	/* A dump that raced with a change is good enough here. */
	switch (nl_recvmsgs_default(sock)) {
	case 0:
	case -NLE_DUMP_INTR:
		return 0;
	default:
		return -1;
	}
}

int route_each(route_fn fn, void *arg)
{
	struct nl_sock *sock = nl_socket_alloc();
	struct walk walk = { fn, arg };
	int ret = -1;

	if (sock && !nl_connect(sock, NETLINK_ROUTE)) {
		nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_route,
				    &walk);
		ret = dump(sock, AF_INET) | dump(sock, AF_INET6);
	}
	nl_socket_free(sock);
	return ret;
}
