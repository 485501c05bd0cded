// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "said.h"
#include "xalloc.h"

struct said *saids_add(struct saids *list, const char *channel,
		       const void *text, size_t len)
{
	struct said *said;

	list->at = grow(list->at, list->count, sizeof(*list->at));
	said = &list->at[list->count++];
	*said = (struct said){
		.channel = channel,
		.text = xcalloc(len + 1, 1),
		.len = len,
		.state = -1,
	};
	memcpy(said->text, text, len);
	return said;
}

void saids_free(struct saids *list)
{
	while (list->count) {
		struct said *last = &list->at[--list->count];

		free(last->device);
		free(last->text);
		free(last->reason);
	}
	free(list->at);
	list->at = NULL;
}

/* msg_escape() ends at a NUL, a hint need not. */
char *said_shown(const struct said *said, size_t most)
{
	size_t len = said->len < most ? said->len : most, done = 0, size;
	char *text = NULL, *piece, *escaped;
	FILE *out = xmemstream(&text, &size);

	while (done < len) {
		piece = xstrndup(said->text + done, len - done);
		escaped = msg_escape(piece);
		fputs(escaped, out);
		done += strlen(piece);
		if (done < len) {
			fputs("\\x00", out);
			done++;
		}
		free(escaped);
		free(piece);
	}
	if (len < said->len)
		fputs("...", out);
	xclose(out, &text);
	return text;
}
