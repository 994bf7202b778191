// SPDX-License-Identifier: MIT
/*
 * unit_xarray.c - lib/xarray.c: random operations against a plain table.
 *
 * The table holds the entries of a few hundred indices that lie close together, at borders of
 * nodes and at the far end of the index space, so that the tree grows and shrinks by many levels.
 * check_tree() walks all nodes and asserts I1 to I4 and I6; the allocator counts what is in use,
 * and fails on demand to test I5.  The array's owner keeps a list of the leaves that have only
 * values, as the page cache does.
 */
#include "lib/xarray.h"

#include "lib/bitops.h"
#include "lib/string.h"
#include "tests/unit.h"

static const unsigned long bases[] = { 0, 60, 4090, 262140, 1UL << 20, 1UL << 41, 1UL << 60,
				       ULONG_MAX - 39 };

#define RUN 40
#define POSITIONS (ARRAY_SIZE(bases) * RUN)

/* The model: entry and marks (bit m) of each position, in order of index. */
static void *entries[POSITIONS];
static u8 marks[POSITIONS];

/* What the allocator does: nodes in use, and how many more it will give. */
static long nodes_in_use;
static long allocations_left = LONG_MAX;

static void *count_alloc(void *ctx, gfp_t gfp)
{
	void *node;

	EXPECT_EQ(ctx, &nodes_in_use);
	EXPECT_EQ(gfp, 7);
	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	nodes_in_use++;
	node = malloc(sizeof(struct xa_node));
	return memset(node, 0xa5, sizeof(struct xa_node));
}

static void count_free(void *node)
{
	nodes_in_use--;
	free(node);
}

static LIST_HEAD(values_only);

static void list_leaf(struct xa_node *leaf)
{
	if (!xa_leaf_has_values_only(leaf))
		list_del_init(&leaf->list);
	else if (list_empty(&leaf->list))
		list_add(&leaf->list, &values_only);
}

static const struct xarray_ops ops = { count_alloc, count_free, list_leaf };
static struct xarray xa;

static unsigned long index_of(unsigned int position)
{
	return bases[position / RUN] + position % RUN;
}

static void reset(void)
{
	allocations_left = LONG_MAX;
	xa_destroy(&xa);
	EXPECT_EQ(nodes_in_use, 0);
	xa_init(&xa, &ops, &nodes_in_use);
	memset(entries, 0, sizeof(entries));
	memset(marks, 0, sizeof(marks));
}

static void check_leaf(const struct xa_node *leaf)
{
	unsigned int count = 0, values = 0;

	for (unsigned int i = 0; i < XA_NODE_SLOTS; i++) {
		count += leaf->slots[i] != NULL;
		values += xa_is_value(leaf->slots[i]);
	}
	EXPECT(leaf->count == count && leaf->values == values, "I6: %u of %u, counted %u of %u",
	       values, count, leaf->values, leaf->count);
	EXPECT_EQ(!list_empty(&leaf->list), count == values);
}

/* Checks a node and all below it; returns how many nodes these are. */
static long check_node(const struct xa_node *node, const struct xa_node *parent)
{
	const struct xa_node *child;
	long count = 1;
	unsigned int i, m;

	EXPECT_EQ(node->parent, parent);
	EXPECT_EQ(node->array, &xa);
	if (!node->shift)
		check_leaf(node);
	EXPECT(node->marks[XA_PRESENT], "I2: empty node at shift %u", node->shift);
	for (i = 0; i < XA_NODE_SLOTS; i++) {
		EXPECT(!node->slots[i] == !(node->marks[XA_PRESENT] & BIT(i)), "I1: slot %u", i);
		for (m = 0; m < XA_PRESENT; m++)
			EXPECT(node->slots[i] || !(node->marks[m] & BIT(i)),
			       "mark %u on the empty slot %u", m, i);
		if (!node->slots[i] || !node->shift)
			continue;
		child = node->slots[i];
		EXPECT_EQ(child->shift, node->shift - XA_NODE_SHIFT);
		EXPECT_EQ(child->offset, i);
		count += check_node(child, node);
		for (m = 0; m < XA_MARKS; m++)
			EXPECT(!child->marks[m] == !(node->marks[m] & BIT(i)),
			       "I3: mark %u of slot %u", m, i);
	}
	return count;
}

