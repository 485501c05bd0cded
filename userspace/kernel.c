// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "attrs.h"
#include "exchange.h"
#include "kernel.h"
#include "msg.h"
#include "names.h"
#include "ptctl.h"
#include "uapi/linux/iommu_pt.h"
#include "unread.h"
#include "xalloc.h"

#define MODULE		"/sys/kernel/iommu_pt"
#define DUMP_TRIES	25		/* devices may come and go meanwhile: 5 s */
#define LONGEST_PAUSE	8		/* a power of two, in ms */
#define PIECE_MAX	(32 * 1024)	/* of a rules text in one attribute */
#define REBIND_PATIENCE	120		/* seconds; a probe may be slow */

/* ---- requests ---- */

/* @got is called for each message of the answer. */
static int talk(struct kernel *k, struct nl_msg *msg, exchange_fn got, void *arg)
{
	struct exchange x = { .k = k, .got = got, .arg = arg };

	return exchange(&x, msg);
}

/* Send @msg, which changes something, and is only acked. */
static int talk_change(struct kernel *k, struct nl_msg *msg)
{
	int err = talk(k, msg, NULL, NULL);

	k->changed |= !err;
	return err;
}

static struct nl_msg *request(struct kernel *k, int cmd, int flags,
			      size_t payload)
{
	size_t size = (size_t)nlmsg_total_size(GENL_HDRLEN) + payload;
	struct nl_msg *msg = nlmsg_alloc_size(size);

	if (!msg)
		return NULL;
	if (!genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, k->family, 0,
			 NLM_F_REQUEST | flags, (uint8_t)cmd,
			 IOMMU_PT_GENL_VERSION)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* Room of a string attribute in a message. */
static size_t string_size(const char *s)
{
	return (size_t)nla_total_size((int)strlen(s) + 1);
}

static struct nl_msg *dev_request(struct kernel *k, int cmd,
				  const struct dev *dev)
{
	size_t payload = string_size(dev->bus) + string_size(dev->name) +
			 2 * (size_t)nla_total_size(sizeof(uint32_t));
	struct nl_msg *msg = request(k, cmd, 0, payload);

	if (msg && (nla_put_string(msg, IOMMU_PT_A_BUS, dev->bus) < 0 ||
		    nla_put_string(msg, IOMMU_PT_A_NAME, dev->name) < 0)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* ---- the connection ---- */

/* The family is there in the first network namespace only. */
static int why_not(int err)
{
	return err == -ENOENT && !access(MODULE, F_OK) ? -ENONET : err;
}

int kernel_open(struct kernel **out)
{
	struct kernel *k = xcalloc(1, sizeof(*k));
	int err;

	k->sock = exchange_connect(&err);
	if (!err) {
		k->family = genl_ctrl_resolve(k->sock, IOMMU_PT_GENL_NAME);
		err = k->family < 0 ? k->family : 0;
	}
	if (err) {
		kernel_close(k);
		return why_not(exchange_errno(err));
	}
	*out = k;
	return 0;
}

int kernel_reach(struct kernel **out)
{
	int err = kernel_open(out);

	if (err && err != -ENOENT) {
		errno = -err;
		unread("the kernel module, by netlink");
	}
	return err;
}

void kernel_close(struct kernel *k)
{
	if (!k)
		return;
	nl_socket_free(k->sock);
	free(k);
}

int kernel_require(struct kernel **out)
{
	int err = kernel_open(out);

	if (!err)
		return PTCTL_DONE;
	if (err == -ENOENT)
		return msg_fail(PTCTL_FAILED,
				"the kernel module is not loaded, nothing was changed; load it: modprobe iommu-pt-policy");
	if (err == -ENONET)
		return msg_fail(PTCTL_FAILED,
				"the kernel module cannot be reached from this network namespace, nothing was changed");
	return msg_fail(PTCTL_FAILED, "cannot reach the kernel by netlink: %s",
			strerror(-err));
}

const char *kernel_sentence(const struct kernel *k)
{
	return k->sentence;
}

bool kernel_lost(const struct kernel *k)
{
	return k->lost;
}

int kernel_fail(const struct kernel *k, int err, const char *about)
{
	const char *why = *k->sentence ? k->sentence : strerror(-err);
	const char *end = "";
	int status = PTCTL_FAILED;

	if (err == -EOPNOTSUPP)
		status = PTCTL_UNSUPPORTED;
	else if (err == -EBUSY)
		status = PTCTL_BUSY;
	else if (err == -EPERM && !k->changed)
		end = "; nothing was changed";
	if (err == -EPERM && !*k->sentence)
		why = "needs root (CAP_SYS_ADMIN)";
	/* The sentence may begin with the device's name. */
	if (!strncmp(why, about, strlen(about)))
		return msg_fail(status, "%s%s", why, end);
	return msg_fail(status, "%s: %s%s", about, why, end);
}

/* ---- the commands ---- */

static void got_info(struct nlattr **attrs, void *arg)
{
	struct kernel_info *info = arg;

	free(info->version);
	info->version = attrs_string(attrs, IOMMU_PT_A_VERSION);
	info->mode = attrs_u32(attrs, IOMMU_PT_A_MODE, (unsigned int)-1);
	info->devices = attrs_u32(attrs, IOMMU_PT_A_DEVICES, 0);
	info->rules = attrs_u32(attrs, IOMMU_PT_A_RULES_COUNT, 0);
	info->events_lost = attrs_u32(attrs, IOMMU_PT_A_EVENTS_LOST, 0);
	info->hints = attrs_u32(attrs, IOMMU_PT_A_HINTS, (unsigned int)-1);
	info->confidential = attrs[IOMMU_PT_A_CONFIDENTIAL];
	info->truthful = attrs[IOMMU_PT_A_TRUTHFUL];
	info->sealed = attrs[IOMMU_PT_A_SEALED];
}

int kernel_info(struct kernel *k, struct kernel_info *info)
{
	memset(info, 0, sizeof(*info));
	return talk(k, request(k, IOMMU_PT_CMD_GET_INFO, 0, 0), got_info, info);
}

static void got_listed_dev(struct nlattr **attrs, void *arg)
{
	struct dev dev;

	if (attrs_dev(attrs, &dev))
		devs_add(arg, &dev);
}

int kernel_require_on(struct kernel *k)
{
	struct kernel_info info;
	int err = kernel_info(k, &info);

	free(info.version);
	if (err)
		return kernel_fail(k, err, "module");
	if (info.mode == IOMMU_PT_MODE_OFF)
		return msg_fail(PTCTL_UNSUPPORTED,
				"the module is off (parameter mode=off), nothing was changed; load it again without");
	return PTCTL_DONE;
}

bool kernel_is_off(struct kernel *k)
{
	struct kernel_info info;
	int err = kernel_info(k, &info);

	free(info.version);
	return !err && info.mode == IOMMU_PT_MODE_OFF;
}

/* After a dump that was not consistent: another, and some quiet before it. */
static bool dump_again(struct kernel *k, int err, int tries)
{
	int power = tries < LONGEST_PAUSE ? tries : LONGEST_PAUSE;
	struct timespec pause = { .tv_nsec = 1000000L << power };

	if (err != -EINTR)
		return false;
	if (tries == DUMP_TRIES) {
		snprintf(k->sentence, sizeof(k->sentence),
			 "what is there changed each time that it was listed; try again");
		return false;
	}
	if (tries)
		nanosleep(&pause, NULL);
	return true;
}

int kernel_devs(struct kernel *k, struct devs *devs)
{
	int tries, err = -EINTR;

	for (tries = 0; dump_again(k, err, tries); tries++) {
		devs_free(devs);
		err = talk(k, request(k, IOMMU_PT_CMD_GET_DEVICE, NLM_F_DUMP, 0),
			   got_listed_dev, devs);
	}
	return err;
}

static void got_dev(struct nlattr **attrs, void *arg)
{
	struct dev *dev = arg, now;

	if (!attrs_dev(attrs, &now))
		return;
	now.syspath = xstrdup(dev->syspath);
	dev_free(dev);
	*dev = now;
}

int kernel_dev(struct kernel *k, struct dev *dev)
{
	return talk(k, dev_request(k, IOMMU_PT_CMD_GET_DEVICE, dev), got_dev,
		    dev);
}

static struct nl_msg *set_request(struct kernel *k, const struct dev *dev,
				  int policy, unsigned int flags)
{
	struct nl_msg *msg = dev_request(k, IOMMU_PT_CMD_SET_DEVICE, dev);

	if (msg && ((policy >= 0 && nla_put_u32(msg, IOMMU_PT_A_POLICY,
						(uint32_t)policy) < 0) ||
		    (flags && nla_put_u32(msg, IOMMU_PT_A_FLAGS, flags) < 0))) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int kernel_set_dev(struct kernel *k, const struct dev *dev, int policy,
		   unsigned int flags)
{
	return talk_change(k, set_request(k, dev, policy, flags));
}

/* ---- what the kernel tells when it is done, some time after the ack ---- */

struct late_answer {
	struct kernel *k;
	int err;
};

static void got_late(struct nlattr **attrs, void *arg)
{
	struct late_answer *answer = arg;

	answer->err = -(int)attrs_u32(attrs, IOMMU_PT_A_ERROR, 0);
	if (answer->err && attrs[IOMMU_PT_A_REASON])
		nla_strlcpy(answer->k->sentence, attrs[IOMMU_PT_A_REASON],
			    sizeof(answer->k->sentence));
}

/* Send @msg, which it consumes. @doing: "rebinding", for who waits in vain */
static int talk_late(struct kernel *k, struct nl_msg *msg, const char *doing)
{
	struct timeval patience = { .tv_sec = REBIND_PATIENCE }, none = { 0 };
	struct late_answer answer = { .k = k };
	struct exchange x = { .k = k, .got = got_late, .arg = &answer,
			      .late = true };
	int err;

	setsockopt(nl_socket_get_fd(k->sock), SOL_SOCKET, SO_RCVTIMEO,
		   &patience, sizeof(patience));
	err = exchange(&x, msg);
	k->changed |= !err;
	setsockopt(nl_socket_get_fd(k->sock), SOL_SOCKET, SO_RCVTIMEO,
		   &none, sizeof(none));
	if (err == -ETIMEDOUT)
		snprintf(k->sentence, sizeof(k->sentence),
			 "the kernel is still %s after %d seconds, perhaps in the driver's probe; see dmesg",
			 doing, REBIND_PATIENCE);
	return err ? err : answer.err;
}

int kernel_rebind(struct kernel *k, const struct dev *dev, bool group)
{
	unsigned int flags = IOMMU_PT_SET_REBIND |
			     (group ? IOMMU_PT_SET_GROUP : 0);

	return talk_late(k, set_request(k, dev, -1, flags), "rebinding");
}

int kernel_lend(struct kernel *k, const struct dev *dev)
{
	return talk_late(k, dev_request(k, IOMMU_PT_CMD_LEND, dev),
			 "releasing the driver");
}

int kernel_return(struct kernel *k, const struct dev *dev)
{
	return talk_late(k, dev_request(k, IOMMU_PT_CMD_RETURN, dev),
			 "attaching the driver again");
}

static void got_rule(struct nlattr **attrs, void *arg)
{
	if (attrs[IOMMU_PT_A_RULE])
		rulelist_add(arg, attrs_u32(attrs, IOMMU_PT_A_TIER, 0),
			     nla_get_string(attrs[IOMMU_PT_A_RULE]), NULL, 0);
}

int kernel_rules(struct kernel *k, struct rulelist *rules)
{
	int tries, err = -EINTR;

	for (tries = 0; dump_again(k, err, tries); tries++) {
		rulelist_free(rules);
		err = talk(k, request(k, IOMMU_PT_CMD_GET_RULES, NLM_F_DUMP, 0),
			   got_rule, rules);
	}
	return err;
}

static void got_hint(struct nlattr **attrs, void *arg)
{
	const char *channel = channel_name(attrs_u32(attrs, IOMMU_PT_A_CHANNEL,
						     (unsigned int)-1));
	struct nlattr *hint = attrs[IOMMU_PT_A_HINT];
	struct said *said;
	struct dev dev;

	if (!channel || !hint)
		return;
	said = saids_add(arg, channel, nla_data(hint), (size_t)nla_len(hint));
	said->state = (int)attrs_u32(attrs, IOMMU_PT_A_HINT_STATE,
				     (unsigned int)-1);
	said->reason = attrs_string(attrs, IOMMU_PT_A_REASON);
	if (attrs_dev(attrs, &dev)) {
		said->device = xstrdup(dev.label);
		dev_free(&dev);
	}
}

int kernel_hints(struct kernel *k, struct saids *list)
{
	int tries, err = -EINTR;

	for (tries = 0; dump_again(k, err, tries); tries++) {
		saids_free(list);
		err = talk(k, request(k, IOMMU_PT_CMD_GET_HINTS, NLM_F_DUMP, 0),
			   got_hint, list);
	}
	return err;
}

int kernel_seal(struct kernel *k)
{
	return talk_change(k, request(k, IOMMU_PT_CMD_SEAL, 0, 0));
}

/* The kernel takes no message that is longer than the send buffer. */
static void make_send_room(struct kernel *k, size_t size)
{
	int fd = nl_socket_get_fd(k->sock), room = (int)size + 4096;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
}

static int put_pieces(struct nl_msg *msg, const char *text, size_t len)
{
	size_t piece;

	for (; len; text += piece, len -= piece) {
		piece = len < PIECE_MAX ? len : PIECE_MAX;
		if (nla_put(msg, IOMMU_PT_A_RULES, (int)piece, text) < 0)
			return -1;
	}
	return 0;
}

int kernel_set_rules(struct kernel *k, unsigned int tier, const char *text,
		     size_t len)
{
	size_t pieces = len / PIECE_MAX + 1;
	size_t payload = (size_t)nla_total_size(sizeof(uint32_t)) +
			 pieces * (size_t)nla_total_size(0) + NLA_ALIGN(len);
	struct nl_msg *msg;

	if (len > 64 * 1024 * 1024)	/* the kernel's limit is far below */
		return -EMSGSIZE;
	msg = request(k, IOMMU_PT_CMD_SET_RULES, 0, payload);
	if (msg && (nla_put_u32(msg, IOMMU_PT_A_TIER, tier) < 0 ||
		    put_pieces(msg, text, len) < 0)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	make_send_room(k, payload);
	return talk_change(k, msg);
}
