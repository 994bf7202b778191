// SPDX-License-Identifier: MIT
/*
 * unit_rbtree.c - lib/rbtree.c: random insertions and removals against a plain array.
 *
 * After every step the whole tree is checked: I1 (colours), I2 (black heights), I3 (the
 * augmented value, here the number of nodes and the largest weight below), parents, order.
 */
#include "lib/rbtree.h"

#include "lib/string.h"
#include "tests/unit.h"

#define KEYS 64
#define STEPS 4000

struct item {
	struct rb_node node;
	int key;
	int weight;
	int max_weight; /* augmented: of the item and all below */
};

static struct item items[KEYS];
static bool present[KEYS];
static struct rb_root_cached tree;

static struct item *item_of(struct rb_node *node)
{
	return rb_entry(node, struct item, node);
}

static int max_below(const struct item *item)
{
	int most = item->weight, side;

	for (side = 0; side < 2; side++)
		if (item->node.rb_child[side])
			most = max(most, item_of(item->node.rb_child[side])->max_weight);
	return most;
}

static bool compute_max(struct rb_node *node)
{
	struct item *item = item_of(node);
	int old = item->max_weight;

	item->max_weight = max_below(item);
	return item->max_weight != old;
}

static const struct rb_augment_callbacks augment = { .compute = compute_max };

/* Checks a subtree and returns its black height. */
static int check_subtree(struct rb_node *node, struct rb_node *parent, bool augmented)
{
	bool red;
	int left, right;

	if (!node)
		return 1;
	red = !(node->rb_parent_color & 1);
	EXPECT_EQ(rb_parent(node), parent);
	EXPECT(!red || (parent && (parent->rb_parent_color & 1)), "I1: key %d",
	       item_of(node)->key);
	EXPECT(!augmented || item_of(node)->max_weight == max_below(item_of(node)),
	       "I3: key %d has %d", item_of(node)->key, item_of(node)->max_weight);
	left = check_subtree(node->rb_left, node, augmented);
	right = check_subtree(node->rb_right, node, augmented);
	EXPECT(left == right, "I2: key %d has black heights %d and %d", item_of(node)->key, left,
	       right);
	return left + !red;
}

static void check_order(void)
{
	struct rb_node *node = rb_first(&tree.rb_root);
	int key;

	EXPECT_EQ(rb_first_cached(&tree), node);
	for (key = 0; key < KEYS; key++) {
		if (!present[key])
			continue;
		EXPECT(node && item_of(node)->key == key, "key %d is missing forwards", key);
		node = rb_next(node);
	}
	EXPECT_EQ(node, NULL);
	node = rb_last(&tree.rb_root);
	for (key = KEYS - 1; key >= 0; key--) {
		if (!present[key])
			continue;
		EXPECT(node && item_of(node)->key == key, "key %d is missing backwards", key);
		node = rb_prev(node);
	}
	EXPECT_EQ(node, NULL);
}

static void insert(int key, bool augmented)
{
	struct rb_node **link = &tree.rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	items[key].key = key;
	while (*link) {
		parent = *link;
		if (key < item_of(parent)->key) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&items[key].node, parent, link);
	if (augmented)
		rb_insert_augmented_cached(&items[key].node, &tree, leftmost, &augment);
	else
		rb_insert_color_cached(&items[key].node, &tree, leftmost);
	present[key] = true;
}

static void erase(int key, bool augmented)
{
	if (augmented)
		rb_erase_augmented_cached(&items[key].node, &tree, &augment);
	else
		rb_erase_cached(&items[key].node, &tree);
	present[key] = false;
	memset(&items[key].node, 0xa5, sizeof(items[key].node));
}

static void reset(void)
{
	tree = RB_ROOT_CACHED;
	memset(present, 0, sizeof(present));
	memset(items, 0, sizeof(items));
}

/* `bias` of 100 steps insert, so that the tree is now nearly full, now nearly empty. */
static void random_steps(bool augmented)
{
	int step, key, bias = 50;

	reset();
	for (step = 0; step < STEPS; step++) {
		if (step % 200 == 0)
			bias = 20 + unit_random_below(60);
		key = unit_random_below(KEYS);
		items[key].weight = present[key] ? items[key].weight : (int)unit_random_below(1000);
		if ((int)unit_random_below(100) < bias && !present[key])
			insert(key, augmented);
		else if (present[key])
			erase(key, augmented);
		check_subtree(tree.rb_root.rb_node, NULL, augmented);
		check_order();
	}
}

UNIT_TEST(rbtree_random_plain)
{
	random_steps(false);
}

UNIT_TEST(rbtree_random_augmented)
{
	random_steps(true);
}

UNIT_TEST(rbtree_ascending_and_descending)
{
	int key, round;

	for (round = 0; round < 2; round++) {
		reset();
		for (key = 0; key < KEYS; key++) {
			insert(round ? KEYS - 1 - key : key, false);
			check_subtree(tree.rb_root.rb_node, NULL, false);
		}
		check_order();
		for (key = 0; key < KEYS; key++) {
			erase(key, false);
			check_subtree(tree.rb_root.rb_node, NULL, false);
			check_order();
		}
		EXPECT(RB_EMPTY_ROOT(&tree.rb_root), "all keys erased");
	}
}

UNIT_TEST(rbtree_propagate_after_a_change_of_weight)
{
	int step, key;

	reset();
	for (key = 0; key < KEYS; key++)
		insert(key, true);
	for (step = 0; step < STEPS; step++) {
		key = unit_random_below(KEYS);
		items[key].weight = unit_random_below(1000);
		rb_augment_propagate(&items[key].node, &augment);
		check_subtree(tree.rb_root.rb_node, NULL, true);
	}
}

UNIT_TEST(rbtree_replace_node_keeps_everything_else)
{
	static struct item twins[KEYS];
	int key;

	reset();
	for (key = 0; key < KEYS; key++)
		insert(key, false);
	for (key = 0; key < KEYS; key++) {
		twins[key] = items[key];
		rb_replace_node(&items[key].node, &twins[key].node, &tree.rb_root);
		memset(&items[key].node, 0xa5, sizeof(items[key].node));
		check_subtree(tree.rb_root.rb_node, NULL, false);
	}
	tree.rb_leftmost = &twins[0].node;
	check_order();
}

UNIT_TEST(rbtree_postorder_frees_a_tree)
{
	struct item *item, *next;
	int key, seen = 0;

	reset();
	rbtree_postorder_for_each_entry_safe(item, next, &tree.rb_root, node)
		seen++;
	EXPECT_EQ(seen, 0);
	for (key = 0; key < KEYS; key++)
		insert(key, false);
	rbtree_postorder_for_each_entry_safe(item, next, &tree.rb_root, node) {
		EXPECT(present[item->key], "key %d twice", item->key);
		present[item->key] = false;
		memset(&item->node, 0xa5, sizeof(item->node));
		seen++;
	}
	EXPECT_EQ(seen, KEYS);
}

UNIT_TEST(rbtree_cleared_node_is_empty)
{
	struct rb_root root = RB_ROOT;
	struct item item = { .key = 1 };

	RB_CLEAR_NODE(&item.node);
	EXPECT(RB_EMPTY_NODE(&item.node), "cleared");
	rb_link_node(&item.node, NULL, &root.rb_node);
	rb_insert_color(&item.node, &root);
	EXPECT(!RB_EMPTY_NODE(&item.node), "inserted as the root");
}
