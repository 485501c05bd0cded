// SPDX-License-Identifier: GPL-2.0
/*
 * The formats that carry hint text. It is printable ASCII: a word of a rule can
 * have no other character.
 */
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "hint.h"
#include "msg.h"
#include "ptctl.h"

#define FW_CFG_NAME	"opt/org.iommu-pt/rules"

/* More fit into a table, but not all firmware is used to it. */
#define STRING_USUAL	255
#define STRINGS_MAX	255
#define TABLE_MAX	60000

/* ---- words of a shell ---- */

/* QEMU ends an option's value at a comma, and takes two for one. */
static void put_comma_doubled(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == ',')
			fputc(',', out);
		fputc(*text, out);
	}
}

static void put_quoted(const char *word)
{
	putchar('\'');
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*word);
	}
	putchar('\'');
}

/* "OPTION 'HEAD VALUE'", a line */
static void put_option(const char *option, const char *head, const char *value)
{
	char *word = NULL;
	size_t len;
	FILE *out = xmemstream(&word, &len);

	fputs(head, out);
	put_comma_doubled(out, value);
	xclose(out, &word);
	printf("%s ", option);
	put_quoted(word);
	putchar('\n');
	free(word);
}

/* ---- SMBIOS strings ---- */

/* A statement is never cut: a long one has a string to itself. */
static void pack(const struct strings *statements, struct strings *strings)
{
	char *string = NULL;
	size_t i;

	for (i = 0; i < statements->count; i++) {
		const char *next = statements->at[i];

		if (string && strlen(string) + strlen(next) + 2 <= STRING_USUAL) {
			char *longer = xasprintf("%s; %s", string, next);

			free(string);
			string = longer;
			continue;
		}
		if (string)
			strings_add(strings, string);
		string = xasprintf(HINT_PREFIX "%s", next);
	}
	if (string)
		strings_add(strings, string);
}

static int make_strings(const struct encode *encode, const char *format,
			struct strings *strings)
{
	struct strings statements = { 0 };
	size_t i, size = 0;

	encode_statements(encode, &statements);
	pack(&statements, strings);
	strings_free(&statements);
	for (i = 0; i < strings->count; i++)
		size += strlen(strings->at[i]) + 1;
	if (strings->count <= STRINGS_MAX && size <= TABLE_MAX)
		return PTCTL_DONE;
	return msg_fail(PTCTL_FAILED,
			"format %s cannot express so many rules: SMBIOS has room for %d strings and %d bytes, and these are %zu and %zu; qemu-fw-cfg has more",
			format, STRINGS_MAX, TABLE_MAX, strings->count, size);
}

int encode_qemu_smbios(const struct encode *encode, const char *format)
{
	struct strings strings = { 0 };
	int ret = make_strings(encode, format, &strings);
	size_t i;

	for (i = 0; !ret && i < strings.count; i++)
		put_option("-smbios", "type=11,value=", strings.at[i]);
	strings_free(&strings);
	return ret;
}

static void put_xml(const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			fputs("&amp;", stdout);
		else if (*text == '<')
			fputs("&lt;", stdout);
		else if (*text == '>')
			fputs("&gt;", stdout);
		else
			putchar(*text);
	}
}

int encode_libvirt(const struct encode *encode, const char *format)
{
	struct strings strings = { 0 };
	int ret = make_strings(encode, format, &strings);
	size_t i;

	if (!ret)
		puts("<!-- In <domain>; and in its <os>: <smbios mode='sysinfo'/> -->\n"
		     "<sysinfo type='smbios'>\n"
		     "  <oemStrings>");
	for (i = 0; !ret && i < strings.count; i++) {
		fputs("    <entry>", stdout);
		put_xml(strings.at[i]);
		puts("</entry>");
	}
	if (!ret)
		puts("  </oemStrings>\n"
		     "</sysinfo>");
	strings_free(&strings);
	return ret;
}

/* ---- fw_cfg ---- */

static char *join(const struct strings *statements, const char *separator)
{
	char *text = NULL;
	size_t i, len;
	FILE *out = xmemstream(&text, &len);

	for (i = 0; i < statements->count; i++)
		fprintf(out, "%s%s", i ? separator : "", statements->at[i]);
	xclose(out, &text);
	return text;
}

static int write_file(const char *path, const char *text)
{
	FILE *out = fopen(path, "we");
	bool ok = out && fprintf(out, "%s\n", text) >= 0;

	if (out && fclose(out))
		ok = false;
	return ok ? PTCTL_DONE : msg_fail(PTCTL_FAILED, "%s: %m", path);
}

int encode_qemu_fw_cfg(const struct encode *encode, const char *format)
{
	struct strings statements = { 0 };
	int ret = PTCTL_DONE;
	char *text;

	/* What is printed is for a shell, byte by byte, and may go to a terminal. */
	if (encode->file && !msg_is_plain(encode->file))
		return msg_fail(PTCTL_USAGE,
				"--file %s: control characters, or no UTF-8; take another name",
				encode->file);
	encode_statements(encode, &statements);
	text = join(&statements, encode->file ? "\n" : "; ");
	if (encode->file)
		ret = write_file(encode->file, text);
	else if (strlen(text) > RULE_LINE_MAX)
		ret = msg_fail(PTCTL_FAILED,
			       "format %s cannot express so many rules in one argument: give --file FILE, which then holds them",
			       format);
	if (!ret && encode->file)
		put_option("-fw_cfg", "name=" FW_CFG_NAME ",file=",
			   encode->file);
	else if (!ret)
		put_option("-fw_cfg", "name=" FW_CFG_NAME ",string=", text);
	free(text);
	strings_free(&statements);
	return ret;
}
