/* SPDX-License-Identifier: GPL-2.0 */
/* What an audit has found, one by one. */
#ifndef PTCTL_FINDING_H
#define PTCTL_FINDING_H

#include <stddef.h>

enum severity {
	SEVERITY_CRITICAL,	/* a userspace driver can write all memory now */
	SEVERITY_HIGH,		/* a protection that is believed in is not there */
	SEVERITY_MEDIUM,	/* ... is not there by choice, or perhaps not */
	SEVERITY_LOW,
	SEVERITY_INFO,
	__SEVERITY_END,
};

/* Static; NULL for a number that means nothing. */
const char *severity_name(unsigned int severity);

/**
 * struct finding - one of them
 * @id: of its kind; static, and the same for ever
 * @severity: how bad
 * @device: label of the device that it is about, or NULL
 * @group: number of the group that it is about, -1: none
 * @evidence: the file or the bit that shows it
 * @remedy: what to do
 */
struct finding {
	const char *id;
	enum severity severity;
	char *device;
	long group;
	char *evidence;
	char *remedy;
};

struct findings {
	struct finding *at;
	size_t count;
};

/**
 * findings_add() - append a finding
 * @list: where to
 * @id: of its kind; not copied
 * @severity: how bad
 * @device: label of the device, or NULL; copied
 * @group: number of the group, or -1
 * @evidence: taken over
 * @remedy: copied
 */
void findings_add(struct findings *list, const char *id,
		  enum severity severity, const char *device, long group,
		  char *evidence, const char *remedy);

/* Worst first, else in the order in which they were added. */
void findings_sort(struct findings *list);
void findings_free(struct findings *list);

#endif /* PTCTL_FINDING_H */
