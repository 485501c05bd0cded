// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "attrs.h"
#include "exchange.h"
#include "uapi/linux/iommu_pt.h"

#define RECEIVE_MAX	(64 * 1024)	/* twice what the kernel sends at once */

static void keep_sentence(struct kernel *k, const void *tlvs, int len)
{
	struct nlattr *attrs[NLMSGERR_ATTR_MAX + 1];

	if (len <= 0 || nla_parse(attrs, NLMSGERR_ATTR_MAX,
				  (struct nlattr *)tlvs, len, NULL) < 0 ||
	    !attrs[NLMSGERR_ATTR_MSG])
		return;
	nla_strlcpy(k->sentence, attrs[NLMSGERR_ATTR_MSG],
		    sizeof(k->sentence));
}

/*
 * libnl 3.7 does not look at the extack. Its attributes follow the header of
 * the request, or all of the request where the kernel did not cap the ack.
 */
static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *arg)
{
	struct exchange *x = arg;
	struct nlmsghdr *header = (struct nlmsghdr *)error - 1;
	size_t skip = sizeof(*error);

	(void)from;
	x->err = error->error;
	x->done = true;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		skip += error->msg.nlmsg_len - sizeof(error->msg);
	if (header->nlmsg_flags & NLM_F_ACK_TLVS)
		keep_sentence(x->k, (char *)error + NLMSG_ALIGN(skip),
			      nlmsg_datalen(header) - (int)NLMSG_ALIGN(skip));
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	(void)msg;
	x->done = true;
	return NL_STOP;
}

/* The end of a dump carries its error. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;
	struct nlmsghdr *header = nlmsg_hdr(msg);
	int len = nlmsg_datalen(header) - (int)sizeof(int);

	x->done = true;
	if (len < 0)
		return NL_STOP;
	memcpy(&x->err, nlmsg_data(header), sizeof(int));
	if (header->nlmsg_flags & NLM_F_ACK_TLVS)
		keep_sentence(x->k, (char *)nlmsg_data(header) + sizeof(int),
			      len);
	return NL_STOP;
}

static int on_interrupted(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	(void)msg;
	x->interrupted = true;
	return NL_OK;
}

static int on_message(struct nl_msg *msg, void *arg)
{
	struct nlattr *attrs[IOMMU_PT_A_MAX + 1];
	struct exchange *x = arg;

	if (!attrs_parse(msg, attrs))
		return NL_SKIP;
	x->answered = true;
	if (x->got)
		x->got(attrs, x->arg);
	return NL_OK;
}

static int on_sequence(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

static struct nl_cb *exchange_callbacks(struct exchange *x)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);

	if (!cb)
		return NULL;
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, x);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, x);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, x);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, x);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_message, x);
	if (x->late)	/* libnl expects nothing after the ack */
		nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_sequence, x);
	return cb;
}

int exchange_errno(int nl_error)
{
	switch (nl_error) {
	case -NLE_NOMEM:
		return -ENOMEM;
	case -NLE_MSGSIZE:
	case -NLE_MSG_TOOSHORT:
		return -EMSGSIZE;
	case -NLE_PERM:
	case -NLE_NOACCESS:
		return -EPERM;
	case -NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case -NLE_AGAIN:
		return -ETIMEDOUT;
	default:
		return -EIO;
	}
}

static bool is_over(const struct exchange *x)
{
	return x->done && (x->err || !x->late || x->answered);
}

static void set_options(struct nl_sock *sock)
{
	int fd = nl_socket_get_fd(sock), one = 1;

	/* Older kernels lack them: then there are only numbers to report. */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	nl_socket_set_msg_buf_size(sock, RECEIVE_MAX);
}

struct nl_sock *exchange_connect(int *err)
{
	struct nl_sock *sock = nl_socket_alloc();

	*err = sock ? genl_connect(sock) : -NLE_NOMEM;
	if (*err) {
		nl_socket_free(sock);
		return NULL;
	}
	set_options(sock);
	return sock;
}

/*
 * Another socket: in the queue of this one may be what is left of an answer, which
 * the next request would take for its own.
 */
static void start_over(struct kernel *k)
{
	int err;
	struct nl_sock *sock = exchange_connect(&err);

	k->dead = !sock;
	if (!sock)
		return;
	nl_socket_free(k->sock);
	k->sock = sock;
}

static int lost_answer(struct kernel *k, int err)
{
	k->lost = true;
	snprintf(k->sentence, sizeof(k->sentence),
		 "the kernel's answer is lost: %s", strerror(-err));
	start_over(k);
	return err;
}

int exchange(struct exchange *x, struct nl_msg *msg)
{
	struct nl_cb *cb = exchange_callbacks(x);
	struct kernel *k = x->k;
	bool sent;
	int err;

	k->sentence[0] = '\0';
	k->lost = false;
	err = !cb || !msg ? -NLE_NOMEM :
	      k->dead ? -NLE_BAD_SOCK : nl_send_auto(k->sock, msg);
	sent = err >= 0;
	while (err >= 0 && !is_over(x))
		err = nl_recvmsgs(k->sock, cb);
	nl_cb_put(cb);
	nlmsg_free(msg);
	if (is_over(x))
		return !x->err && x->interrupted ? -EINTR : x->err;
	return sent ? lost_answer(k, exchange_errno(err)) : exchange_errno(err);
}
