/* SPDX-License-Identifier: GPL-2.0 */
/* Tables for people, and the same as JSON: the only file that knows libsmartcols. */
#ifndef PTCTL_TABLE_H
#define PTCTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum column_type {
	COLUMN_TEXT,
	COLUMN_TREE,	/* text; rows hang below others here, see table_row_at() */
	COLUMN_NUMBER,
	COLUMN_BOOL,	/* "yes", "no", or NULL: not known */
};

/**
 * struct column - a column of a table
 * @name: as in the heading; the JSON key is the same in lower case
 * @type: how JSON shows it
 * @help: one line without a full stop
 */
struct column {
	const char *name;
	enum column_type type;
	const char *help;
};

struct table;

/**
 * table_new() - an empty table
 * @array: name of the JSON array
 * @json: print JSON, not text
 * @headings: print headings (text only)
 */
struct table *table_new(const char *array, bool json, bool headings);
void table_free(struct table *table);

/* Columns first, then rows. The next table_cell() fills the first column. */
void table_column(struct table *table, const struct column *column);
void table_row(struct table *table);

/**
 * table_row_at() - a row of a tree
 * @table: the table; one of its columns is a COLUMN_TREE
 * @depth: 0: a root; else below the last row of depth - 1. At most 2.
 */
void table_row_at(struct table *table, unsigned int depth);

/**
 * table_cell() - fill in the next cell of the last row
 * @table: the table
 * @value: text, decimal digits, or "yes" and "no"; NULL: nothing
 */
void table_cell(struct table *table, const char *value);
void table_cell_number(struct table *table, long value);

/**
 * table_print() - print tables that belong together to stdout
 * @tables: the tables; in text one below the other, in JSON one object
 * @count: how many
 */
void table_print(struct table *const *tables, size_t count);

/* A one-row table as "heading   value" lines; JSON as with table_print(). */
void table_print_record(struct table *table);

/* "yes", "no", or NULL */
const char *yes_no(int tri);

/**
 * columns_parse() - a person's choice of columns
 * @columns: all there are
 * @count: how many
 * @defaults: comma-separated names, for ``+NAME,...``
 * @choice: comma-separated names, in any case
 * @chosen: room for @count indices; filled in
 *
 * Return: how many; 0 after a complaint that names those there are
 */
size_t columns_parse(const struct column *columns, size_t count,
		     const char *defaults, const char *choice, size_t *chosen);

#endif /* PTCTL_TABLE_H */