static void check_tree(void)
{
	const struct xa_node *head = xa.head;
	unsigned int m;

	if (!xa.height) {
		EXPECT_EQ(nodes_in_use, 0);
		EXPECT_EQ(xa_marked(&xa, XA_PRESENT), head != NULL);
		return;
	}
	EXPECT_EQ(head->shift, (xa.height - 1) * XA_NODE_SHIFT);
	EXPECT_EQ(check_node(head, NULL), nodes_in_use);
	EXPECT(head->marks[XA_PRESENT] != 1, "I4: only slot 0 of the head is in use");
	for (m = 0; m < XA_MARKS; m++)
		EXPECT_EQ(xa_marked(&xa, m), head->marks[m] != 0);
}

/* The position at or behind `from` that passes the filter; POSITIONS if none. */
static unsigned int model_find(unsigned int from, xa_mark_t filter)
{
	while (from < POSITIONS && !(filter == XA_PRESENT ? entries[from] != NULL :
							    marks[from] >> filter & 1))
		from++;
	return from;
}

static void check_position(unsigned int p)
{
	unsigned int m;

	EXPECT_EQ(xa_load(&xa, index_of(p)), entries[p]);
	for (m = 0; m < XA_PRESENT; m++)
		EXPECT_EQ(xa_get_mark(&xa, index_of(p), m), marks[p] >> m & 1);
}

static void check_walks(void)
{
	unsigned int m, p;
	unsigned long index;
	void *entry;

	for (m = 0; m < XA_MARKS; m++) {
		XA_STATE(xas, &xa, 0);

		p = model_find(0, m);
		xa_for_each_marked(&xa, index, entry, m) {
			EXPECT(p < POSITIONS, "filter %u finds too much: 0x%lx", m, index);
			EXPECT_EQ(index, index_of(p));
			EXPECT_EQ(entry, entries[p]);
			p = model_find(p + 1, m);
		}
		EXPECT_EQ(p, POSITIONS);
		p = model_find(0, m);
		xas_for_each_marked(&xas, entry, ULONG_MAX, m) {
			EXPECT_EQ(xas.index, index_of(p));
			EXPECT_EQ(entry, entries[p]);
			p = model_find(p + 1, m);
		}
		EXPECT_EQ(p, POSITIONS);
	}
}

static void model_store(unsigned int p, void *entry)
{
	entries[p] = entry;
	if (!entry)
		marks[p] = 0;
}

static void *random_entry(void)
{
	if (unit_random_below(2))
		return xa_mk_value(unit_random() >> 1);
	return (void *)((unit_random() & ~3UL) | 4);
}

static void random_store(unsigned int p)
{
	void *entry = random_entry();

	EXPECT_EQ(xa_store(&xa, index_of(p), entry, 7), entries[p]);
	model_store(p, entry);
}

static void random_conditional_store(unsigned int p)
{
	void *entry = random_entry(), *old = unit_random_below(2) ? entries[p] : random_entry();
	int wanted = entries[p] ? -EBUSY : 0;

	if (unit_random_below(2)) {
		EXPECT_EQ(xa_insert(&xa, index_of(p), entry, 7), wanted);
		if (!wanted)
			model_store(p, entry);
		return;
	}
	EXPECT_EQ(xa_cmpxchg(&xa, index_of(p), old, entry, 7), entries[p]);
	if (old == entries[p])
		model_store(p, entry);
}

static void random_mark(unsigned int p)
{
	xa_mark_t mark = unit_random_below(XA_PRESENT);

	if (unit_random_below(2)) {
		xa_set_mark(&xa, index_of(p), mark);
		marks[p] |= entries[p] ? BIT(mark) : 0;
	} else {
		xa_clear_mark(&xa, index_of(p), mark);
		marks[p] &= ~BIT(mark);
	}
}

/* One step; `bias` of 100 stores rather than erases. */
static void random_step(unsigned int bias)
{
	unsigned int p = unit_random_below(POSITIONS);

	if (unit_random_below(3) == 0) {
		random_mark(p);
	} else if (unit_random_below(100) >= bias) {
		EXPECT_EQ(xa_erase(&xa, index_of(p)), entries[p]);
		model_store(p, NULL);
	} else if (unit_random_below(2)) {
		random_store(p);
	} else {
		random_conditional_store(p);
	}
	check_position(p);
	check_tree();
}

UNIT_TEST(xarray_random_against_a_table)
{
	unsigned int step, p, bias = 50;

	reset();
	for (step = 0; step < 6000; step++) {
		if (step % 500 == 0)
			bias = 10 + unit_random_below(80);
		random_step(bias);
		if (step % 100 == 0)
			check_walks();
	}
	for (p = 0; p < POSITIONS; p++)
		check_position(p);
	reset();
}

