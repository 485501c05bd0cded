// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "msg.h"
#include "ptctl.h"

static const struct {
	const char *name;
	int (*print)(const struct encode *encode, const char *format);
} formats[] = {
	{ "qemu-smbios", encode_qemu_smbios },
	{ "qemu-fw-cfg", encode_qemu_fw_cfg },
	{ "libvirt", encode_libvirt },
	{ "acpi", encode_acpi },
	{ "dt", encode_dt },
};

#define COUNT	(sizeof(formats) / sizeof(formats[0]))

char *encode_formats(void)
{
	char *text = NULL;
	size_t i, len;
	FILE *out = xmemstream(&text, &len);

	for (i = 0; i < COUNT; i++)
		fprintf(out, "%s%s", !i ? "" : i + 1 < COUNT ? ", " : " and ",
			formats[i].name);
	xclose(out, &text);
	return text;
}

int encode_print(const struct encode *encode, const char *format)
{
	char *all;
	size_t i;

	for (i = 0; i < COUNT; i++)
		if (!strcmp(formats[i].name, format))
			return formats[i].print(encode, format);
	all = encode_formats();
	msg_err("unknown format '%s'; there are %s", format, all);
	free(all);
	return PTCTL_USAGE;
}

void encode_statements(const struct encode *encode, struct strings *list)
{
	size_t i;

	if (encode->truthful)
		strings_add(list, xstrdup("truthful"));
	for (i = 0; i < encode->rules.count; i++)
		strings_add(list, xstrdup(encode->rules.at[i].text));
}

int encode_fail(const struct rule_entry *rule, const char *format,
		const char *why)
{
	return msg_fail(PTCTL_FAILED,
			"%s:%u: format %s cannot express '%s': %s", rule->file,
			rule->line, format, rule->text, why);
}
