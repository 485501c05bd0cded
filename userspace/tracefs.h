/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How often trace events of the kernel happen: the only file that knows
 * tracefs. The kernel counts, in an instance of our own that disturbs no other
 * tracing; nothing is written to any trace buffer.
 */
#ifndef PTCTL_TRACEFS_H
#define PTCTL_TRACEFS_H

#include <stdbool.h>

struct tracefs;

/**
 * tracefs_open() - an instance that counts nothing yet
 * @out: end it with tracefs_close()
 *
 * It goes when the program exits, whichever way but by SIGKILL; what was left
 * by that goes now.
 *
 * Return: an enum ptctl_status; complains itself
 */
int tracefs_open(struct tracefs **out);
void tracefs_close(struct tracefs *t);

/**
 * struct tracefs_events - what to count
 * @system: the folder of the events
 * @glob: their names, an extended pattern of fnmatch()
 * @field: counted by the values of this field of theirs
 * @filter: only events for which it is true; NULL: all
 * @keys: values that are expected at most
 */
struct tracefs_events {
	const char *system;
	const char *glob;
	const char *field;
	const char *filter;
	unsigned int keys;
};

/**
 * tracefs_count() - begin to count
 * @t: the instance
 * @events: what
 *
 * Return: a handle for tracefs_read(); -1 if this kernel has no such events,
 * or cannot count them
 */
int tracefs_count(struct tracefs *t, const struct tracefs_events *events);

/* Called for each value of the field of each event; @hits since tracefs_count(). */
typedef void (*tracefs_fn)(const char *value, unsigned long long hits,
			   void *arg);

/**
 * tracefs_read() - what was counted
 * @t: the instance
 * @handle: what tracefs_count() returned; -1: nothing is called
 * @fn: called, with @arg
 * @arg: handed to @fn
 * @lost: grows by how many events were not counted, for want of room
 *
 * Return: false if not all of it could be read
 */
bool tracefs_read(struct tracefs *t, int handle, tracefs_fn fn, void *arg,
		  unsigned long long *lost);

#endif /* PTCTL_TRACEFS_H */
