// SPDX-License-Identifier: MIT
/*
 * unit_interval_tree.c - lib/interval_tree.c: random sets of intervals against a plain array.
 *
 * After every step: I1 (order), I2 (how far each subtree reaches), and the visits of a random
 * query, each interval once and in order.
 */
#include "lib/interval_tree.h"

#include "lib/string.h"
#include "tests/unit.h"

#define ITEMS	80
#define SPAN	200UL
#define STEPS	20000

static struct interval_node items[ITEMS];
static unsigned long born[ITEMS];	/* step of the insertion; 0: not in the tree */
static struct rb_root tree;

static unsigned long check_subtree(struct rb_node *rb)
{
	struct interval_node *node = rb_entry(rb, struct interval_node, rb);
	unsigned long last = node->last;

	for (int side = 0; side < 2; side++)
		if (rb->rb_child[side])
			last = max(last, check_subtree(rb->rb_child[side]));
	EXPECT_EQ(node->subtree_last, last);
	return last;
}

/* Does @a come before @b? */
static bool before(const struct interval_node *a, const struct interval_node *b)
{
	return a->start < b->start || (a->start == b->start && born[a - items] < born[b - items]);
}

static void check_order(void)
{
	struct interval_node *prev = NULL, *node;

	for (struct rb_node *rb = rb_first(&tree); rb; rb = rb_next(rb), prev = node) {
		node = rb_entry(rb, struct interval_node, rb);
		EXPECT(!prev || before(prev, node), "%lu comes after %lu", node->start,
		       prev->start);
	}
	if (tree.rb_node)
		check_subtree(tree.rb_node);
}

static void check_query(unsigned long start, unsigned long last)
{
	struct interval_node *node, *prev = NULL;
	int want = 0, got = 0;

	for (int i = 0; i < ITEMS; i++)
		want += born[i] && items[i].start <= last && items[i].last >= start;
	interval_tree_for_each(node, &tree, start, last) {
		EXPECT(node->start <= last && node->last >= start, "[%lu, %lu] for [%lu, %lu]",
		       node->start, node->last, start, last);
		EXPECT(!prev || before(prev, node), "visit %d is out of order", got);
		prev = node;
		got++;
	}
	EXPECT_EQ(got, want);
}

static void toggle(int i, unsigned long step)
{
	if (born[i]) {
		interval_tree_remove(&items[i], &tree);
		born[i] = 0;
		return;
	}
	items[i].start = unit_random_below(SPAN);
	items[i].last = items[i].start + unit_random_below(unit_random_below(2) ? 3 : SPAN / 2);
	interval_tree_insert(&items[i], &tree);
	born[i] = step;
}

static void reset(void)
{
	memset(items, 0, sizeof(items));
	memset(born, 0, sizeof(born));
	tree = RB_ROOT;
}

UNIT_TEST(random_steps_agree_with_an_array)
{
	reset();
	for (unsigned long step = 1; step <= STEPS; step++) {
		unsigned long start = unit_random_below(SPAN);

		toggle(unit_random_below(ITEMS), step);
		check_order();
		check_query(start, start + unit_random_below(20));
		check_query(start, start);
	}
}

UNIT_TEST(nothing_in_an_empty_tree)
{
	reset();
	check_query(0, ~0UL);
}

UNIT_TEST(equal_intervals_come_in_the_order_of_insertion)
{
	struct interval_node *node;
	int i = 0;

	reset();
	for (i = 0; i < ITEMS; i++) {
		items[i].start = 7;
		items[i].last = 9;
		interval_tree_insert(&items[i], &tree);
		born[i] = i + 1;
	}
	i = 0;
	interval_tree_for_each(node, &tree, 8, 8)
		EXPECT_EQ(node, &items[i++]);
	EXPECT_EQ(i, ITEMS);
}

UNIT_TEST(the_ends_of_the_numbers)
{
	reset();
	items[0].start = items[0].last = ~0UL;
	items[1].start = items[1].last = 0;
	for (int i = 0; i < 2; i++) {
		interval_tree_insert(&items[i], &tree);
		born[i] = i + 1;
	}
	check_query(0, 0);
	check_query(~0UL, ~0UL);
	check_query(1, ~0UL - 1);
	check_query(0, ~0UL);
}
