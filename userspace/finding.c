// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "finding.h"
#include "xalloc.h"

static const char *const severities[__SEVERITY_END] = {
	[SEVERITY_CRITICAL] = "critical",
	[SEVERITY_HIGH] = "high",
	[SEVERITY_MEDIUM] = "medium",
	[SEVERITY_LOW] = "low",
	[SEVERITY_INFO] = "info",
};

const char *severity_name(unsigned int severity)
{
	return severity < __SEVERITY_END ? severities[severity] : NULL;
}

void findings_add(struct findings *list, const char *id,
		  enum severity severity, const char *device, long group,
		  char *evidence, const char *remedy)
{
	struct finding finding = {
		.id = id,
		.severity = severity,
		.device = xstrdup(device),
		.group = group,
		.evidence = evidence,
		.remedy = xstrdup(remedy),
	};

	list->at = grow(list->at, list->count, sizeof(finding));
	list->at[list->count++] = finding;
}

void findings_sort(struct findings *list)
{
	struct findings sorted = { 0 };
	unsigned int severity;
	size_t i;

	for (severity = 0; severity < __SEVERITY_END; severity++)
		for (i = 0; i < list->count; i++)
			if (list->at[i].severity == severity) {
				sorted.at = grow(sorted.at, sorted.count,
						 sizeof(*sorted.at));
				sorted.at[sorted.count++] = list->at[i];
			}
	free(list->at);
	*list = sorted;
}

void findings_free(struct findings *list)
{
	while (list->count) {
		struct finding *finding = &list->at[--list->count];

		free(finding->device);
		free(finding->evidence);
		free(finding->remedy);
	}
	free(list->at);
	list->at = NULL;
}
