// SPDX-License-Identifier: GPL-2.0
/*
 * Who pays for translation right now. The kernel's dma events (since 6.12) tell
 * of each mapping whose it is; what they do not tell of shows as the difference
 * to what all IOMMUs together are told to map.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "msg.h"
#include "ptctl.h"
#include "table.h"
#include "tracefs.h"
#include "view.h"
#include "xalloc.h"

#define LONGEST_DELAY	3600.0
#define NOISE		1.05	/* counters are not read all at once */

static const struct column columns[] = {
	{ "DEVICE", COLUMN_TEXT, NULL },
	{ "DRIVER", COLUMN_TEXT, NULL },
	{ "EFFECTIVE", COLUMN_TEXT, NULL },
	{ "MAPS", COLUMN_NUMBER, NULL },
	{ "UNMAPS", COLUMN_NUMBER, NULL },
	{ "FLUSHES", COLUMN_NUMBER, NULL },
};

/* What all IOMMUs did. UNTOLD: unmaps that no device's events tell of. */
static const struct column total_columns[] = {
	{ "MAPS", COLUMN_NUMBER, NULL },
	{ "UNMAPS", COLUMN_NUMBER, NULL },
	{ "FLUSHES", COLUMN_NUMBER, NULL },
	{ "UNTOLD", COLUMN_NUMBER, NULL },
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

struct options {
	double delay;
	unsigned long count;	/* 0: until interrupted */
	bool json;
};

/* What is counted. */
enum { MAPS, UNMAPS, ALL_MAPS, ALL_UNMAPS, ALL_FLUSHES, EVENTS };

/* An IOTLB invalidation of a VT-d is a descriptor of type 2. */
static const struct tracefs_events watched[EVENTS] = {
	[MAPS] = { "dma", "dma_@(map|alloc)!(*_err)", "device", NULL, 0 },
	[UNMAPS] = { "dma", "dma_@(unmap|free)*", "device", NULL, 0 },
	[ALL_MAPS] = { "iommu", "map", "common_type", NULL, 1 },
	[ALL_UNMAPS] = { "iommu", "unmap", "common_type", NULL, 1 },
	[ALL_FLUSHES] = { "intel_iommu", "qi_submit", "iommu",
			  "qw0 & 2 && !(qw0 & 13)", 64 },
};

/**
 * struct payer - what was counted of one name
 * @name: of a device, without its bus; "" for all together
 * @hits: since the beginning
 * @before: the same, when it was last shown
 */
struct payer {
	char *name;
	unsigned long long hits[EVENTS];
	unsigned long long before[EVENTS];
};

struct top {
	const struct options *options;
	struct tracefs *trace;
	struct view view;
	int handles[EVENTS];
	struct payer *payers;
	size_t count;
	struct timespec then;
	double elapsed;
	unsigned long long dropped;
};

/* ---- counting ---- */

static struct payer *payer_of(struct top *top, const char *name)
{
	struct payer *payer;
	size_t i;

	for (i = 0; i < top->count; i++)
		if (!strcmp(top->payers[i].name, name))
			return &top->payers[i];
	top->payers = grow(top->payers, top->count, sizeof(*payer));
	payer = &top->payers[top->count++];
	memset(payer, 0, sizeof(*payer));
	payer->name = xstrdup(name);
	return payer;
}

struct counting {
	struct top *top;
	int what;
};

static void add_hits(const char *value, unsigned long long hits, void *arg)
{
	const struct counting *counting = arg;
	bool of_device = counting->what <= UNMAPS;

	payer_of(counting->top, of_device ? value : "")
		->hits[counting->what] += hits;
}

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) +
	       (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

/* Not all of it could be read: as if there were nothing new. */
static void keep_hits(struct top *top, int what)
{
	size_t i;

	for (i = 0; i < top->count; i++)
		top->payers[i].hits[what] = top->payers[i].before[what];
}

static void take_sample(struct top *top)
{
	struct counting counting = { .top = top };
	size_t i;

	top->elapsed = seconds_since(&top->then);
	clock_gettime(CLOCK_MONOTONIC, &top->then);
	top->dropped = 0;
	for (i = 0; i < top->count; i++) {
		memcpy(top->payers[i].before, top->payers[i].hits,
		       sizeof(top->payers[i].hits));
		memset(top->payers[i].hits, 0, sizeof(top->payers[i].hits));
	}
	for (counting.what = 0; counting.what < EVENTS; counting.what++)
		if (!tracefs_read(top->trace, top->handles[counting.what],
				  add_hits, &counting, &top->dropped))
			keep_hits(top, counting.what);
}

/* A second, rounded up: what happens is not nothing. */
static long rate(const struct top *top, const struct payer *payer, int what)
{
	unsigned long long hits = payer->hits[what];
	unsigned long long before = payer->before[what];

	if (hits < before)	/* which counters do not, and it must not wrap */
		return 0;
	return (long)((double)(hits - before) / top->elapsed + 0.999);
}

/* ---- what it means ---- */

/**
 * struct row - a device that maps
 * @label: what it is called
 * @driver: its driver, or NULL
 * @effective: what its DMA does, NULL if that is not known
 * @pays: it is translated
 * @waits: each of its unmaps waits for an invalidation
 * @maps: a second
 * @unmaps: a second
 */
struct row {
	const char *label;
	const char *driver;
	const char *effective;
	bool pays;
	bool waits;
	long maps;
	long unmaps;
};

/* The kernel's events have the name alone. NULL also if two buses have it. */
static const struct dev *find_by_name(const struct devs *devs, const char *name)
{
	const struct dev *found = NULL;
	size_t i;

	for (i = 0; i < devs->count; i++) {
		if (strcmp(devs->at[i].name, name))
			continue;
		if (found)
			return NULL;
		found = &devs->at[i];
	}
	return found;
}

static bool is_translated(const struct dev *dev)
{
	return dev->effective == IOMMU_PT_EFFECTIVE_STRICT ||
	       dev->effective == IOMMU_PT_EFFECTIVE_LAZY ||
	       (dev->effective == IOMMU_PT_EFFECTIVE_UNKNOWN && dev->group >= 0);
}

static struct row make_row(const struct top *top, const struct payer *payer,
			   const struct devs *devs)
{
	const struct dev *dev = find_by_name(devs, payer->name);
	struct row row = {
		.label = payer->name,
		.maps = rate(top, payer, MAPS),
		.unmaps = rate(top, payer, UNMAPS),
	};

	if (dev) {
		row.label = dev->label;
		row.driver = dev->driver;
		row.effective = dev_effective_word(dev);
		row.pays = is_translated(dev);
		row.waits = dev->effective == IOMMU_PT_EFFECTIVE_STRICT;
	}
	return row;
}

static long cost(const struct row *row)
{
	return row->maps + row->unmaps * (row->waits ? 2 : 1);
}

/* Those that pay most first; then those that would. */
static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->pays != y->pays)
		return x->pays ? -1 : 1;
	if (cost(x) != cost(y))
		return cost(x) > cost(y) ? -1 : 1;
	return strverscmp(x->label, y->label);
}

