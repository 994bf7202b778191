// SPDX-License-Identifier: MIT
/*
 * interval_tree.h - a set of closed intervals [start, last] that tells quickly which of them have a
 * point in common with a given one.
 *
 * A node is a member of the object that has the interval.  start and last are set before the
 * insertion and do not change while the node is in a tree.  Intervals may be equal; equal starts
 * keep the order in which they came.
 *
 *	interval_tree_for_each(node, &root, first, last)
 *		... rb_entry-like: interval_tree_entry(node, struct thing, member) ...
 *
 * visits them in order of start.  The loop body may not change the tree.
 *
 * Costs: insertion and removal O(log n); a visit of k intervals O(k + log n), however many there
 * are elsewhere.  The lock is the caller's.  Nothing here allocates or sleeps.
 */
#ifndef LIB_INTERVAL_TREE_H
#define LIB_INTERVAL_TREE_H

#include "lib/rbtree.h"

struct interval_node {
	struct rb_node rb;
	unsigned long start, last;
	unsigned long subtree_last;	/* the highest last of the subtree */
};

#define interval_tree_entry(node, type, member) container_of(node, type, member)

void interval_tree_insert(struct interval_node *node, struct rb_root *root);
void interval_tree_remove(struct interval_node *node, struct rb_root *root);

/* The first that meets [start, last], and the next one; NULL: none. */
struct interval_node *interval_tree_first(const struct rb_root *root, unsigned long start,
					  unsigned long last);
struct interval_node *interval_tree_next(struct interval_node *node, unsigned long start,
					 unsigned long last);

#define interval_tree_for_each(node, root, start, last)					\
	for (node = interval_tree_first(root, start, last); node;			\
	     node = interval_tree_next(node, start, last))

#endif
