// SPDX-License-Identifier: GPL-2.0
/* Checks of the machine as a whole. */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "confined.h"

/* ---- the kernel's command line ---- */

struct word {
	const char *key;	/* with "=" */
	const char *value;	/* one of those that commas separate */
	bool means;		/* without a @value, that of the kernel's booleans */
};

static const struct word passthrough_words[] = {
	{ "iommu=", "pt", true },
	{ "iommu=", "nopt", false },
	{ .key = "iommu.passthrough=" },
	{ NULL, NULL, false }
};

static const struct word off_words[] = {
	{ "iommu=", "off", true },
	{ "intel_iommu=", "off", true },
	{ "intel_iommu=", "on", false },
	{ "amd_iommu=", "off", true },
	{ NULL, NULL, false }
};

static const struct word remapping_words[] = {
	{ "intremap=", "off", true },
	{ "intremap=", "on", false },
	{ "nointremap", "", true },
	{ NULL, NULL, false }
};

static bool has_value(const char *text, const char *value)
{
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, ", ");
		if (len == strlen(value) && !strncmp(text, value, len))
			return true;
		if (text[len] != ',')
			return false;
	}
}

/* As the kernel's kstrtobool(), of which older ones know fewer letters. */
static enum rule_tri read_bool(const char *text)
{
	switch (*text) {
	case 'y': case 'Y': case 't': case 'T': case 'e': case 'E': case '1':
		return RULE_YES;
	case 'n': case 'N': case 'f': case 'F': case 'd': case 'D': case '0':
		return RULE_NO;
	case 'o': case 'O':
		return text[1] == 'n' || text[1] == 'N' ? RULE_YES :
		       text[1] == 'f' || text[1] == 'F' ? RULE_NO : RULE_ANY;
	default:
		return RULE_ANY;
	}
}

/* RULE_ANY: it is none of them. */
static enum rule_tri what_means(const struct word *words, const char *text)
{
	for (; words->key; words++) {
		size_t len = strlen(words->key);

		if (strncmp(text, words->key, len))
			continue;
		if (!words->value)
			return read_bool(text + len);
		if (has_value(text + len, words->value))
			return words->means ? RULE_YES : RULE_NO;
	}
	return RULE_ANY;
}

/* What the command line says last of something; NULL unless that is true. */
static char *cmdline_says(const struct inventory *inv, const struct word *words)
{
	const char *at = inv->cmdline, *said = NULL;

	while (at && *at && strncmp(at, "-- ", 3)) {
		size_t len = strcspn(at, " ");
		enum rule_tri means = what_means(words, at);

		if (means != RULE_ANY)
			said = means == RULE_YES ? at : NULL;
		at += len + strspn(at + len, " ");
	}
	return said ? xstrndup(said, strcspn(said, " ")) : NULL;
}

/* ---- is there an IOMMU at all? ---- */

static char *join(const struct strings *list)
{
	char *text = xstrdup(""), *longer;
	size_t i;

	for (i = 0; i < list->count; i++) {
		longer = xasprintf("%s%s%s", text, i ? ", " : "", list->at[i]);
		free(text);
		text = longer;
	}
	return text;
}

static char *join_units(const struct inventory *inv)
{
	struct strings names = { 0 };
	char *text;
	size_t i;

	for (i = 0; i < inv->units.count; i++)
		strings_add(&names, xstrdup(inv->units.at[i].name));
	text = join(&names);
	strings_free(&names);
	return text;
}

static void report_failed_driver(struct audit *audit)
{
	const struct inventory *inv = audit->inv;
	char *tables = join(&inv->tables), *units = join_units(inv);

	findings_add(audit->found, "iommu-driver-failed", SEVERITY_HIGH, NULL,
		     -1,
		     xasprintf("an IOMMU is named by %s, yet /sys/kernel/iommu_groups is empty; /sys/class/iommu has %s",
			       tables, *units ? units : "none"),
		     *units ?
		     "its driver is there, and made nothing of the devices: until that is mended each reaches all memory; dmesg | grep -i -e mmu -e 'deferred probe' says more" :
		     "dmesg | grep -i -e DMAR -e AMD-Vi -e mmu says why; a kernel may have it off by default: intel_iommu=on on the command line");
	free(tables);
	free(units);
}

