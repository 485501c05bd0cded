/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hash table that grows and shrinks with what is in it, so that a look-up
 * costs the same among ten and among ten thousand. Without memory to grow its
 * chains get longer: nothing ever fails. An empty one holds no memory of its
 * own. The owner locks.
 */
#ifndef IOMMU_PT_TABLE_H
#define IOMMU_PT_TABLE_H

#include <linux/hash.h>
#include <linux/list.h>
#include <linux/stringhash.h>
#include <linux/types.h>

#define TABLE_BITS_MIN	3

/* What is in a table, as a member of what is in it. */
struct table_node {
	struct hlist_node link;
	u32 hash;
};

/**
 * struct table - the table
 * @heads: of the chains, 1 << @bits of them
 * @bits: how many of them, and of the bits of a hash that tell which
 * @count: nodes
 * @least: the chains of a table that has few nodes
 */
struct table {
	struct hlist_head *heads;
	unsigned int bits;
	unsigned int count;
	struct hlist_head least[1 << TABLE_BITS_MIN];
};

#define TABLE_INIT(name) { .heads = (name).least, .bits = TABLE_BITS_MIN }

void table_init(struct table *table);

/* Forget all nodes. */
void table_exit(struct table *table);

/* Both may allocate, and sleep. */
void table_add(struct table *table, struct table_node *node, u32 hash);
void table_remove(struct table *table, struct table_node *node);

/* The chain in which nodes of a hash are, and others. */
static inline struct hlist_head *table_chain(const struct table *table, u32 hash)
{
	return &table->heads[hash_32(hash, table->bits)];
}

/* Those whose hash is @_hash, @member being their struct table_node. */
#define table_for_each(pos, table, member, _hash)			\
	hlist_for_each_entry(pos, table_chain(table, _hash), member.link) \
		if ((pos)->member.hash != (_hash)) {			\
		} else

static inline u32 table_hash_string(const char *string)
{
	return full_name_hash(NULL, string, strlen(string));
}

static inline u32 table_hash_pointer(const void *pointer)
{
	return hash_ptr(pointer, 32);
}

#endif /* IOMMU_PT_TABLE_H */
