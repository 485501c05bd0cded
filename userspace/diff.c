// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "msg.h"

/* Beyond that (16 MiB of memory) all is shown as replaced. */
#define CELLS_MAX	(4UL * 1024 * 1024)

/* The lines between those that begin and end both lists alike. */
struct middle {
	char **old;
	char **new;
	size_t olds;
	size_t news;
};

static struct middle trim(const struct strings *old, const struct strings *new)
{
	struct middle m = { old->at, new->at, old->count, new->count };

	while (m.olds && m.news && !strcmp(*m.old, *m.new)) {
		m.old++;
		m.new++;
		m.olds--;
		m.news--;
	}
	while (m.olds && m.news &&
	       !strcmp(m.old[m.olds - 1], m.new[m.news - 1])) {
		m.olds--;
		m.news--;
	}
	return m;
}

/* common[i][j]: length of the longest common part of old[i..] and new[j..] */
static unsigned int *measure(const struct middle *m)
{
	size_t width = m->news + 1, i, j;
	unsigned int *common = xcalloc((m->olds + 1) * width, sizeof(*common));

	for (i = m->olds; i-- > 0;)
		for (j = m->news; j-- > 0;) {
			unsigned int down = common[(i + 1) * width + j];
			unsigned int right = common[i * width + j + 1];

			common[i * width + j] = !strcmp(m->old[i], m->new[j]) ?
				common[(i + 1) * width + j + 1] + 1 :
				down > right ? down : right;
		}
	return common;
}

static size_t print(const struct middle *m, const unsigned int *common)
{
	size_t width = m->news + 1, i = 0, j = 0, differ = 0;

	while (i < m->olds || j < m->news) {
		bool both = i < m->olds && j < m->news;

		if (both && common && !strcmp(m->old[i], m->new[j])) {
			i++;
			j++;
			continue;
		}
		if (j == m->news || (both && (!common ||
		    common[(i + 1) * width + j] >= common[i * width + j + 1])))
			msg_out("- %s", m->old[i++]);
		else
			msg_out("+ %s", m->new[j++]);
		differ++;
	}
	return differ;
}

size_t diff_lines(const struct strings *old, const struct strings *new)
{
	struct middle m = trim(old, new);
	unsigned int *common = NULL;
	size_t differ;

	if (m.olds && m.news && m.olds < CELLS_MAX / m.news)
		common = measure(&m);
	differ = print(&m, common);
	free(common);
	return differ;
}
