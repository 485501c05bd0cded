/* SPDX-License-Identifier: GPL-2.0 */
/* Hints one by one, as they were received: any bytes. */
#ifndef PTCTL_SAID_H
#define PTCTL_SAID_H

#include <stddef.h>

/* Of a hint; the module keeps no more to show either. */
#define SAID_SHOWN_MAX	2048

/**
 * struct said - a hint
 * @channel: name of the channel
 * @device: label of the device whose property it is, or NULL
 * @text: what was said, and a NUL behind it
 * @len: its length in bytes
 * @state: enum iommu_pt_hint_state, -1: not known
 * @reason: why it is not simply accepted, or NULL
 */
struct said {
	const char *channel;
	char *device;
	char *text;
	size_t len;
	int state;
	char *reason;
};

struct saids {
	struct said *at;
	size_t count;
};

/**
 * saids_add() - append a hint, of which nothing else is known
 * @list: where to
 * @channel: name of the channel; static
 * @text: what was said; copied
 * @len: its length in bytes
 *
 * Return: the hint, until the next is added
 */
struct said *saids_add(struct saids *list, const char *channel,
		       const void *text, size_t len);
void saids_free(struct saids *list);

/**
 * said_shown() - a hint, for people
 * @said: the hint
 * @most: bytes of it to show
 *
 * Return: a new string, in which nothing is obeyed by a terminal
 */
char *said_shown(const struct said *said, size_t most);

#endif /* PTCTL_SAID_H */
