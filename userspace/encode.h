/* SPDX-License-Identifier: GPL-2.0 */
/* Rules, as the words by which a hypervisor or a firmware hands them over. */
#ifndef PTCTL_ENCODE_H
#define PTCTL_ENCODE_H

#include <stdbool.h>

#include "rulelist.h"
#include "xalloc.h"

/**
 * struct encode - what to say, and how
 * @rules: in canonical form, each with its place; none has force
 * @truthful: the platform vouches for its tables
 * @file: qemu-fw-cfg: write the rules there; NULL: into the argument
 * @paths: acpi, dt: "NAME=PATH" of devices whose path is not to be guessed
 */
struct encode {
	struct rulelist rules;
	bool truthful;
	const char *file;
	struct strings paths;
};

/**
 * encode_print() - print it
 * @encode: what
 * @format: one of encode_formats(); anything else is PTCTL_USAGE
 *
 * All or nothing is printed: what a format cannot express is a complaint that
 * names the rule.
 *
 * Return: an enum ptctl_status
 */
int encode_print(const struct encode *encode, const char *format);

/* "qemu-smbios, qemu-fw-cfg, ..."; a new string */
char *encode_formats(void);

/* For the formats: statements of hint text, "truthful" first. */
void encode_statements(const struct encode *encode, struct strings *list);

/* Complain that a format cannot express a rule, and why; PTCTL_FAILED */
int encode_fail(const struct rule_entry *rule, const char *format,
		const char *why);

/* The formats: encode-text.c, encode-property.c */
int encode_qemu_smbios(const struct encode *encode, const char *format);
int encode_qemu_fw_cfg(const struct encode *encode, const char *format);
int encode_libvirt(const struct encode *encode, const char *format);
int encode_acpi(const struct encode *encode, const char *format);
int encode_dt(const struct encode *encode, const char *format);

#endif /* PTCTL_ENCODE_H */
