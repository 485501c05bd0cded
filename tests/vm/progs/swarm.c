// SPDX-License-Identifier: GPL-2.0
/*
 * All at once, on devices of the test's IOMMU (kmod/testiommu.c):
 *
 *	swarm CYCLES
 *
 * Two threads, a CPU each, add and remove so many devices between them, a few
 * of each being there at a time; with together=2 the groups are shared by both.
 * Until they are done others replace the rules, set and unset the devices by
 * netlink and by sysfs, dump, read all files, bind and unbind the driver
 * "witness", and rebind. What fails in another way than by a device that is
 * gone is printed, and status 1. The last devices are there at the end, as it
 * left them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/iommu_pt.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLATFORM	"/sys/bus/platform/"
#define DEVICES		PLATFORM "devices/"
#define MINE		100	/* the first number */
#define ALIVE		8	/* so many of each of the two at a time */
#define IDS		16	/* numbers of each of the two, which come again */
#define HERDERS		2

static unsigned int cycles;
static unsigned int at_work = HERDERS;
static unsigned int failures;

__attribute__((format(printf, 1, 2)))
static void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("swarm: ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
	__atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
}

static bool is_over(void)
{
	return !__atomic_load_n(&at_work, __ATOMIC_ACQUIRE);
}

/* Return: 0 or an error; what belongs to a device may be gone. */
static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int put_number(const char *path, unsigned int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	return put(path, text);
}

static bool is_gone(int error)
{
	return error == -ENOENT || error == -ENODEV || error == -ENXIO;
}

/* Of both herders, alive or not: different for each thread and turn. */
static unsigned int some_id(unsigned int turn)
{
	return MINE + turn * 7 % (IDS * HERDERS);
}

static void device_path(char *path, size_t size, unsigned int id, const char *file)
{
	snprintf(path, size, DEVICES "testdev.%u/%s", id, file);
}

/* ---- devices come and go ---- */

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);	/* one CPU only: as well */
}

static void change(const char *file, unsigned int turn, unsigned long herder)
{
	unsigned int id = MINE + turn % IDS * HERDERS + herder;
	int ret = put_number(file, id);

	if (ret)
		complain("%s %u: %s", file, id, strerror(-ret));
}

static void *herd(void *number)
{
	static const char add[] = "/sys/kernel/testiommu/add";
	static const char remove[] = "/sys/kernel/testiommu/remove";
	unsigned int count = cycles / HERDERS, turn;
	unsigned long herder = (unsigned long)number;

	stay_on(herder);
	for (turn = 0; turn < count; turn++) {
		if (turn >= ALIVE)
			change(remove, turn - ALIVE, herder);
		change(add, turn, herder);
	}
	__atomic_sub_fetch(&at_work, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* ---- netlink ---- */

struct line {
	struct nl_sock *sock;
	int family;
	int error;	/* of the last request */
	bool acked;
	bool answered;	/* with a message that is no ack */
};

static int note_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *data)
{
	struct line *line = data;

	(void)from;
	line->error = error->error;
	line->acked = true;
	return NL_STOP;
}

static int note_ack(struct nl_msg *msg, void *data)
{
	(void)msg;
	((struct line *)data)->acked = true;
	return NL_STOP;
}

static int note_answer(struct nl_msg *msg, void *data)
{
	(void)msg;
	((struct line *)data)->answered = true;
	return NL_OK;
}

static void open_line(struct line *line)
{
	line->sock = nl_socket_alloc();
	if (genl_connect(line->sock) < 0 ||
	    (line->family = genl_ctrl_resolve(line->sock, IOMMU_PT_GENL_NAME)) < 0) {
		printf("swarm: the module is not there\n");
		exit(2);
	}
	/* The answer to a rebind comes behind its ack. */
	nl_socket_disable_seq_check(line->sock);
	nl_socket_modify_err_cb(line->sock, NL_CB_CUSTOM, note_error, line);
	nl_socket_modify_cb(line->sock, NL_CB_ACK, NL_CB_CUSTOM, note_ack, line);
	nl_socket_modify_cb(line->sock, NL_CB_FINISH, NL_CB_CUSTOM, note_ack, line);
	nl_socket_modify_cb(line->sock, NL_CB_VALID, NL_CB_CUSTOM, note_answer, line);
}

static struct nl_msg *request(struct line *line, int cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc_size(8192);

	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, line->family, 0,
		    NLM_F_REQUEST | flags, cmd, 1);
	return msg;
}

/* Return: 0 or an error; a dump that was overtaken by a change is well. */
static int ask(struct line *line, struct nl_msg *msg, bool wants_answer)
{
	int ret;

	line->error = 0;
	line->acked = line->answered = false;
	ret = nl_send_auto(line->sock, msg);
	nlmsg_free(msg);
	while (ret >= 0 && (!line->acked || (wants_answer && !line->answered && !line->error))) {
		ret = nl_recvmsgs_default(line->sock);
		if (line->error)
			return line->error;
		if (ret == -NLE_DUMP_INTR)
			ret = 0;
	}
	return ret < 0 ? -EIO : 0;
}

static void change_rules(struct line *line, unsigned int turn)
{
	static const char *const texts[] = {
		"passthrough bus=platform\n", "strict modalias=platform:testdev\n",
		"lazy name=testdev.1[0-4]*\nstrict name=testdev.1*\n",
		"strict nonsense=1\n",	/* none of it takes effect */
	};
	const char *text = texts[turn % 4];
	struct nl_msg *msg = request(line, IOMMU_PT_CMD_SET_RULES, NLM_F_ACK);
	int wanted = turn % 4 == 3 ? -EINVAL : 0, got;

	nla_put_u32(msg, IOMMU_PT_A_TIER, IOMMU_PT_TIER_ADMIN);
	nla_put(msg, IOMMU_PT_A_RULES, strlen(text), text);
	got = ask(line, msg, false);
	if (got != wanted)
		complain("rules %u: %s", turn % 4, strerror(-got));
}