/* Of what maps; without events that tell, what is translated and has a driver. */
static struct row *make_rows(const struct top *top, const struct devs *devs,
			     size_t *count)
{
	struct row *rows = xcalloc(top->count + devs->count + 1, sizeof(*rows));
	size_t i;

	*count = 0;
	for (i = 0; i < top->count; i++) {
		rows[*count] = make_row(top, &top->payers[i], devs);
		if (*top->payers[i].name &&
		    (rows[*count].maps || rows[*count].unmaps))
			++*count;
	}
	for (i = 0; top->handles[UNMAPS] < 0 && i < devs->count; i++)
		if (devs->at[i].driver && is_translated(&devs->at[i]))
			rows[(*count)++] = (struct row){
				.label = devs->at[i].label,
				.driver = devs->at[i].driver,
				.effective = dev_effective_word(&devs->at[i]),
				.pays = true,
			};
	qsort(rows, *count, sizeof(*rows), compare_rows);
	return rows;
}

/* Unmaps of no device that was told of; -1 where that cannot be known. */
static long untold(const struct top *top, const struct payer *all,
		   const struct row *rows, size_t count)
{
	long told = 0, unmaps = rate(top, all, ALL_UNMAPS);
	size_t i;

	if (top->handles[UNMAPS] < 0 || top->handles[ALL_UNMAPS] < 0)
		return -1;
	for (i = 0; i < count; i++)
		if (rows[i].pays)
			told += rows[i].unmaps;
	return (double)unmaps > (double)told * NOISE + 1 ? unmaps - told : 0;
}

/* ---- printing ---- */