UNIT_TEST(xarray_empty_and_single_entry_need_no_node)
{
	reset();
	EXPECT(xa_empty(&xa), "new");
	EXPECT_EQ(xa_store(&xa, 0, xa_mk_value(5), 7), NULL);
	EXPECT_EQ(nodes_in_use, 0);
	xa_set_mark(&xa, 0, XA_MARK_1);
	EXPECT(xa_marked(&xa, XA_MARK_1), "mark in the head");
	EXPECT_EQ(xa_load(&xa, 1), NULL);
	EXPECT_EQ(xa_store(&xa, 1, xa_mk_value(6), 7), NULL);
	EXPECT_EQ(nodes_in_use, 1);
	EXPECT(xa_get_mark(&xa, 0, XA_MARK_1), "mark moved into the new node");
	EXPECT_EQ(xa_erase(&xa, 1), xa_mk_value(6));
	EXPECT_EQ(nodes_in_use, 0);
	EXPECT(xa_get_mark(&xa, 0, XA_MARK_1), "and back");
	EXPECT_EQ(xa_erase(&xa, 0), xa_mk_value(5));
	EXPECT(xa_empty(&xa) && !xa_marked(&xa, XA_MARK_1), "nothing left");
}

UNIT_TEST(xarray_values_errors_and_pointers_differ)
{
	void *value = xa_mk_value(LONG_MAX);

	EXPECT_EQ(xa_to_value(value), LONG_MAX);
	EXPECT(xa_is_value(value) && !xa_is_err(value), "the largest value");
	EXPECT_EQ(xa_err(xa_mk_err(-ENOMEM)), -ENOMEM);
	EXPECT_EQ(xa_err(value), 0);
	EXPECT_EQ(xa_err(NULL), 0);
	EXPECT(!xa_is_value(&xa) && !xa_is_err(&xa), "a pointer");
}

UNIT_TEST(xarray_a_store_keeps_marks_and_an_erase_drops_them)
{
	XA_STATE(xas, &xa, 100);

	reset();
	xa_store(&xa, 100, xa_mk_value(1), 7);
	xa_set_mark(&xa, 100, XA_MARK_0);
	xa_set_mark(&xa, 100, XA_MARK_2);
	xa_store(&xa, 100, xa_mk_value(2), 7);
	EXPECT(xa_get_mark(&xa, 100, XA_MARK_0) && xa_get_mark(&xa, 100, XA_MARK_2), "kept");
	xas_init_marks(&xas);
	EXPECT(!xa_marked(&xa, XA_MARK_0) && !xa_marked(&xa, XA_MARK_2), "cleared");
	xa_set_mark(&xa, 100, XA_MARK_0);
	xa_store(&xa, 100, NULL, 7);
	xa_store(&xa, 100, xa_mk_value(3), 7);
	EXPECT(!xa_get_mark(&xa, 100, XA_MARK_0), "dropped with the entry");
	reset();
}

/* Fills the tree with some positions, the same ones for the same seed of the test. */
static void fill_some(void)
{
	unsigned int i;

	for (i = 0; i < 5; i++)
		random_store(unit_random_below(POSITIONS));
}

UNIT_TEST(xarray_failed_store_changes_nothing)
{
	unsigned int round, p;
	long allowed, before;
	void *entry;

	for (round = 0; round < 200; round++) {
		reset();
		fill_some();
		p = unit_random_below(POSITIONS);
		before = nodes_in_use;
		for (allowed = 0;; allowed++) {
			allocations_left = allowed;
			entry = xa_store(&xa, index_of(p), xa_mk_value(9), 7);
			check_tree();
			if (!xa_err(entry))
				break;
			EXPECT_EQ(xa_err(entry), -ENOMEM);
			EXPECT_EQ(nodes_in_use, before);
			check_position(p);
			check_walks();
		}
		/* It needed exactly what it now has more, and not one allocation beyond. */
		EXPECT_EQ(nodes_in_use - before, allowed);
		EXPECT_EQ(entry, entries[p]);
	}
	reset();
}

UNIT_TEST(xarray_worst_case_store_takes_twenty_one_nodes)
{
	reset();
	xa_store(&xa, 0, xa_mk_value(1), 7);
	allocations_left = 20;
	EXPECT_EQ(xa_insert(&xa, ULONG_MAX, xa_mk_value(2), 7), -ENOMEM);
	allocations_left = 21;
	EXPECT_EQ(xa_insert(&xa, ULONG_MAX, xa_mk_value(2), 7), 0);
	EXPECT_EQ(xa_load(&xa, ULONG_MAX), xa_mk_value(2));
	check_tree();
	EXPECT_EQ(xa_erase(&xa, ULONG_MAX), xa_mk_value(2));
	EXPECT_EQ(nodes_in_use, 0);
}