static void set(struct line *line, unsigned int id, unsigned int policy, unsigned int flags)
{
	struct nl_msg *msg = request(line, IOMMU_PT_CMD_SET_DEVICE, NLM_F_ACK);
	char name[32];
	int ret;

	snprintf(name, sizeof(name), "testdev.%u", id);
	nla_put_string(msg, IOMMU_PT_A_BUS, "platform");
	nla_put_string(msg, IOMMU_PT_A_NAME, name);
	nla_put_u32(msg, IOMMU_PT_A_POLICY, policy);
	nla_put_u32(msg, IOMMU_PT_A_FLAGS, flags);
	/* Of a rebind it comes when it is done. */
	ret = ask(line, msg, true);
	if (ret && !is_gone(ret))
		complain("set %s: %s", name, strerror(-ret));
}

static void set_some(struct line *line, unsigned int turn)
{
	set(line, some_id(turn), turn % __IOMMU_PT_POLICY_END,
	    turn % 3 ? 0 : IOMMU_PT_SET_GROUP);
}

static void rebind_some(struct line *line, unsigned int turn)
{
	set(line, some_id(turn), IOMMU_PT_POLICY_PASSTHROUGH + turn % 4,
	    IOMMU_PT_SET_REBIND | (turn % 2 ? IOMMU_PT_SET_GROUP : 0));
}

static void dump(struct line *line, unsigned int turn)
{
	static const int cmds[] = {
		IOMMU_PT_CMD_GET_DEVICE, IOMMU_PT_CMD_GET_RULES,
		IOMMU_PT_CMD_GET_DEVICE, IOMMU_PT_CMD_GET_HINTS,
	};
	int ret = ask(line, request(line, cmds[turn % 4], NLM_F_DUMP), false);

	if (ret)
		complain("dump %d: %s", cmds[turn % 4], strerror(-ret));
}

/* ---- files ---- */

static void read_all(const char *pattern)
{
	char text[4096];
	glob_t found;
	size_t i;
	int fd;

	if (glob(pattern, 0, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc; i++) {
		fd = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		while (read(fd, text, sizeof(text)) > 0)
			;
		close(fd);
	}
	globfree(&found);
}

static void read_devices(struct line *line, unsigned int turn)
{
	(void)line;
	(void)turn;
	read_all(DEVICES "testdev.*/iommu_pt/*");
}

static void read_module(struct line *line, unsigned int turn)
{
	(void)line;
	(void)turn;
	read_all("/sys/kernel/iommu_pt/*");
}

static void write_policy(struct line *line, unsigned int turn)
{
	static const char *const policies[] = { "strict", "auto", "passthrough", "lazy" };
	char path[128];
	int ret;

	(void)line;
	device_path(path, sizeof(path), some_id(turn), "iommu_pt/policy");
	ret = put(path, policies[turn % 4]);
	if (ret && !is_gone(ret))
		complain("%s: %s", path, strerror(-ret));
}

/* The driver may have bound, or another be quicker: nothing of that is wrong. */
static void bind_and_unbind(struct line *line, unsigned int turn)
{
	unsigned int id = some_id(turn);
	char path[128], name[32];

	(void)line;
	snprintf(name, sizeof(name), "testdev.%u", id);
	device_path(path, sizeof(path), id, "driver_override");
	if (put(path, "witness"))
		return;
	put(PLATFORM "drivers_probe", name);
	if (turn % 2)
		put(PLATFORM "drivers/witness/unbind", name);
}

/* ---- the threads ---- */

static struct whirl {
	const char *name;
	void (*turn)(struct line *line, unsigned int turn);
	unsigned int turns;
	pthread_t thread;
} whirls[] = {
	{ .name = "rules", .turn = change_rules },
	{ .name = "set", .turn = set_some },
	{ .name = "policy", .turn = write_policy },
	{ .name = "dump", .turn = dump },
	{ .name = "devices", .turn = read_devices },
	{ .name = "module", .turn = read_module },
	{ .name = "bind", .turn = bind_and_unbind },
	{ .name = "rebind", .turn = rebind_some },
};

#define WHIRLS (sizeof(whirls) / sizeof(whirls[0]))

static void *whirl(void *data)
{
	struct whirl *whirl = data;
	struct line line;

	open_line(&line);
	do
		whirl->turn(&line, whirl->turns++);
	while (!is_over());
	nl_socket_free(line.sock);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t herders[HERDERS];
	unsigned long n;

	if (argc != 2) {
		fprintf(stderr, "usage: swarm CYCLES\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	cycles = atoi(argv[1]);
	for (n = 0; n < WHIRLS; n++)
		pthread_create(&whirls[n].thread, NULL, whirl, &whirls[n]);
	for (n = 0; n < HERDERS; n++)
		pthread_create(&herders[n], NULL, herd, (void *)n);
	for (n = 0; n < HERDERS; n++)
		pthread_join(herders[n], NULL);
	printf("swarm: %u devices came and went; turns:", cycles);
	for (n = 0; n < WHIRLS; n++) {
		pthread_join(whirls[n].thread, NULL);
		printf(" %s %u", whirls[n].name, whirls[n].turns);
	}
	printf("\n");
	return failures != 0;
}