static struct table *new_table(const char *array, bool json,
			       const struct column *all, size_t count)
{
	struct table *table = table_new(array, json, true);
	size_t i;

	for (i = 0; i < count; i++)
		table_column(table, &all[i]);
	return table;
}

static void number_or_null(struct table *table, long value, bool known)
{
	if (known)
		table_cell_number(table, value);
	else
		table_cell(table, NULL);
}

static struct table *rows_table(const struct top *top, const struct row *rows,
				size_t count)
{
	struct table *table = new_table("devices", top->options->json, columns,
					COUNT(columns));
	size_t i;

	for (i = 0; i < count; i++) {
		const struct row *row = &rows[i];

		table_row(table);
		table_cell(table, row->label);
		table_cell(table, row->driver);
		table_cell(table, row->effective);
		number_or_null(table, row->maps, top->handles[MAPS] >= 0);
		number_or_null(table, row->unmaps, top->handles[UNMAPS] >= 0);
		/* Those of a lazy device are put off and made for many at once. */
		number_or_null(table, row->waits ? row->unmaps : 0,
			       top->handles[UNMAPS] >= 0 &&
			       (row->waits || !row->pays));
	}
	return table;
}

static struct table *total_table(const struct top *top,
				 const struct payer *all, long rest)
{
	struct table *table = new_table("total", top->options->json,
					total_columns, COUNT(total_columns));

	table_row(table);
	number_or_null(table, rate(top, all, ALL_MAPS),
		       top->handles[ALL_MAPS] >= 0);
	number_or_null(table, rate(top, all, ALL_UNMAPS),
		       top->handles[ALL_UNMAPS] >= 0);
	number_or_null(table, rate(top, all, ALL_FLUSHES),
		       top->handles[ALL_FLUSHES] >= 0);
	number_or_null(table, rest, rest >= 0);
	return table;
}

static void say_total(const struct top *top, const struct payer *all, long rest)
{
	if (top->handles[ALL_UNMAPS] >= 0)
		msg_out("all IOMMUs: %ld maps, %ld unmaps a second",
			rate(top, all, ALL_MAPS), rate(top, all, ALL_UNMAPS));
	if (top->handles[ALL_FLUSHES] >= 0)
		msg_out("all VT-d: %ld IOTLB invalidations a second",
			rate(top, all, ALL_FLUSHES));
	if (rest > 0)
		msg_out("%ld unmaps a second are nobody's here: vfio's, or of a driver whose way to map the kernel's dma events do not tell of",
			rest);
	if (top->dropped)
		msg_out("%llu events were not counted, for want of room",
			top->dropped);
}

static void say_gain(const struct top *top, const struct row *rows,
		     size_t count)
{
	if (!count || !rows->pays || top->handles[UNMAPS] < 0)
		return;
	if (rows->waits)
		msg_out("%s pays most. passthrough saves all of it, lazy most of %ld flushes a second: ptctl set %s passthrough --rebind",
			rows->label, rows->unmaps, rows->label);
	else
		msg_out("%s pays most. passthrough saves all of it: ptctl set %s passthrough --rebind",
			rows->label, rows->label);
}

static void print_text(const struct top *top, struct table *table,
		       const struct payer *all, const struct row *rows,
		       size_t count, long rest)
{
	bool tty = isatty(STDOUT_FILENO);

	if (tty)
		fputs("\033[H\033[2J", stdout);
	msg_out("%.1f s, figures a second%s", top->elapsed,
		count ? "" : ": no device maps anything");
	if (count)
		table_print(&table, 1);
	say_total(top, all, rest);
	say_gain(top, rows, count);
	if (!tty && top->options->count != 1)
		msg_out("%s", "");
}

static void print(struct top *top, const struct devs *devs)
{
	const struct payer *all = payer_of(top, "");
	struct table *tables[2];
	struct row *rows;
	size_t count;
	long rest;

	rows = make_rows(top, devs, &count);
	rest = untold(top, all, rows, count);
	tables[0] = rows_table(top, rows, count);
	tables[1] = total_table(top, all, rest);
	if (top->options->json)
		table_print(tables, 2);
	else
		print_text(top, tables[0], all, rows, count, rest);
	fflush(stdout);
	table_free(tables[0]);
	table_free(tables[1]);
	free(rows);
}

/* ---- the loop ---- */