/* Where groups are made when drivers bind, and none has yet. */
static bool groups_may_come(const struct inventory *inv)
{
	bool come = false;
	size_t i;

	for (i = 0; i < inv->masters.count; i++) {
		if (confined_waits_for_group(inv, &inv->masters.at[i]))
			come = true;
		else if (inv->masters.at[i].covered == RULE_YES)
			return false;
	}
	return come;
}

static void check_iommu(struct audit *audit)
{
	const struct inventory *inv = audit->inv;
	char *off;

	if (inv->groups.count || groups_may_come(inv))
		return;
	off = cmdline_says(inv, off_words);
	if (off)
		findings_add(audit->found, "iommu-off", SEVERITY_HIGH, NULL, -1,
			     xasprintf("/proc/cmdline: %s; no device is in an IOMMU group",
				       off),
			     "remove the word from the command line");
	else if (inv->tables.count)
		report_failed_driver(audit);
	else
		findings_add(audit->found, "no-iommu", SEVERITY_MEDIUM, NULL, -1,
			     xasprintf("/sys/kernel/iommu_groups is empty, and the firmware has no table of a known IOMMU"),
			     "turn the IOMMU on in the firmware, or give the virtual machine one; until then no device is confined");
	free(off);
}

/* ---- is translation the exception? ---- */

static size_t count_identity(const struct inventory *inv)
{
	size_t i, count = 0;

	for (i = 0; i < inv->groups.count; i++)
		count += inv->groups.at[i].type &&
			 !strcmp(inv->groups.at[i].type, "identity");
	return count;
}

static bool any_decided(const struct inventory *inv)
{
	size_t i;

	for (i = 0; i < inv->masters.count; i++)
		if (inv->masters.at[i].dev.tier >= 0)
			return true;
	return false;
}

/* Without a word that says so, all groups do: the kernel was built like this. */
static void check_passthrough_default(struct audit *audit)
{
	const struct inventory *inv = audit->inv;
	char *said = cmdline_says(inv, passthrough_words);
	size_t identity = count_identity(inv), all = inv->groups.count;

	if (all && (said || (identity == all && !any_decided(inv))))
		findings_add(audit->found, "passthrough-default",
			     SEVERITY_MEDIUM, NULL, -1,
			     xasprintf("%s%s; %zu of %zu groups are of type identity",
				       said ? "/proc/cmdline: " :
					      "every group's type",
				       said ? said : "", identity, all),
			     "remove the word, or set iommu.passthrough=0, and give passthrough to single devices: ptctl set DEVICE passthrough");
	free(said);
}

/* ---- interrupts ---- */

static bool any_users(const struct inventory *inv)
{
	size_t i;

	for (i = 0; i < inv->masters.count; i++)
		if (audit_is_users(&inv->masters.at[i]))
			return true;
	return false;
}

static void check_interrupts(struct audit *audit)
{
	const struct inventory *inv = audit->inv;
	char *said;

	if (!inv->groups.count || inv->remapped != RULE_NO)
		return;
	said = cmdline_says(inv, remapping_words);
	findings_add(audit->found, "no-irq-remapping",
		     any_users(inv) ? SEVERITY_HIGH : SEVERITY_MEDIUM, NULL, -1,
		     xasprintf("%s, not remapped%s%s", inv->remapped_from,
			       said ? "; /proc/cmdline: " : "",
			       said ? said : ""),
		     said ? "remove the word from the command line" :
			    "turn interrupt remapping on in the firmware or hypervisor (QEMU: intremap=on); without it a device can write any interrupt");
	free(said);
}

static void check_unsafe_interrupts(struct audit *audit)
{
	if (audit->inv->unsafe_interrupts &&
	    audit->inv->remapped != RULE_YES)
		findings_add(audit->found, "unsafe-interrupts", SEVERITY_HIGH,
			     NULL, -1,
			     xstrdup("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts is Y"),
			     "load vfio_iommu_type1 without it");
}

void audit_machine(struct audit *audit)
{
	check_iommu(audit);
	check_passthrough_default(audit);
	check_interrupts(audit);
	check_unsafe_interrupts(audit);
}