UNIT_TEST(xarray_nomem_counts_again_when_the_tree_changed)
{
	XA_STATE(xas, &xa, 64 * 64 + 1);
	int turns = 0;

	reset();
	xa_store(&xa, 64 * 64, xa_mk_value(1), 7);
	xa_store(&xa, 1, xa_mk_value(1), 7);
	xa_erase(&xa, 64 * 64);
	do {
		xas_store(&xas, xa_mk_value(2));
		/* While the lock is not held, others empty the tree, then make it higher. */
		if (++turns == 1)
			xa_erase(&xa, 1);
		if (turns == 2)
			xa_store(&xa, 1UL << 40, xa_mk_value(3), 7);
	} while (xas_nomem(&xas, 7));
	EXPECT_EQ(xas_error(&xas), 0);
	EXPECT_EQ(xa_load(&xa, 64 * 64 + 1), xa_mk_value(2));
	check_tree();
	reset();
}

UNIT_TEST(xarray_nomem_forgets_what_the_cursor_saw)
{
	XA_STATE(xas, &xa, 5);

	reset();
	xas_store(&xas, xa_mk_value(2));
	EXPECT_EQ(xas_error(&xas), -ENOMEM);
	/* While the lock is not held, somebody else stores there. */
	xa_store(&xa, 5, xa_mk_value(1), 7);
	EXPECT(xas_nomem(&xas, 7), "one node was missing");
	EXPECT_EQ(xas_load(&xas), xa_mk_value(1));
	EXPECT(!xas_nomem(&xas, 7), "nothing to do");
	reset();
}

UNIT_TEST(xarray_unused_spares_are_given_back)
{
	XA_STATE(xas, &xa, 5);

	reset();
	xas_store(&xas, xa_mk_value(2));
	EXPECT_EQ(xas_error(&xas), -ENOMEM);
	EXPECT(xas_nomem(&xas, 7), "one node was missing");
	EXPECT_EQ(nodes_in_use, 1);
	EXPECT_EQ(xas_load(&xas), NULL);
	EXPECT(!xas_nomem(&xas, 7), "no store was tried");
	EXPECT_EQ(nodes_in_use, 0);
	EXPECT_EQ(xas_error(&xas), 0);
}

UNIT_TEST(xarray_cursor_steps_over_runs_and_holes)
{
	XA_STATE(xas, &xa, 0);
	unsigned long index;

	reset();
	for (index = 0; index < 300; index++)
		if (index % 7 && (index < 100 || index > 220))
			xa_store(&xa, index, xa_mk_value(index), 7);
	EXPECT_EQ(xas_load(&xas), NULL);
	for (index = 1; index < 400; index++) {
		EXPECT_EQ(xas_next(&xas), xa_load(&xa, index));
		EXPECT_EQ(xas.index, index);
	}
	while (index-- > 1) {
		EXPECT_EQ(xas_load(&xas), xa_load(&xa, index));
		EXPECT_EQ(xas_prev(&xas), xa_load(&xa, index - 1));
	}
	EXPECT_EQ(xas_prev(&xas), NULL);
	EXPECT_EQ(xas.index, ULONG_MAX);
	reset();
}

UNIT_TEST(xarray_cursor_finds_between_bounds)
{
	XA_STATE(xas, &xa, 10);
	void *entry;

	reset();
	xa_store(&xa, 10, xa_mk_value(10), 7);
	xa_store(&xa, 63, xa_mk_value(63), 7);
	xa_store(&xa, 64, xa_mk_value(64), 7);
	xa_store(&xa, 5000, xa_mk_value(5000), 7);
	EXPECT_EQ(xas_find(&xas, 63), xa_mk_value(10));
	EXPECT_EQ(xas_find(&xas, 63), xa_mk_value(63));
	EXPECT_EQ(xas_find(&xas, 63), NULL);
	EXPECT_EQ(xas_find(&xas, 4999), xa_mk_value(64));
	EXPECT_EQ(xas_find(&xas, 4999), NULL);
	EXPECT_EQ(xas_find(&xas, ULONG_MAX), xa_mk_value(5000));
	EXPECT_EQ(xas_find(&xas, ULONG_MAX), NULL);
	EXPECT_EQ(xas_find(&xas, ULONG_MAX), NULL);
	xas_set(&xas, 11);
	xas_for_each(&xas, entry, ULONG_MAX) {
		EXPECT_EQ(entry, xa_mk_value(xas.index));
		EXPECT(xas.index > 10, "begins at 11, came 0x%lx", xas.index);
		xas_pause(&xas);
	}
	reset();
}

