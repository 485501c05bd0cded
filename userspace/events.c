// SPDX-License-Identifier: GPL-2.0
/*
 * The second half of kernel.h: what the module tells unasked, and generic netlink's
 * controller about the module.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/genetlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "attrs.h"
#include "exchange.h"
#include "kernel.h"
#include "uapi/linux/iommu_pt.h"

#define EVENTS_QUEUE	(8 * 1024 * 1024)

struct listener {
	struct kernel *k;
	kernel_event_fn fn;
	void *arg;
	int err;
};

static void tell(const struct listener *listener, enum kernel_news news)
{
	struct kernel_event event = { .news = news };

	listener->fn(&event, listener->arg);
}

/* ---- to join ---- */

/* Asked on a socket of its own: on the other one, events may come before the answer. */
static int find_group(const char *family, const char *name)
{
	struct nl_sock *sock;
	int group;

	sock = exchange_connect(&group);
	if (!sock)
		return group;
	group = genl_ctrl_resolve_grp(sock, family, name);
	nl_socket_free(sock);
	return group;
}

static int join(struct kernel *k, const char *family, const char *name)
{
	int group = find_group(family, name), err;

	err = group < 0 ? group : nl_socket_add_membership(k->sock, group);
	return err < 0 ? exchange_errno(err) : 0;
}

static int join_module(struct kernel *k)
{
	return join(k, IOMMU_PT_GENL_NAME, IOMMU_PT_GENL_MCGRP);
}

/* The controller first, or the module could be loaded again in between unseen. */
int kernel_subscribe(struct kernel *k)
{
	int fd = nl_socket_get_fd(k->sock), room = EVENTS_QUEUE, err;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	nl_socket_disable_seq_check(k->sock);
	nl_socket_set_nonblocking(k->sock);
	err = join(k, "nlctrl", "notify");
	return err ? err : join_module(k);
}

int kernel_fd(const struct kernel *k)
{
	return nl_socket_get_fd(k->sock);
}

/* ---- what comes ---- */

/*
 * The module's group ends with it, and whoever was in it is in none. If it is gone
 * again already, that is told next.
 */
static void on_family(struct listener *listener, int cmd)
{
	int err;

	listener->k->last_event = 0;
	if (cmd == CTRL_CMD_DELFAMILY) {
		tell(listener, KERNEL_UNLOADED);
		return;
	}
	err = join_module(listener->k);
	if (err != -ENOENT)
		listener->err = err;
	if (!err)
		tell(listener, KERNEL_LOADED);
}

static int on_controller(struct nl_msg *msg, struct listener *listener)
{
	static const struct nla_policy policy[CTRL_ATTR_MAX + 1] = {
		[CTRL_ATTR_FAMILY_NAME] = { .type = NLA_NUL_STRING },
	};
	struct nlattr *attrs[CTRL_ATTR_MAX + 1];
	int cmd = genlmsg_hdr(nlmsg_hdr(msg))->cmd;

	if ((cmd != CTRL_CMD_NEWFAMILY && cmd != CTRL_CMD_DELFAMILY) ||
	    genlmsg_parse(nlmsg_hdr(msg), 0, attrs, CTRL_ATTR_MAX, policy) < 0 ||
	    !attrs[CTRL_ATTR_FAMILY_NAME] ||
	    strcmp(nla_get_string(attrs[CTRL_ATTR_FAMILY_NAME]), IOMMU_PT_GENL_NAME))
		return NL_SKIP;
	on_family(listener, cmd);
	return NL_OK;
}

/* Their numbers grow by one, and begin again when the module is loaded. */
static void note_gap(const struct listener *listener, unsigned int number)
{
	struct kernel *k = listener->k;
	struct kernel_event lost = {
		.news = KERNEL_LOST, .lost = number - k->last_event - 1,
	};

	if (k->last_event && number > k->last_event && lost.lost)
		listener->fn(&lost, listener->arg);
	k->last_event = number;
}

static int on_module(struct nl_msg *msg, const struct listener *listener)
{
	struct nlattr *attrs[IOMMU_PT_A_MAX + 1];
	struct kernel_event event;
	struct dev dev;

	if (!attrs_parse(msg, attrs) ||
	    !attrs[IOMMU_PT_A_EVENT] || !attrs_dev(attrs, &dev))
		return NL_SKIP;
	note_gap(listener, nlmsg_hdr(msg)->nlmsg_seq);
	event = (struct kernel_event){
		.news = KERNEL_DEVICE,
		.what = nla_get_u32(attrs[IOMMU_PT_A_EVENT]), .dev = &dev,
	};
	listener->fn(&event, listener->arg);
	dev_free(&dev);
	return NL_OK;
}

static int on_message(struct nl_msg *msg, void *arg)
{
	return nlmsg_hdr(msg)->nlmsg_type == GENL_ID_CTRL ?
	       on_controller(msg, arg) : on_module(msg, arg);
}

/* The module may have been loaded again, and that is among what is lost. */
static int on_overrun(struct listener *listener)
{
	int err = join_module(listener->k);

	tell(listener, KERNEL_LOST);
	return err == -ENOENT ? 0 : err;
}

/*
 * libnl says "no memory" for ENOBUFS, which is: the queue ran over. How many
 * were lost, the number of the next event tells, if there is one.
 */
int kernel_read_events(struct kernel *k, kernel_event_fn fn, void *arg)
{
	struct listener listener = { .k = k, .fn = fn, .arg = arg };
	int err;

	nl_socket_modify_cb(k->sock, NL_CB_VALID, NL_CB_CUSTOM, on_message,
			    &listener);
	err = nl_recvmsgs_default(k->sock);
	if (err == -NLE_NOMEM)
		return on_overrun(&listener);
	if (err < 0 && err != -NLE_AGAIN)
		return exchange_errno(err);
	return listener.err;
}
