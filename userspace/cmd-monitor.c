// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"
#include "msg.h"
#include "names.h"
#include "ptctl.h"
#include "xalloc.h"

static const char *device_word(unsigned int what)
{
	switch (what) {
	case IOMMU_PT_EVENT_DECISION:
		return "decision";
	case IOMMU_PT_EVENT_STATUS:
		return "status";
	case IOMMU_PT_EVENT_REMOVED:
		return "removed";
	default:
		return "unknown";
	}
}

static const char *event_word(const struct kernel_event *event)
{
	switch (event->news) {
	case KERNEL_DEVICE:
		return device_word(event->what);
	case KERNEL_LOST:
		return "lost";
	case KERNEL_UNLOADED:
		return "unloaded";
	case KERNEL_LOADED:
		return "loaded";
	default:
		return "unknown";
	}
}

static const char *source_word(const struct dev *dev)
{
	return dev->tier < 0 ? NULL : tier_name((unsigned int)dev->tier);
}

/* Local time to a millisecond; as ISO 8601 for machines. */
static void now(char *text, size_t size, bool iso)
{
	struct timeval tv;
	struct tm tm;
	size_t len;

	gettimeofday(&tv, NULL);
	localtime_r(&tv.tv_sec, &tm);
	len = strftime(text, size, iso ? "%Y-%m-%dT%H:%M:%S" : "%H:%M:%S", &tm);
	len += (size_t)snprintf(text + len, size - len, ".%03ld",
				(long)tv.tv_usec / 1000);
	if (iso)
		strftime(text + len, size - len, "%z", &tm);
}

/* ---- for people ---- */

static void print_lost(const char *time, unsigned int lost)
{
	if (lost)
		msg_out("%s %u events were lost; the state now: ptctl list", time, lost);
	else
		msg_out("%s too many at a time: events are being lost; the next one tells how many",
			time);
}

static void print_dev(const char *time, unsigned int what, const struct dev *dev)
{
	if (what == IOMMU_PT_EVENT_REMOVED)
		msg_out("%s %s removed", time, dev->label);
	else if (what == IOMMU_PT_EVENT_DECISION)
		msg_out("%s %s decision: %s%s%s%s", time, dev->label,
			dev_policy_word(dev), dev->rule ? " (" : "",
			dev->rule ? dev->rule : "", dev->rule ? ")" : "");
	else
		msg_out("%s %s %s: %s, effective %s%s%s", time, dev->label,
			dev_status_word(dev), dev_policy_word(dev),
			dev_effective_word(dev), dev->reason ? ": " : "",
			dev->reason ? dev->reason : "");
}

static void print_text(const struct kernel_event *event)
{
	char time[64];

	now(time, sizeof(time), false);
	switch (event->news) {
	case KERNEL_DEVICE:
		print_dev(time, event->what, event->dev);
		break;
	case KERNEL_LOST:
		print_lost(time, event->lost);
		break;
	case KERNEL_UNLOADED:
		msg_out("%s the module was unloaded; there is more to tell when it is loaded again: modprobe iommu-pt-policy",
			time);
		break;
	case KERNEL_LOADED:
		msg_out("%s the module was loaded; the state now: ptctl list", time);
		break;
	}
}

/* ---- for machines: an object a line ---- */

static void put_string(const char *key, const char *value)
{
	char *escaped = value ? msg_escape(value) : NULL, *p;

	printf(", \"%s\": ", key);
	if (escaped) {
		putchar('"');
		for (p = escaped; *p; p++) {
			if (*p == '"' || *p == '\\')
				putchar('\\');
			putchar(*p);
		}
		putchar('"');
	} else {
		fputs("null", stdout);
	}
	free(escaped);
}

static void put_dev(const struct dev *dev)
{
	put_string("device", dev->label);
	put_string("driver", dev->driver);
	if (dev->group >= 0)
		printf(", \"group\": %ld", dev->group);
	else
		printf(", \"group\": null");
	put_string("policy", dev_policy_word(dev));
	put_string("effective", dev_effective_word(dev));
	put_string("status", dev_status_word(dev));
	put_string("source", source_word(dev));
	put_string("rule", dev->rule);
	put_string("reason", dev->reason);
}

static void put_lost(unsigned int lost)
{
	if (lost)
		printf(", \"lost\": %u", lost);
	else
		printf(", \"lost\": null");
}

static void print_json(const struct kernel_event *event)
{
	char time[64];

	now(time, sizeof(time), true);
	printf("{\"version\": 1");
	put_string("time", time);
	put_string("event", event_word(event));
	if (event->news == KERNEL_DEVICE)
		put_dev(event->dev);
	else if (event->news == KERNEL_LOST)
		put_lost(event->lost);
	puts("}");
}

/* ---- what ends it ---- */

static volatile sig_atomic_t printing, ended;

/* A reader that reads no more may keep it from printing for ever. */
static void on_signal(int signal)
{
	(void)signal;
	if (printing)
		_exit(PTCTL_DONE);
	ended = true;
}

static sigset_t ends(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	return set;
}

/*
 * From now on they come only while it waits, for events or for who reads them.
 *
 * Return: what to wait for events with
 */
static sigset_t hold_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t set = ends(), waiting;

	sigprocmask(SIG_BLOCK, &set, &waiting);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigdelset(&waiting, SIGINT);
	sigdelset(&waiting, SIGTERM);
	return waiting;
}

static void set_printing(bool on)
{
	sigset_t set = ends();

	printing = on;
	sigprocmask(on ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
}

/* ---- the loop ---- */

static void on_event(const struct kernel_event *event, void *arg)
{
	const bool *json = arg;

	set_printing(true);
	if (*json)
		print_json(event);
	else
		print_text(event);
	fflush(stdout);
	set_printing(false);
}

static int loop(struct kernel *k, bool json)
{
	struct pollfd fd = { .fd = kernel_fd(k), .events = POLLIN };
	sigset_t waiting = hold_signals();
	int err = 0;

	while (!err && !ended && !ferror(stdout)) {
		if (ppoll(&fd, 1, NULL, &waiting) >= 0)
			err = kernel_read_events(k, on_event, &json);
		else if (errno != EINTR)
			return msg_fail(PTCTL_FAILED, "poll: %m");
	}
	return err ? kernel_fail(k, err, "events") : PTCTL_DONE;
}

static int run(int argc, char **argv)
{
	bool json = false;
	struct kernel *k;
	int ret, err;

	ret = parse_json(&cmd_monitor, argc, argv, 0, 0, &json);
	if (!ret)
		ret = kernel_require(&k);
	if (ret)
		return ret;
	err = kernel_subscribe(k);
	ret = err ? kernel_fail(k, err, "events") : loop(k, json);
	kernel_close(k);
	return ret;
}

const struct command cmd_monitor = {
	.name = "monitor",
	.summary = "Print decisions and changes as they happen",
	.usage = "[--json]",
	.help =
	"  -j, --json   a JSON object a line\n\n"
	"Runs until interrupted. Says how many events were lost, if it\n"
	"could not keep up, and when the module is unloaded and loaded.\n\n"
	"Examples:\n"
	"  ptctl monitor\n"
	"  ptctl monitor --json | jq 'select(.status == \"conflict\")'\n",
	.run = run,
};
