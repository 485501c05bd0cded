/* SPDX-License-Identifier: GPL-2.0 */
/* Which interfaces carry a route, asked of the kernel by rtnetlink. */
#ifndef PTCTL_ROUTE_H
#define PTCTL_ROUTE_H

/**
 * typedef route_fn - called for each route of any table but "local"
 * @ifindex: an interface that it leaves by
 * @text: the route in words: "default", "10.0.0.0/8"
 */
typedef void (*route_fn)(unsigned int ifindex, const char *text, void *arg);

/**
 * route_each() - all routes but those to the machine itself, IPv4 and IPv6
 * @fn: called for each; IPv6 link-local and multicast, which every interface
 *	that is up has, are left out
 * @arg: handed to @fn
 *
 * Return: 0, -1 if the kernel did not tell, or not where one of them leads
 */
int route_each(route_fn fn, void *arg);

#endif /* PTCTL_ROUTE_H */
