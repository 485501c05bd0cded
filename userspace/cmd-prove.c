// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "device.h"
#include "msg.h"
#include "names.h"
#include "prove.h"
#include "proven.h"
#include "ptctl.h"
#include "resolve.h"
#include "table.h"

#define SILENCE		2	/* seconds until something is said */
#define BORROWER	"vfio-pci"

/**
 * struct job - a device to prove
 * @dev: it; its driver is what it had before
 * @prover: who drives it
 * @ids: what it is
 * @lent: vfio-pci has it from the kernel module
 * @status: of the whole, an enum ptctl_status
 * @verdict: what came out
 * @what: which write showed it, or NULL
 * @why: why there is no verdict, or NULL
 */
struct job {
	struct dev dev;
	const struct prover *prover;
	struct pci_ids ids;
	bool lent;
	int status;
	enum verdict verdict;
	char *what;
	char *why;
};

struct jobs {
	struct job *at;
	size_t count;
	struct kernel *kernel;	/* NULL while nothing has to be lent */
	bool force;
	bool json;
};

__attribute__((format(printf, 3, 4)))
static void fail(struct job *job, int status, const char *format, ...)
{
	va_list args;

	free(job->why);
	va_start(args, format);
	if (vasprintf(&job->why, format, args) < 0)
		abort();
	va_end(args);
	job->status = worse_status(job->status, status);
	msg_err("%s: %s", job->dev.label, job->why);
}

/* ---- whoever waits is told so ---- */

static char waiting[256];

static void say_waiting(int signal)
{
	ssize_t ignored = write(STDERR_FILENO, waiting, strlen(waiting));

	(void)signal;
	(void)ignored;
}

static void begin_waiting(const char *doing, const struct job *job)
{
	struct sigaction action = {
		.sa_handler = say_waiting, .sa_flags = SA_RESTART,
	};
	char *name = msg_escape(job->dev.label);

	snprintf(waiting, sizeof(waiting), "ptctl: %s: %s...\n", name, doing);
	free(name);
	sigaction(SIGALRM, &action, NULL);
	alarm(SILENCE);
}

/* ---- can it be proven, and may it? ---- */

static bool is_given(const struct dev *dev)
{
	return dev->driver && !strcmp(dev->driver, BORROWER);
}

/* A driver that vfio lets a sibling have. */
static bool is_harmless(const struct dev *dev)
{
	return !dev->driver || dev_is_users(dev) ||
	       !strcmp(dev->driver, "pcieport") ||
	       !strcmp(dev->driver, "pci-stub");
}

static struct job *find_job(const struct jobs *jobs, const struct dev *dev)
{
	size_t i;

	for (i = 0; i < jobs->count; i++)
		if (!strcmp(jobs->at[i].dev.label, dev->label))
			return &jobs->at[i];
	return NULL;
}

/* "A (driver x), B (driver y)": they would have to give up; NULL: nobody */
static char *name_blockers(const struct jobs *jobs, const struct dev *dev)
{
	struct devs members = { 0 };
	char *list = NULL, *longer;
	size_t i;

	device_group(dev->group, &members);
	for (i = 0; i < members.count; i++) {
		const struct dev *member = &members.at[i];

		if (is_harmless(member) || find_job(jobs, member))
			continue;
		longer = xasprintf("%s%s%s (driver %s)", list ? list : "",
				   list ? ", " : "", member->label,
				   member->driver);
		free(list);
		list = longer;
	}
	devs_free(&members);
	return list;
}

static void check_kind(struct job *job)
{
	char *names;

	if (job->dev.group < 0) {
		fail(job, PTCTL_UNSUPPORTED,
		     "is in no IOMMU group: nothing is in front of it that it could obey");
		return;
	}
	job->prover = prover_find(&job->dev, &job->ids);
	if (job->prover)
		return;
	names = prover_names();
	fail(job, PTCTL_UNSUPPORTED,
	     "is of no kind that can be driven; these can: %s", names);
	free(names);
}

static void check_use(const struct jobs *jobs, struct job *job)
{
	char *blockers = name_blockers(jobs, &job->dev);

	if (blockers)
		fail(job, PTCTL_BUSY,
		     "vfio has whole groups only: of group %ld these would have to give up their drivers: %s; name them as well, or unbind them",
		     job->dev.group, blockers);
	else if (!jobs->force && !is_given(&job->dev))
		job->status = change_guard_dev(&job->dev, "--force");
	if (job->status && !job->why)
		job->why = xstrdup("it is in use");
	free(blockers);
}

/* A sibling that cannot be had is in the way of those that could be. */
static void check_siblings(const struct jobs *jobs, struct job *job)
{
	size_t i;

	for (i = 0; !job->status && i < jobs->count; i++) {
		const struct job *other = &jobs->at[i];

		if (other->status && other->dev.group == job->dev.group &&
		    !is_harmless(&other->dev))
			fail(job, PTCTL_BUSY,
			     "its group sibling %s would have to give up its driver %s",
			     other->dev.label, other->dev.driver);
	}
}

