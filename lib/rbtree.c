// SPDX-License-Identifier: MIT
/*
 * rbtree.c - how the red-black tree keeps its balance.
 *
 * I1  A red node's children are black (an absent child counts as black), and the root is black.
 * I2  Every way from a node down to an absent child passes the same number of black nodes.
 * I3  An augmented node's value is what compute() makes of the node and its children.
 *
 * By I1 and I2 the longest way down is at most twice the shortest.
 *
 * Left and right are rb_child[0] and rb_child[1], so each case is written once, for a side and
 * its opposite. `augment` is NULL for a plain tree.
 *
 * A rotation brings the child of one side up into the node's place and the node down to the
 * other side:
 *
 *	    node			   up
 *	   /    \	rotate left	  /  \
 *	  a      up	----------->   node   c
 *	        /  \			/  \
 *	       b    c		       a    b
 *
 * What is above sees the same set of nodes below, so only the two values need computing.
 */
#include "lib/rbtree.h"

#define RB_BLACK 1UL

enum side { LEFT, RIGHT };

static bool is_red(const struct rb_node *node)
{
	return node && !(node->rb_parent_color & RB_BLACK);
}

static void set_black(struct rb_node *node)
{
	node->rb_parent_color |= RB_BLACK;
}

static void set_red(struct rb_node *node)
{
	node->rb_parent_color &= ~RB_BLACK;
}

static void set_parent(struct rb_node *node, struct rb_node *parent)
{
	node->rb_parent_color = (unsigned long)parent | (node->rb_parent_color & RB_BLACK);
}

static void set_color_of(struct rb_node *node, const struct rb_node *model)
{
	node->rb_parent_color = (unsigned long)rb_parent(node) |
				(model->rb_parent_color & RB_BLACK);
}

static enum side side_of(const struct rb_node *node, const struct rb_node *parent)
{
	return parent->rb_right == node ? RIGHT : LEFT;
}

/* Hangs `node`, which may be NULL, where `old` hangs. The new node's parent is not set. */
static void replace_child(struct rb_root *root, struct rb_node *parent, struct rb_node *old,
			  struct rb_node *node)
{
	if (parent)
		parent->rb_child[side_of(old, parent)] = node;
	else
		root->rb_node = node;
}

/* `node` goes down on side `down`, its child of the other side comes up. */
static void rotate(struct rb_node *node, enum side down, struct rb_root *root,
		   const struct rb_augment_callbacks *augment)
{
	struct rb_node *up = node->rb_child[!down];
	struct rb_node *inner = up->rb_child[down];
	struct rb_node *parent = rb_parent(node);

	replace_child(root, parent, node, up);
	set_parent(up, parent);
	up->rb_child[down] = node;
	set_parent(node, up);
	node->rb_child[!down] = inner;
	if (inner)
		set_parent(inner, node);
	if (augment) {
		augment->compute(node);
		augment->compute(up);
	}
}

/* I1 holds but for the red `node`, whose parent may be red too. */
static void insert_fixup(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *augment)
{
	struct rb_node *parent, *grand, *uncle;
	enum side side;

	while (is_red(parent = rb_parent(node))) {
		grand = rb_parent(parent); /* there is one: a red node is not the root */
		side = side_of(parent, grand);
		uncle = grand->rb_child[!side];
		if (is_red(uncle)) {
			set_black(parent);
			set_black(uncle);
			set_red(grand);
			node = grand;
			continue;
		}
		if (node == parent->rb_child[!side]) {
			rotate(parent, side, root, augment);
			parent = node;
		}
		set_black(parent);
		set_red(grand);
		rotate(grand, !side, root, augment);
		break;
	}
	set_black(root->rb_node);
}

/*
 * One black node too few on the ways through the absent child of `parent`: I2 is broken there.
 * The lack moves upwards until a red node can be made black, or until a rotation brings a node
 * over from the sibling's side.
 */
static void erase_fixup(struct rb_node *parent, struct rb_root *root,
			const struct rb_augment_callbacks *augment)
{
	struct rb_node *node = NULL, *sibling, *inner;
	enum side side;

	while (parent && !is_red(node)) {
		side = side_of(node, parent);
		sibling = parent->rb_child[!side]; /* not NULL: that side has a black more */
		if (is_red(sibling)) {
			set_black(sibling);
			set_red(parent);
			rotate(parent, side, root, augment);
			sibling = parent->rb_child[!side];
		}
		inner = sibling->rb_child[side];
		if (!is_red(inner) && !is_red(sibling->rb_child[!side])) {
			set_red(sibling);
			node = parent;
			parent = rb_parent(node);
			continue;
		}
		if (!is_red(sibling->rb_child[!side])) {
			set_red(sibling);
			rotate(sibling, !side, root, augment);
			sibling = inner;
		}
		set_color_of(sibling, parent);
		set_black(parent);
		set_black(sibling->rb_child[!side]);
		rotate(parent, side, root, augment);
		return;
	}
	if (node)
		set_black(node);
}

