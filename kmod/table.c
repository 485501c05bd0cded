// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>
#include <linux/slab.h>
#include "table.h"

void table_init(struct table *table)
{
	memset(table, 0, sizeof(*table));
	table->heads = table->least;
	table->bits = TABLE_BITS_MIN;
}

static void free_heads(const struct table *table, struct hlist_head *heads)
{
	if (heads != table->least)
		kvfree(heads);
}

void table_exit(struct table *table)
{
	free_heads(table, table->heads);
	table_init(table);
}

static struct hlist_head *make_heads(struct table *table, unsigned int bits)
{
	if (bits > TABLE_BITS_MIN)
		return kvcalloc(1U << bits, sizeof(*table->heads), GFP_KERNEL);
	memset(table->least, 0, sizeof(table->least));
	return table->least;
}

static void link_node(struct table *table, struct table_node *node)
{
	hlist_add_head(&node->link, table_chain(table, node->hash));
}

static void resize(struct table *table, unsigned int bits)
{
	struct hlist_head *old = table->heads, *heads = make_heads(table, bits);
	unsigned int i, count = 1U << table->bits;
	struct table_node *node;
	struct hlist_node *next;

	if (!heads)
		return;
	table->heads = heads;
	table->bits = bits;
	for (i = 0; i < count; i++)
		hlist_for_each_entry_safe(node, next, &old[i], link)
			link_node(table, node);
	free_heads(table, old);
}

void table_add(struct table *table, struct table_node *node, u32 hash)
{
	node->hash = hash;
	link_node(table, node);
	if (++table->count > 1U << table->bits)
		resize(table, table->bits + 1);
}

void table_remove(struct table *table, struct table_node *node)
{
	hlist_del(&node->link);
	table->count--;
	if (table->bits == TABLE_BITS_MIN)
		return;
	if (!table->count)
		resize(table, TABLE_BITS_MIN);
	else if (table->count < 1U << table->bits >> 3)
		resize(table, table->bits - 1);
}