static void check_all(struct jobs *jobs)
{
	size_t i;

	for (i = 0; i < jobs->count; i++)
		check_kind(&jobs->at[i]);
	for (i = 0; i < jobs->count; i++)
		if (!jobs->at[i].status)
			check_use(jobs, &jobs->at[i]);
	for (i = 0; i < jobs->count; i++)
		check_siblings(jobs, &jobs->at[i]);
}

/* ---- taking and giving back ---- */

static bool needs_kernel(const struct jobs *jobs)
{
	size_t i;

	for (i = 0; i < jobs->count; i++)
		if (!jobs->at[i].status && !is_given(&jobs->at[i].dev))
			return true;
	return false;
}

/*
 * Without the module only what vfio-pci has already, for good. With it, that is
 * borrowed as well, so that no two have it.
 */
static int open_kernel(struct jobs *jobs)
{
	int ret;

	if (needs_kernel(jobs)) {
		ret = kernel_require(&jobs->kernel);
		return ret ? ret : kernel_require_on(jobs->kernel);
	}
	if (!kernel_reach(&jobs->kernel) && kernel_is_off(jobs->kernel)) {
		kernel_close(jobs->kernel);
		jobs->kernel = NULL;
	}
	return PTCTL_DONE;
}

static void take(struct jobs *jobs, struct job *job)
{
	int err;

	if (job->status || !jobs->kernel)
		return;
	begin_waiting("waiting for its driver to let go", job);
	err = kernel_lend(jobs->kernel, &job->dev);
	alarm(0);
	job->lent = !err;
	if (err)
		fail(job, err == -EBUSY ? PTCTL_BUSY : err == -EOPNOTSUPP ?
		     PTCTL_UNSUPPORTED : PTCTL_FAILED, "%s",
		     *kernel_sentence(jobs->kernel) ?
		     kernel_sentence(jobs->kernel) : strerror(-err));
}

static void give_back(struct jobs *jobs, struct job *job)
{
	int err;

	if (!job->lent)
		return;
	begin_waiting("waiting for its driver to come back", job);
	err = kernel_return(jobs->kernel, &job->dev);
	alarm(0);
	job->lent = false;
	if (err)
		fail(job, PTCTL_FAILED, "%s", *kernel_sentence(jobs->kernel) ?
		     kernel_sentence(jobs->kernel) : strerror(-err));
}

static void prove_one(struct job *job)
{
	struct proof proof = { .dev = &job->dev, .ids = job->ids };
	int ret;

	begin_waiting("waiting for the device", job);
	ret = prove(&proof, job->prover, &job->verdict);
	alarm(0);
	job->what = xstrdup(proof.what);
	if (ret)
		fail(job, ret, "%s", proof.why);
	else if (job->verdict == VERDICT_INCONCLUSIVE)
		fail(job, PTCTL_FAILED, "inconclusive: %s", proof.why);
	else if (job->verdict == VERDICT_BYPASS)
		job->status = worse_status(job->status, PTCTL_FINDINGS);
	proof_free(&proof);
}

/* vfio has all of a group, or nothing: what is named of it goes together. */
static void prove_group(struct jobs *jobs, size_t first)
{
	long group = jobs->at[first].dev.group;
	size_t i;

	for (i = first; i < jobs->count; i++)
		if (jobs->at[i].dev.group == group)
			take(jobs, &jobs->at[i]);
	for (i = first; i < jobs->count; i++)
		if (jobs->at[i].dev.group == group && !jobs->at[i].status)
			prove_one(&jobs->at[i]);
	for (i = first; i < jobs->count; i++)
		if (jobs->at[i].dev.group == group)
			give_back(jobs, &jobs->at[i]);
}

static bool is_first_of_group(const struct jobs *jobs, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (jobs->at[i].dev.group == jobs->at[n].dev.group)
			return false;
	return true;
}

/* ---- what came of it ---- */

static void keep(struct job *job)
{
	if (job->verdict != VERDICT_NONE)
		job->status = worse_status(job->status,
					   proven_keep(&job->dev, job->verdict,
						       job->what));
}

static void say(const struct job *job)
{
	char *type = device_group_type(job->dev.group);
	bool identity = type && !strcmp(type, "identity");

	if (job->verdict == VERDICT_TRANSLATED)
		msg_out("%s: proven translated: it obeys the IOMMU%s (%s)",
			job->dev.label, identity ?
			", though its group is in passthrough now" : "",
			job->what);
	else if (job->verdict == VERDICT_BYPASS)
		msg_out("%s: proven bypass: its DMA goes past the IOMMU (%s)",
			job->dev.label, job->what);
	free(type);
}

