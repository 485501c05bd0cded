/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a hypervisor or a firmware says, as far as it can be read without the
 * module.
 */
#ifndef PTCTL_CHANNEL_H
#define PTCTL_CHANNEL_H

#include <stdbool.h>

#include "said.h"

/**
 * struct channel - a way for hints to come
 * @name: its name
 * @read: adds its hints to @list, malformed ones as rejected, the others with
 *	an unknown state. Returns what cannot be known of it, NULL if all is;
 *	a new string.
 * @by_module: the module reads it itself, and more of it
 * @by_apply: the module has it from "ptctl apply"
 */
struct channel {
	const char *name;
	char *(*read)(struct saids *list);
	bool by_module;
	bool by_apply;
};

/* All of them; the last has no name. */
extern const struct channel channels[];

/**
 * channel_is_in_module() - has the module told all of a channel?
 * @channel: the channel
 * @list: all that the module has told
 *
 * Nothing of by_apply may mean that there is nothing, or that it was malformed
 * and the module never got it: read it then.
 */
bool channel_is_in_module(const struct channel *channel,
			  const struct saids *list);

/* Has the machine a fw_cfg, as QEMU does, with its module loaded? */
bool channel_has_fw_cfg(void);

/* The file of hints that it has; a new string. */
char *channel_fw_cfg_path(void);

#endif /* PTCTL_CHANNEL_H */