void rb_augment_propagate(struct rb_node *node, const struct rb_augment_callbacks *augment)
{
	while (node && augment->compute(node))
		node = rb_parent(node);
}

static struct rb_node *descend(struct rb_node *node, enum side side)
{
	while (node && node->rb_child[side])
		node = node->rb_child[side];
	return node;
}

/*
 * Takes a node with two children out: its successor, which has no left child, leaves its own
 * place to its right child and takes the node's place and colour. Returns the lowest node below
 * which something is gone.
 */
static struct rb_node *put_successor_in_place(struct rb_node *node, struct rb_node *next,
					      struct rb_root *root)
{
	struct rb_node *parent = rb_parent(next), *child = next->rb_right;

	if (parent == node) {
		parent = next;
	} else {
		parent->rb_left = child;
		if (child)
			set_parent(child, parent);
		next->rb_right = node->rb_right;
		set_parent(next->rb_right, next);
	}
	next->rb_left = node->rb_left;
	set_parent(next->rb_left, next);
	next->rb_parent_color = node->rb_parent_color;
	replace_child(root, rb_parent(node), node, next);
	return parent;
}

static void erase(struct rb_node *node, struct rb_root *root,
		  const struct rb_augment_callbacks *augment)
{
	struct rb_node *next = NULL, *child, *parent;
	bool lost_black;

	if (node->rb_left && node->rb_right) {
		next = descend(node->rb_right, LEFT);
		child = next->rb_right;
		lost_black = !is_red(next);
		parent = put_successor_in_place(node, next, root);
	} else {
		child = node->rb_left ? node->rb_left : node->rb_right;
		lost_black = !is_red(node);
		parent = rb_parent(node);
		replace_child(root, parent, node, child);
		if (child)
			set_parent(child, parent);
	}
	if (augment) {
		rb_augment_propagate(parent, augment);
		/* Its old value is of its old place: that it did not change means nothing. */
		if (next) {
			augment->compute(next);
			rb_augment_propagate(rb_parent(next), augment);
		}
	}
	/* A single child is red by I2, and so replaces the black that is lost above it. */
	if (child)
		set_black(child);
	else if (lost_black)
		erase_fixup(parent, root, augment);
}

void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	insert_fixup(node, root, NULL);
}

void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *augment)
{
	augment->compute(node);
	rb_augment_propagate(rb_parent(node), augment);
	insert_fixup(node, root, augment);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	erase(node, root, NULL);
}

void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *augment)
{
	erase(node, root, augment);
}

void rb_replace_node(struct rb_node *victim, struct rb_node *node, struct rb_root *root)
{
	*node = *victim;
	replace_child(root, rb_parent(victim), victim, node);
	if (node->rb_left)
		set_parent(node->rb_left, node);
	if (node->rb_right)
		set_parent(node->rb_right, node);
}

struct rb_node *rb_first(const struct rb_root *root)
{
	return descend(root->rb_node, LEFT);
}

struct rb_node *rb_last(const struct rb_root *root)
{
	return descend(root->rb_node, RIGHT);
}

/* The neighbour in order: the nearest below, else the first ancestor of which we are behind. */
static struct rb_node *neighbour(const struct rb_node *node, enum side side)
{
	struct rb_node *parent;

	if (node->rb_child[side])
		return descend(node->rb_child[side], !side);
	while ((parent = rb_parent(node)) && node == parent->rb_child[side])
		node = parent;
	return parent;
}

struct rb_node *rb_next(const struct rb_node *node)
{
	return neighbour(node, RIGHT);
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	return neighbour(node, LEFT);
}

/* The first node in postorder of a subtree: a leaf, as far left as can be. */
static struct rb_node *deepest_left(struct rb_node *node)
{
	while (node && (node->rb_left || node->rb_right))
		node = node->rb_left ? node->rb_left : node->rb_right;
	return node;
}

struct rb_node *rb_first_postorder(const struct rb_root *root)
{
	return deepest_left(root->rb_node);
}

struct rb_node *rb_next_postorder(const struct rb_node *node)
{
	struct rb_node *parent = rb_parent(node);

	if (parent && node == parent->rb_left && parent->rb_right)
		return deepest_left(parent->rb_right);
	return parent;
}
