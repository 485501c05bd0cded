/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A request to the kernel by generic netlink, and all that answers it. For kernel.c,
 * which knows what is asked, and events.c, which asks nothing.
 */
#ifndef PTCTL_EXCHANGE_H
#define PTCTL_EXCHANGE_H

#include <stdbool.h>

struct nl_msg;
struct nl_sock;
struct nlattr;

/**
 * struct kernel - a connection
 * @sock: its socket; another one after an answer is lost
 * @family: the module's number
 * @last_event: number of it, 0: none seen
 * @lost: the answer to the last request
 * @changed: the kernel did one of the changes that were asked for
 * @dead: and there is no other socket: no more requests
 * @sentence: that came with the last refusal
 */
struct kernel {
	struct nl_sock *sock;
	int family;
	unsigned int last_event;
	bool lost;
	bool changed;
	bool dead;
	char sentence[512];
};

/* The attributes of a message, by their numbers; NULL for each that is not there. */
typedef void (*exchange_fn)(struct nlattr **attrs, void *arg);

/**
 * struct exchange - one request and what comes back
 * @k: the connection
 * @got: called for each message that is no ack; or NULL
 * @arg: for @got
 * @late: the answer comes some time after the ack
 * @err: negative errno
 * @answered: something came that is no ack
 * @done: the ack came, or the end of a dump
 * @interrupted: it is a dump that is not consistent
 *
 * The first four are the caller's to set.
 */
struct exchange {
	struct kernel *k;
	exchange_fn got;
	void *arg;
	bool late;
	int err;
	bool answered;
	bool done;
	bool interrupted;
};

/**
 * exchange() - send a request, and take in all that answers it
 * @x: what to do with that
 * @msg: the request, consumed; NULL: there was no memory for it
 *
 * Return: 0, or the kernel's error as a negative errno; -EINTR: a dump that is not
 * consistent. When the answer is lost, @x->k->lost is set and what became of the
 * request is not known.
 */
int exchange(struct exchange *x, struct nl_msg *msg);

/* Return: a socket of generic netlink; NULL, and an error of libnl's in @err */
struct nl_sock *exchange_connect(int *err);

/* libnl has its own numbers for errors; these are the ones that can be. */
int exchange_errno(int nl_error);

#endif /* PTCTL_EXCHANGE_H */
