// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "route.h"
#include "xalloc.h"

/* A nexthop object, or one member of a group of them. */
struct hop {
	uint32_t id;
	uint32_t member;	/* its id, 0 if it is no group */
	unsigned int ifindex;	/* 0 if it drops all */
};

struct walk {
	route_fn fn;
	void *arg;
	struct hop *hops;
	size_t count;
	bool lost;		/* a route leads nobody knows where */
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

/* ---- nexthop objects, which routes may name in place of an interface ---- */

static void add_hop(struct walk *walk, const struct hop *hop)
{
	walk->hops = grow(walk->hops, walk->count, sizeof(*walk->hops));
	walk->hops[walk->count++] = *hop;
}

static void add_group(struct walk *walk, struct hop *hop,
		      struct nlattr *members)
{
	const struct nexthop_grp *at = nla_data(members);
	size_t i;

	for (i = 0; i < (size_t)nla_len(members) / sizeof(*at); i++) {
		hop->member = at[i].id;
		add_hop(walk, hop);
	}
}

static int on_nexthop(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct nlattr *attrs[NHA_MAX + 1];
	struct hop hop = { 0 };

	if (header->nlmsg_type != RTM_NEWNEXTHOP ||
	    nlmsg_parse(header, sizeof(struct nhmsg), attrs, NHA_MAX,
			NULL) < 0 || !attrs[NHA_ID])
		return NL_SKIP;
	hop.id = nla_get_u32(attrs[NHA_ID]);
	if (attrs[NHA_OIF])
		hop.ifindex = nla_get_u32(attrs[NHA_OIF]);
	if (attrs[NHA_GROUP])
		add_group(arg, &hop, attrs[NHA_GROUP]);
	else if (attrs[NHA_OIF] || attrs[NHA_BLACKHOLE])
		add_hop(arg, &hop);
	return NL_OK;
}

static bool each_hop(const struct walk *walk, uint32_t id, const char *text,
		     bool in_group)
{
	bool known = false;
	size_t i;

	for (i = 0; i < walk->count; i++) {
		const struct hop *hop = &walk->hops[i];

		if (hop->id != id)
			continue;
		known = true;
		if (hop->ifindex)
			walk->fn(hop->ifindex, text, walk->arg);
		/* The kernel has no groups in groups. */
		if (hop->member &&
		    (in_group || !each_hop(walk, hop->member, text, true)))
			return false;
	}
	return known;
}

/* ---- routes ---- */

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
	struct walk *walk = arg;
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
	/* With net.ipv4.nexthop_compat_mode=0 that is all it says. */
	if (attrs[RTA_NH_ID] && !attrs[RTA_OIF] && !attrs[RTA_MULTIPATH] &&
	    !each_hop(walk, nla_get_u32(attrs[RTA_NH_ID]), text, false))
		walk->lost = true;
	return NL_OK;
}

static int dump(struct nl_sock *sock, int type, void *request, size_t size)
{
	if (nl_send_simple(sock, type, NLM_F_DUMP, request, size) < 0)
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

static int dump_routes(struct nl_sock *sock, unsigned char family)
{
	struct rtmsg request = { .rtm_family = family };

	return dump(sock, RTM_GETROUTE, &request, sizeof(request));
}

int route_each(route_fn fn, void *arg)
{
	struct nl_sock *sock = nl_socket_alloc();
	struct walk walk = { .fn = fn, .arg = arg };
	struct nhmsg nexthops = { 0 };
	int ret = -1;

	if (sock && !nl_connect(sock, NETLINK_ROUTE)) {
		nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_nexthop,
				    &walk);
		/* One that is missing fails what names it, and nothing else. */
		dump(sock, RTM_GETNEXTHOP, &nexthops, sizeof(nexthops));
		nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_route,
				    &walk);
		ret = dump_routes(sock, AF_INET) | dump_routes(sock, AF_INET6);
	}
	nl_socket_free(sock);
	free(walk.hops);
	return walk.lost ? -1 : ret;
}