static const struct column columns[] = {
	{ "DEVICE", COLUMN_TEXT, NULL },
	{ "DRIVER", COLUMN_TEXT, NULL },
	{ "GROUP", COLUMN_NUMBER, NULL },
	{ "VERDICT", COLUMN_TEXT, NULL },
	{ "WHAT", COLUMN_TEXT, NULL },
	{ "WHY", COLUMN_TEXT, NULL },
	{ "PROVEN_AT", COLUMN_TEXT, NULL },
	{ "PROVEN_ON", COLUMN_TEXT, NULL },
};

static void print_json(struct jobs *jobs)
{
	struct table *table = table_new("proofs", true, true);
	size_t i;

	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		table_column(table, &columns[i]);
	for (i = 0; i < jobs->count; i++) {
		struct job *job = &jobs->at[i];
		struct proven *proven;

		proven_look(&job->dev);
		proven = job->dev.proven;
		table_row(table);
		table_cell(table, job->dev.label);
		table_cell(table, job->dev.driver);
		if (job->dev.group >= 0)
			table_cell_number(table, job->dev.group);
		else
			table_cell(table, NULL);
		table_cell(table, verdict_name(job->verdict));
		table_cell(table, job->what);
		table_cell(table, job->why);
		table_cell(table, proven ? proven->time : NULL);
		table_cell(table, proven ? proven->kernel : NULL);
	}
	table_print(&table, 1);
	table_free(table);
}

static int finish(struct jobs *jobs)
{
	int ret = PTCTL_DONE;
	size_t i;

	for (i = 0; i < jobs->count; i++) {
		keep(&jobs->at[i]);
		if (!jobs->json)
			say(&jobs->at[i]);
		ret = worse_status(ret, jobs->at[i].status);
	}
	if (jobs->json)
		print_json(jobs);
	return ret;
}

/* ---- the verb ---- */

static int parse(int argc, char **argv, struct jobs *jobs)
{
	static const struct option longs[] = {
		{ "force", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "fj", longs, NULL)) != -1) {
		if (c == 'f')
			jobs->force = true;
		else if (c == 'j')
			jobs->json = true;
		else
			return usage_fail(&cmd_prove, NULL);
	}
	if (optind == argc)
		return usage_fail(&cmd_prove, "the device is missing");
	return PTCTL_DONE;
}

/* All of them, before anything is touched. */
static int resolve(struct jobs *jobs, char **names)
{
	struct job job = { 0 };
	int ret = PTCTL_DONE;

	for (; *names && !ret; names++) {
		ret = resolve_device(*names, &job.dev);
		if (!ret && find_job(jobs, &job.dev)) {
			dev_free(&job.dev);
		} else if (!ret) {
			jobs->at = grow(jobs->at, jobs->count, sizeof(job));
			jobs->at[jobs->count++] = job;
		}
		memset(&job, 0, sizeof(job));
	}
	return ret;
}

static int prove_all(struct jobs *jobs)
{
	int ret;
	size_t i;

	if (geteuid())
		return msg_fail(PTCTL_FAILED,
				"needs root: a device is taken from its driver, and where memory lies is asked");
	check_all(jobs);
	ret = open_kernel(jobs);
	if (ret)
		return ret;
	for (i = 0; i < jobs->count; i++)
		if (is_first_of_group(jobs, i))
			prove_group(jobs, i);
	return finish(jobs);
}

static void free_jobs(struct jobs *jobs)
{
	size_t i;

	for (i = 0; i < jobs->count; i++) {
		dev_free(&jobs->at[i].dev);
		free(jobs->at[i].what);
		free(jobs->at[i].why);
	}
	free(jobs->at);
	kernel_close(jobs->kernel);
}

static int run(int argc, char **argv)
{
	struct jobs jobs = { 0 };
	int ret = parse(argc, argv, &jobs);

	if (!ret)
		ret = resolve(&jobs, argv + optind);
	if (!ret)
		ret = prove_all(&jobs);
	free_jobs(&jobs);
	return ret;
}

const struct command cmd_prove = {
	.name = "prove",
	.summary = "Whether a device obeys the IOMMU, by one harmless DMA",
	.usage = "DEVICE... [--force] [--json]",
	.help =
	"Takes the device from its driver, has it write once to memory of ptctl's own,\n"
	"where that shows whether the IOMMU was in between, and gives it back. Nothing\n"
	"else is written, and whatever happens to ptctl, the driver comes back. The\n"
	"proof is kept until reboot: list, show and audit have it.\n\n"
	"  -f, --force   even if something uses the device, and what uses it breaks\n"
	"  -j, --json    as JSON: \"proofs\"\n\n"
	"Kinds of devices: virtio, NVMe, AHCI (with a drive), edu.\n\n"
	"Exit status 0: all translated; 3: one bypasses; 1: one is not known.\n\n"
	"Examples:\n"
	"  ptctl prove 0000:00:03.0\n"
	"  ptctl prove eth1 nvme0n1\n",
	.run = run,
};