UNIT_TEST(xarray_loop_may_erase_and_replace_at_the_cursor)
{
	unsigned int round, p, left;
	void *entry;

	for (round = 0; round < 50; round++) {
		XA_STATE(xas, &xa, 0);

		reset();
		for (p = 0; p < POSITIONS; p++)
			if (unit_random_below(3))
				random_store(p);
		p = left = 0;
		xas_for_each(&xas, entry, ULONG_MAX) {
			p = model_find(p, XA_PRESENT);
			EXPECT_EQ(xas.index, index_of(p));
			model_store(p, unit_random_below(4) ? NULL : random_entry());
			EXPECT_EQ(xas_store(&xas, entries[p]), entry);
			left += entries[p] != NULL;
			check_tree();
			p++;
		}
		EXPECT_EQ(model_find(p, XA_PRESENT), POSITIONS);
		check_walks();
	}
	reset();
}

UNIT_TEST(xarray_find_and_find_after)
{
	unsigned long index = 3;

	reset();
	xa_store(&xa, 3, xa_mk_value(3), 7);
	xa_store(&xa, 700, xa_mk_value(700), 7);
	xa_set_mark(&xa, 700, XA_MARK_0);
	EXPECT_EQ(xa_find(&xa, &index, ULONG_MAX, XA_PRESENT), xa_mk_value(3));
	EXPECT_EQ(xa_find_after(&xa, &index, 699, XA_PRESENT), NULL);
	EXPECT_EQ(index, 3);
	EXPECT_EQ(xa_find(&xa, &index, ULONG_MAX, XA_MARK_0), xa_mk_value(700));
	EXPECT_EQ(index, 700);
	index = ULONG_MAX;
	EXPECT_EQ(xa_find_after(&xa, &index, ULONG_MAX, XA_PRESENT), NULL);
	reset();
}

UNIT_TEST(xarray_batches_visit_everything_once)
{
	unsigned int m, p, i, got;
	unsigned long index;
	void *batch[16];

	reset();
	for (p = 0; p < POSITIONS - 1; p++) {
		if (unit_random_below(2))
			random_store(p);
		random_mark(p);
	}
	for (m = 0; m < XA_MARKS; m++) {
		index = 0;
		p = model_find(0, m);
		do {
			got = xa_get_batch(&xa, &index, ULONG_MAX, m, batch, ARRAY_SIZE(batch));
			for (i = 0; i < got; i++, p = model_find(p + 1, m))
				EXPECT_EQ(batch[i], entries[p]);
		} while (got == ARRAY_SIZE(batch));
		EXPECT_EQ(p, POSITIONS);
	}
	index = 0;
	EXPECT_EQ(xa_get_batch(&xa, &index, 0, XA_PRESENT, batch, 16), entries[0] != NULL);
	reset();
}

/* Most of what it stores are values. */
static void store_value(unsigned int p)
{
	void *entry = unit_random_below(30) ? xa_mk_value(p) : random_entry();

	EXPECT_EQ(xa_store(&xa, index_of(p), entry, 7), entries[p]);
	model_store(p, entry);
}

/* Of leaves that have values only, all entries go, and nothing else does. */
UNIT_TEST(xarray_leaves_of_values_can_be_deleted)
{
	unsigned int p, deleted = 0;

	reset();
	for (int round = 0; round < 300; round++) {
		for (int i = 0; i < 40; i++)
			store_value(unit_random_below(POSITIONS));
		if (list_empty(&values_only))
			continue;
		xa_delete_leaf(list_first_entry(&values_only, struct xa_node, list));
		deleted++;
		for (p = 0; p < POSITIONS; p++)
			if (entries[p] && !xa_load(&xa, index_of(p))) {
				EXPECT(xa_is_value(entries[p]), "a pointer went");
				model_store(p, NULL);
			}
		check_tree();
	}
	EXPECT(deleted > 50, "%u leaves", deleted);
	reset();
	EXPECT(list_empty(&values_only), "nothing is listed");
}

UNIT_TEST(xarray_destroy_frees_every_node)
{
	unsigned int p;

	reset();
	for (p = 0; p < POSITIONS; p++)
		random_store(p);
	EXPECT(nodes_in_use > 20, "a large tree, %ld nodes", nodes_in_use);
	xa_destroy(&xa);
	EXPECT_EQ(nodes_in_use, 0);
	EXPECT(xa_empty(&xa), "destroyed");
	EXPECT_EQ(xa_store(&xa, 77, xa_mk_value(1), 7), NULL);
	reset();
}