/* What ends it, as something to poll: nothing may be left in the kernel. */
static int open_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Returns whether the time is over, and no signal came. */
static bool wait_for(int signals, double delay)
{
	struct pollfd fd = { .fd = signals, .events = POLLIN };

	return !poll(&fd, 1, (int)(delay * 1000));
}

static int loop(struct top *top, int signals)
{
	struct devs devs = { 0 };
	unsigned long shown = 0;
	int ret = PTCTL_DONE;

	clock_gettime(CLOCK_MONOTONIC, &top->then);
	take_sample(top);
	while (!ret && !ferror(stdout) && wait_for(signals, top->options->delay)) {
		take_sample(top);
		ret = view_devs(&top->view, &devs, false);
		if (!ret)
			print(top, &devs);
		devs_free(&devs);
		if (++shown == top->options->count)
			break;
	}
	return ret;
}

static int begin(struct top *top)
{
	struct tracefs_events events;
	struct utsname uts;
	int i;

	for (i = 0; i < EVENTS; i++) {
		events = watched[i];
		if (!events.keys)
			events.keys = top->view.info.devices + 64;
		top->handles[i] = tracefs_count(top->trace, &events);
	}
	uname(&uts);
	if (top->handles[UNMAPS] < 0 && top->handles[ALL_UNMAPS] < 0)
		return msg_fail(PTCTL_UNSUPPORTED,
				"this kernel (%s) counts neither dma nor iommu events (CONFIG_HIST_TRIGGERS, and dma events since Linux 6.12)",
				uts.release);
	if (top->handles[UNMAPS] < 0)
		msg_err("this kernel (%s) does not tell which device maps, only how much all do together: dma events are in Linux 6.12 and later. Below are those that may",
			uts.release);
	return PTCTL_DONE;
}

static int parse(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "delay", required_argument, NULL, 'd' },
		{ "count", required_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 }
	};
	char *end = NULL;
	int c;

	options->delay = 2;
	while ((c = getopt_long(argc, argv, "d:n:j", longs, NULL)) != -1) {
		if (c == 'd') {
			options->delay = strtod(optarg, &end);
			if (*end || !(options->delay >= 0.1 &&
				      options->delay <= LONGEST_DELAY))
				return usage_fail(&cmd_top, "--delay takes 0.1 to 3600 seconds");
		} else if (c == 'n') {
			errno = 0;
			options->count = strtoul(optarg, &end, 10);
			if (*end || *optarg < '0' || *optarg > '9' || errno ||
			    !options->count)
				return usage_fail(&cmd_top, "--count takes a number from 1 on");
		} else if (c == 'j') {
			options->json = true;
		} else {
			return usage_fail(&cmd_top, NULL);
		}
	}
	if (optind < argc)
		return usage_fail(&cmd_top, "top takes no device");
	return PTCTL_DONE;
}

static int run(int argc, char **argv)
{
	struct options options = { 0 };
	struct top top = { .options = &options };
	int signals, ret;

	ret = parse(argc, argv, &options);
	if (ret)
		return ret;
	/* Before there is anything to clear away. */
	signals = open_signals();
	if (signals < 0)
		return msg_fail(PTCTL_FAILED, "signals: %m");
	ret = view_open(&top.view);
	if (!ret)
		ret = tracefs_open(&top.trace);
	if (!ret)
		ret = begin(&top);
	if (!ret)
		ret = loop(&top, signals);
	tracefs_close(top.trace);
	view_close(&top.view);
	while (top.count)
		free(top.payers[--top.count].name);
	free(top.payers);
	close(signals);
	return ret;
}

const struct command cmd_top = {
	.name = "top",
	.summary = "Which devices pay most for translation now, and what each would gain",
	.usage = "[--delay SECONDS] [--count N] [--json]",
	.help =
	"  -d, --delay SECONDS  between two tables; 2 if not given\n"
	"  -n, --count N        so many tables; without it until interrupted\n"
	"  -j, --json           as JSON, an object a table\n\n"
	"Figures are a second. MAPS and UNMAPS: how often its driver maps memory for\n"
	"DMA. FLUSHES: how often it waits for the IOMMU to forget, which is an exit to\n"
	"the hypervisor where that makes up the IOMMU; blank for a lazy device, whose\n"
	"flushes are few and made for many at once. A device in passthrough pays for\n"
	"none of it. Needs root, and Linux 6.12 to tell devices apart.\n\n"
	"Examples:\n"
	"  ptctl top\n"
	"  ptctl top -d 10 -n 1 --json\n",
	.run = run,
};
