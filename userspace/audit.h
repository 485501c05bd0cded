/* SPDX-License-Identifier: GPL-2.0 */
/* What is wrong with a machine: each check is one function. */
#ifndef PTCTL_AUDIT_H
#define PTCTL_AUDIT_H

#include "finding.h"
#include "inventory.h"
#include "said.h"

/**
 * struct audit - what the checks look at
 * @inv: the machine
 * @idle_rules: rules in files of this machine that no module enforces
 * @hints: what hypervisor and firmware say to this machine
 * @found: where they put what they find
 */
struct audit {
	const struct inventory *inv;
	size_t idle_rules;
	struct saids hints;
	struct findings *found;
};

/* All checks of the machine and of its devices; @found is sorted then. */
void audit_run(struct audit *audit);

/**
 * audit_ask_here() - add what /sys does not say of this machine
 * @audit: @idle_rules and @hints are filled in
 * @inv: the machine; what the module knows of its devices is added, and
 *	what is proven of them
 *
 * Return: an enum ptctl_status; complains itself
 */
int audit_ask_here(struct audit *audit, struct inventory *inv);

/**
 * audit_here() - what is wrong with this machine
 * @found: filled in; findings_free() afterwards
 *
 * Return: an enum ptctl_status; complains itself
 */
int audit_here(struct findings *found);

/* Parts of audit_run(). */
void audit_proofs(struct audit *audit);
void audit_machine(struct audit *audit);
void audit_devices(struct audit *audit);
void audit_policy(struct audit *audit);
void audit_hints(struct audit *audit);

/* Predicates that more than one check asks. */
bool audit_is_translated(const struct audit *audit, const struct master *m);
bool audit_is_proven(const struct master *m);	/* to be translated */
bool audit_disobeys(const struct master *m);	/* whatever its domain is */
bool audit_bypasses(const struct audit *audit, const struct master *m);
bool audit_is_left_out(const struct audit *audit, const struct master *m);
bool audit_is_users(const struct master *m);	/* a userspace driver has it */

#endif /* PTCTL_AUDIT_H */
