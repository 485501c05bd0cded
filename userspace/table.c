// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libsmartcols.h>

#include "msg.h"
#include "rule.h"
#include "table.h"
#include "xalloc.h"

#define DEPTHS	3

struct table {
	struct libscols_table *scols;
	struct libscols_line *line;
	struct libscols_line *above[DEPTHS];	/* the last row of each depth */
	size_t next;		/* cell of @line */
	bool json;
};

static void must(int err)
{
	if (err) {
		fputs("ptctl: out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
}

struct table *table_new(const char *array, bool json, bool headings)
{
	struct table *table = xcalloc(1, sizeof(*table));

	table->json = json;
	table->scols = scols_new_table();
	must(!table->scols);
	must(scols_table_set_name(table->scols, array));
	scols_table_enable_json(table->scols, json);
	scols_table_enable_noheadings(table->scols, !headings);
	scols_table_enable_noencoding(table->scols, true);	/* table_cell() does */
	/* On a narrow terminal it would break cells or drop columns. */
	scols_table_set_termforce(table->scols, SCOLS_TERMFORCE_NEVER);
	return table;
}

void table_free(struct table *table)
{
	scols_unref_table(table->scols);
	free(table);
}

/* Of ASCII: in Turkish the small letter of 'I' is another one. */
static char lower_char(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static char *lower(const char *s)
{
	char *copy = xstrdup(s), *p;

	for (p = copy; *p; p++)
		*p = lower_char(*p);
	return copy;
}

/*
 * Booleans are printed as "numbers", which are bare words: libsmartcols knows
 * no boolean that may be null before 2.40.
 */
void table_column(struct table *table, const struct column *column)
{
	char *name = table->json ? lower(column->name) : xstrdup(column->name);
	int flags = column->type == COLUMN_NUMBER ? SCOLS_FL_RIGHT :
		    column->type == COLUMN_TREE ? SCOLS_FL_TREE : 0;
	struct libscols_column *scol;

	scol = scols_table_new_column(table->scols, name, 0, flags);
	must(!scol);
	scols_column_set_json_type(scol, column->type == COLUMN_NUMBER ||
				   column->type == COLUMN_BOOL ?
				   SCOLS_JSON_NUMBER : SCOLS_JSON_STRING);
	free(name);
}

void table_row_at(struct table *table, unsigned int depth)
{
	table->line = scols_table_new_line(table->scols, depth ?
					   table->above[depth - 1] : NULL);
	must(!table->line);
	table->above[depth] = table->line;
	table->next = 0;
}

void table_row(struct table *table)
{
	table_row_at(table, 0);
}

static bool is_bare(struct table *table)
{
	struct libscols_column *column =
		scols_table_get_column(table->scols, table->next);

	return scols_column_get_json_type(column) == SCOLS_JSON_NUMBER;
}

/*
 * What the locale has no characters for, as C has none beyond ASCII, libsmartcols
 * measures without end, and a terminal need not take for text. Consumes @text.
 */
static char *for_locale(char *text)
{
	char *ascii, *to;
	const char *p;

	if (mbstowcs(NULL, text, 0) != (size_t)-1)
		return text;
	ascii = to = xcalloc(4 * strlen(text) + 1, 1);
	for (p = text; *p; p++) {
		if ((unsigned char)*p < 0x80)
			*to++ = *p;
		else
			to += sprintf(to, "\\x%02x", (unsigned char)*p);
	}
	free(text);
	return ascii;
}

/* libsmartcols passes broken UTF-8 on in JSON, and marks of direction in text. */
void table_cell(struct table *table, const char *value)
{
	char *escaped;

	if (value && table->json && is_bare(table)) {
		if (!strcmp(value, "yes"))
			value = "true";
		else if (!strcmp(value, "no"))
			value = "false";
	}
	escaped = value ? msg_escape(value) : NULL;
	if (escaped && !table->json)
		escaped = for_locale(escaped);
	must(scols_line_refer_data(table->line, table->next++, escaped));
}

void table_cell_number(struct table *table, long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", value);
	table_cell(table, text);
}

const char *yes_no(int tri)
{
	return tri == RULE_YES ? "yes" : tri == RULE_NO ? "no" : NULL;
}

/* ---- printing ---- */

/*
 * Of '{ "array": [...] }' what is between the braces. An empty table gives
 * nothing in some versions of libsmartcols.
 */
static void print_json_body(struct table *table)
{
	char *text = NULL, *start = NULL, *end = NULL;

	if (scols_table_get_nlines(table->scols)) {
		must(scols_print_table_to_string(table->scols, &text));
		must(!text);	/* it may say that it has succeeded */
		start = strchr(text, '{');
		end = strrchr(text, '}');
	}
	if (!text || !start || !end) {
		printf("\n   \"%s\": []", scols_table_get_name(table->scols));
	} else {
		while (end > start && isspace((unsigned char)end[-1]))
			end--;
		fwrite(start + 1, 1, (size_t)(end - start - 1), stdout);
	}
	free(text);
}

static void print_json(struct table *const *tables, size_t count)
{
	size_t i;

	printf("{\n   \"version\": 1");
	for (i = 0; i < count; i++) {
		putchar(',');
		print_json_body(tables[i]);
	}
	printf("\n}\n");
}

void table_print(struct table *const *tables, size_t count)
{
	size_t i;

	if (count && tables[0]->json) {
		print_json(tables, count);
		return;
	}
	for (i = 0; i < count; i++) {
		if (i)
			putchar('\n');
		must(scols_print_table(tables[i]->scols));
	}
}

void table_print_record(struct table *table)
{
	struct libscols_column *column;
	struct libscols_cell *cell;
	const char *value;
	size_t i;

	if (table->json) {
		print_json(&table, 1);
		return;
	}
	for (i = 0; i < scols_table_get_ncols(table->scols); i++) {
		column = scols_table_get_column(table->scols, i);
		cell = scols_line_get_cell(table->line, i);
		value = scols_cell_get_data(cell);
		if (value && *value)
			msg_out("%-12s %s", scols_cell_get_data(
				scols_column_get_header(column)), value);
	}
}

/* ---- choosing columns ---- */

static bool is_named(const struct column *column, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < len && column->name[i]; i++)
		if (lower_char(column->name[i]) != lower_char(name[i]))
			return false;
	return i == len && !column->name[i];
}

static size_t find_column(const struct column *columns, size_t count,
			  const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (is_named(&columns[i], name, len))
			break;
	return i;
}

static void unknown_column(const struct column *columns, size_t count,
			   const char *name, size_t len)
{
	size_t i;

	msg_err("unknown column '%.*s'; there are:", (int)len, name);
	for (i = 0; i < count; i++)
		msg_err("  %-10s %s", columns[i].name, columns[i].help);
}

static bool choose(const struct column *columns, size_t count,
		   const char *names, size_t *chosen, size_t *used)
{
	while (*names) {
		size_t len = strcspn(names, ","), i, seen;

		i = find_column(columns, count, names, len);
		if (i == count || !len) {
			unknown_column(columns, count, names, len);
			return false;
		}
		for (seen = 0; seen < *used && chosen[seen] != i; seen++)
			;
		if (seen == *used)
			chosen[(*used)++] = i;
		names += len;
		names += *names == ',';
	}
	return true;
}

size_t columns_parse(const struct column *columns, size_t count,
		     const char *defaults, const char *choice, size_t *chosen)
{
	size_t used = 0;

	if (*choice == '+') {
		choose(columns, count, defaults, chosen, &used);
		choice++;
	}
	if (!choose(columns, count, choice, chosen, &used))
		return 0;
	if (!used)
		unknown_column(columns, count, "", 0);
	return used;
}
