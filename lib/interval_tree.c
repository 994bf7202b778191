// SPDX-License-Identifier: MIT
/*
 * interval_tree.c - a red-black tree by start, in which each node also knows how far its subtree
 * reaches.
 *
 * I1  In order, starts ascend; of equal ones the later inserted comes later.
 * I2  subtree_last is the highest last of the node and of all below it.
 *
 * So a subtree whose subtree_last is below the interval that is asked for has nothing of it, and
 * neither has what lies to the right of a node that starts behind it.  Where neither is so for a
 * left subtree, that one has an answer, and it is the first.
 */
#include "lib/interval_tree.h"

static struct interval_node *node_of(struct rb_node *rb)
{
	return rb_entry(rb, struct interval_node, rb);
}

static unsigned long reach(struct rb_node *rb)
{
	return rb ? node_of(rb)->subtree_last : 0;
}

static bool compute_subtree_last(struct rb_node *rb)
{
	struct interval_node *node = node_of(rb);
	unsigned long last = node->last;

	last = max(last, reach(rb->rb_left));
	last = max(last, reach(rb->rb_right));
	if (node->subtree_last == last)
		return false;
	node->subtree_last = last;
	return true;
}

static const struct rb_augment_callbacks augment = { compute_subtree_last };

void interval_tree_insert(struct interval_node *node, struct rb_root *root)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = node->start < node_of(parent)->start ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&node->rb, parent, link);
	node->subtree_last = 0;
	rb_insert_augmented(&node->rb, root, &augment);
}

void interval_tree_remove(struct interval_node *node, struct rb_root *root)
{
	rb_erase_augmented(&node->rb, root, &augment);
}

/* The first of the subtree that meets [start, last]; the subtree reaches @start. */
static struct interval_node *subtree_first(struct rb_node *rb, unsigned long start,
					   unsigned long last)
{
	for (;;) {
		struct interval_node *node = node_of(rb);

		if (rb->rb_left && reach(rb->rb_left) >= start) {
			rb = rb->rb_left;
			continue;
		}
		if (node->start > last)
			return NULL;
		if (node->last >= start)
			return node;
		if (!rb->rb_right || reach(rb->rb_right) < start)
			return NULL;
		rb = rb->rb_right;
	}
}

struct interval_node *interval_tree_first(const struct rb_root *root, unsigned long start,
					  unsigned long last)
{
	if (!root->rb_node || reach(root->rb_node) < start)
		return NULL;
	return subtree_first(root->rb_node, start, last);
}

struct interval_node *interval_tree_next(struct interval_node *node, unsigned long start,
					 unsigned long last)
{
	struct rb_node *rb = &node->rb, *below;

	/* What comes behind the node: its right subtree, then each ancestor that it is left of. */
	for (;;) {
		if (rb->rb_right && reach(rb->rb_right) >= start)
			return subtree_first(rb->rb_right, start, last);
		do {
			below = rb;
			rb = rb_parent(rb);
			if (!rb)
				return NULL;
		} while (rb->rb_right == below);
		if (node_of(rb)->start > last)
			return NULL;
		if (node_of(rb)->last >= start)
			return node_of(rb);
	}
}
