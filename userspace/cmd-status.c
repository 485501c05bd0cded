// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "device.h"
#include "msg.h"
#include "names.h"
#include "ptctl.h"
#include "table.h"
#include "view.h"

struct summary {
	const struct kernel_info *info;	/* version NULL: no module */
	char *iommu;			/* NULL: none */
	unsigned int rules[__IOMMU_PT_TIER_END];
	unsigned int effective[__IOMMU_PT_EFFECTIVE_END];
	unsigned int status[__IOMMU_PT_STATUS_END];
	unsigned int findings[__SEVERITY_END];
	unsigned int devices;
	unsigned int grouped;
};

/* ---- gathering ---- */

static char *join(const struct strings *list)
{
	char *text = NULL;
	size_t i, len;
	FILE *out;

	if (!list->count)
		return NULL;
	out = xmemstream(&text, &len);
	for (i = 0; i < list->count; i++)
		fprintf(out, "%s%s", i ? ", " : "", list->at[i]);
	xclose(out, &text);
	return text;
}

static void count_devs(struct summary *s, const struct devs *devs)
{
	size_t i;

	s->devices = (unsigned int)devs->count;
	for (i = 0; i < devs->count; i++) {
		const struct dev *dev = &devs->at[i];

		s->grouped += dev->group >= 0;
		if (dev->effective < __IOMMU_PT_EFFECTIVE_END)
			s->effective[dev->effective]++;
		if (dev->status >= 0 && dev->status < __IOMMU_PT_STATUS_END)
			s->status[dev->status]++;
	}
}

static void count_rules(struct summary *s, const struct rulelist *rules)
{
	size_t i;

	for (i = 0; i < rules->count; i++)
		if (rules->at[i].tier < __IOMMU_PT_TIER_END)
			s->rules[rules->at[i].tier]++;
}

static int count_findings(struct summary *s)
{
	struct findings found = { 0 };
	int ret = audit_here(&found);
	size_t i;

	for (i = 0; i < found.count; i++)
		s->findings[found.at[i].severity]++;
	findings_free(&found);
	return ret;
}

static int gather(struct view *view, struct summary *s)
{
	struct strings iommus = { 0 };
	struct devs devs = { 0 };
	int ret;

	s->info = &view->info;
	ret = view_rules(view);
	if (!ret)
		ret = view_devs(view, &devs, false);
	if (ret)
		return ret;
	count_rules(s, &view->rules);
	count_devs(s, &devs);
	device_iommus(&iommus);
	s->iommu = join(&iommus);
	strings_free(&iommus);
	devs_free(&devs);
	return count_findings(s);
}

/* ---- for people ---- */

typedef const char *(*name_fn)(unsigned int index);

/* "3 lazy, 1 passthrough"; those that are 0 are left out */
static void print_counts(const char *heading, const unsigned int *counts,
			 unsigned int n, name_fn name)
{
	struct strings parts = { 0 };
	unsigned int i;
	char *text;

	for (i = 0; i < n; i++)
		if (counts[i])
			strings_add(&parts, xasprintf("%u %s", counts[i],
						      name(i)));
	text = join(&parts);
	msg_out("%-10s %s", heading, text ? text : "none");
	free(text);
	strings_free(&parts);
}

/* Statuses, and rules that are in no file, only a module that is on knows. */
static bool is_blind(const struct summary *s)
{
	return !s->info->version || s->info->mode == IOMMU_PT_MODE_OFF;
}

static const char *next_step(const struct summary *s)
{
	if (!s->iommu && !s->grouped)
		return "no IOMMU is in use, so there is nothing to decide: is it enabled in firmware and command line (intel_iommu=on)?";
	if (!s->info->version)
		return "load the module: modprobe iommu-pt-policy";
	if (s->info->mode == IOMMU_PT_MODE_OFF)
		return "the module is off: reload it without mode=off";
	if (s->status[IOMMU_PT_STATUS_PENDING])
		return "devices are pending: ptctl list -o +REASON, then ptctl set DEVICE POLICY --rebind";
	if (s->status[IOMMU_PT_STATUS_CONFLICT])
		return "devices of one group disagree: ptctl list -o +REASON, then ptctl set DEVICE POLICY --group";
	if (s->status[IOMMU_PT_STATUS_REFUSED])
		return "policies were refused: ptctl list -o +REASON";
	if (s->findings[SEVERITY_CRITICAL] || s->findings[SEVERITY_HIGH])
		return "something is not protected as it seems: ptctl audit";
	return NULL;
}

static void print_trust(const struct kernel_info *info)
{
	const char *hints = hints_name(info->hints);

	msg_out("%-10s %s%s%s", "Hints", hints ? hints : "unknown",
		info->truthful ? ", the platform vouches for its tables" : "",
		info->confidential ? ", confidential guest" : "");
	msg_out("%-10s %s", "Sealed", info->sealed ?
		"yes, nothing becomes less strict until reboot" : "no");
}

static void print_text(const struct summary *s)
{
	const char *mode = mode_name(s->info->mode), *next = next_step(s);

	if (s->info->version)
		msg_out("%-10s %s, mode %s", "Module", s->info->version,
			mode ? mode : "unknown");
	else
		msg_out("%-10s not loaded", "Module");
	msg_out("%-10s %s", "IOMMU", s->iommu ? s->iommu : "none");
	msg_out("%-10s %u, %u of them in IOMMU groups", "Devices", s->devices,
		s->grouped);
	print_counts("Effective", s->effective, __IOMMU_PT_EFFECTIVE_END,
		     effective_name);
	if (!is_blind(s))
		print_counts("Status", s->status, __IOMMU_PT_STATUS_END,
			     status_name);
	print_counts("Rules", s->rules, __IOMMU_PT_TIER_END, tier_name);
	print_counts("Findings", s->findings, __SEVERITY_END, severity_name);
	if (s->info->version)
		print_trust(s->info);
	if (s->info->events_lost)
		msg_out("%-10s %u, for lack of memory", "Lost events",
			s->info->events_lost);
	if (next)
		msg_out("%-10s %s", "Next", next);
}

/* ---- for machines ---- */

static void add_column(struct table *table, const char *name,
		       enum column_type type)
{
	struct column column = { name, type, NULL };

	table_column(table, &column);
}

static void add_count_columns(struct table *table, const char *prefix,
			      unsigned int n, name_fn name)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		char *key = xasprintf("%s_%s", prefix, name(i));

		add_column(table, key, COLUMN_NUMBER);
		free(key);
	}
}

static void add_counts(struct table *table, const unsigned int *counts,
		       unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		table_cell_number(table, counts[i]);
}

static void add_count(struct table *table, unsigned int count, bool known)
{
	if (known)
		table_cell_number(table, count);
	else
		table_cell(table, NULL);
}

static void add_statuses(struct table *table, const struct summary *s)
{
	unsigned int i;

	for (i = 0; i < __IOMMU_PT_STATUS_END; i++)
		add_count(table, s->status[i], !is_blind(s));
}

static void add_rules(struct table *table, const struct summary *s)
{
	unsigned int i;

	for (i = 0; i < __IOMMU_PT_TIER_END; i++)
		add_count(table, s->rules[i],
			  !is_blind(s) || i == IOMMU_PT_TIER_ADMIN ||
			  i == IOMMU_PT_TIER_VENDOR);
}

/* Without the module none of it is known. */
static void add_trust(struct table *table, const struct kernel_info *info)
{
	bool known = info->version;

	table_cell(table, known ? hints_name(info->hints) : NULL);
	table_cell(table, !known ? NULL : info->truthful ? "yes" : "no");
	table_cell(table, !known ? NULL : info->confidential ? "yes" : "no");
	table_cell(table, !known ? NULL : info->sealed ? "yes" : "no");
}

static void print_json(const struct summary *s)
{
	struct table *table = table_new("status", true, true);

	add_column(table, "loaded", COLUMN_BOOL);
	add_column(table, "module", COLUMN_TEXT);
	add_column(table, "mode", COLUMN_TEXT);
	add_column(table, "iommu", COLUMN_TEXT);
	add_column(table, "devices", COLUMN_NUMBER);
	add_column(table, "grouped", COLUMN_NUMBER);
	add_count_columns(table, "effective", __IOMMU_PT_EFFECTIVE_END,
			  effective_name);
	add_count_columns(table, "status", __IOMMU_PT_STATUS_END, status_name);
	add_count_columns(table, "rules", __IOMMU_PT_TIER_END, tier_name);
	add_count_columns(table, "findings", __SEVERITY_END, severity_name);
	add_column(table, "events_lost", COLUMN_NUMBER);
	add_column(table, "hints", COLUMN_TEXT);
	add_column(table, "truthful", COLUMN_BOOL);
	add_column(table, "confidential", COLUMN_BOOL);
	add_column(table, "sealed", COLUMN_BOOL);
	add_column(table, "next", COLUMN_TEXT);

	table_row(table);
	table_cell(table, s->info->version ? "yes" : "no");
	table_cell(table, s->info->version);
	table_cell(table, s->info->version ? mode_name(s->info->mode) : NULL);
	table_cell(table, s->iommu);
	table_cell_number(table, s->devices);
	table_cell_number(table, s->grouped);
	add_counts(table, s->effective, __IOMMU_PT_EFFECTIVE_END);
	add_statuses(table, s);
	add_rules(table, s);
	add_counts(table, s->findings, __SEVERITY_END);
	add_count(table, s->info->events_lost, s->info->version);
	add_trust(table, s->info);
	table_cell(table, next_step(s));
	table_print(&table, 1);
	table_free(table);
}

static int run(int argc, char **argv)
{
	struct summary summary = { 0 };
	bool json = false;
	struct view view;
	int ret;

	ret = parse_json(&cmd_status, argc, argv, 0, 0, &json);
	if (!ret)
		ret = view_open(&view);
	if (ret)
		return ret;
	ret = gather(&view, &summary);
	if (!ret && json)
		print_json(&summary);
	else if (!ret)
		print_text(&summary);
	free(summary.iommu);
	view_close(&view);
	return ret;
}

const struct command cmd_status = {
	.name = "status",
	.summary = "One screen: module, IOMMU, devices, rules, what to do next",
	.usage = "[--json]",
	.help =
	"  -j, --json   as JSON\n\n"
	"Examples:\n"
	"  ptctl\n"
	"  ptctl status --json\n",
	.run = run,
};
