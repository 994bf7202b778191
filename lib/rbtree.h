// SPDX-License-Identifier: MIT
/*
 * rbtree.h - balanced binary search trees whose nodes are members of the objects in them.
 *
 * The tree does not know the order: the caller searches for the place himself, links the node
 * there and lets the tree restore its balance. Typical sequence of an insertion:
 *
 *	struct rb_node **link = &root->rb_node, *parent = NULL;
 *
 *	while (*link) {
 *		parent = *link;
 *		link = before(new, parent) ? &parent->rb_left : &parent->rb_right;
 *	}
 *	rb_link_node(&new->node, parent, link);
 *	rb_insert_color(&new->node, root);
 *
 * Augmented trees keep in each object a value computed from the object and its two children
 * (the largest gap or the largest end below, say). One callback computes it; the tree calls it
 * wherever a subtree changes. A tree is augmented from its first node on, or never. When the
 * object's own part of the value changes while it is in the tree: rb_augment_propagate().
 *
 * Cached trees also know their leftmost node.
 *
 * Costs: search, insertion and removal O(log n); rb_next and rb_prev O(1) on average.
 * The lock is the caller's. Nothing here allocates or sleeps.
 */
#ifndef LIB_RBTREE_H
#define LIB_RBTREE_H

#include "lib/types.h"

struct rb_node {
	unsigned long rb_parent_color; /* parent's address; bit 0: black */
	union {
		struct {
			struct rb_node *rb_left;
			struct rb_node *rb_right;
		};
		struct rb_node *rb_child[2]; /* the same two, for code that is symmetric */
	};
};

struct rb_root {
	struct rb_node *rb_node;
};

struct rb_root_cached {
	struct rb_root rb_root;
	struct rb_node *rb_leftmost;
};

struct rb_augment_callbacks {
	/* Computes the node's value from itself and its children; true if it changed. */
	bool (*compute)(struct rb_node *node);
};

#define RB_ROOT ((struct rb_root){ NULL })
#define RB_ROOT_CACHED ((struct rb_root_cached){ { NULL }, NULL })

#define rb_parent(node) ((struct rb_node *)((node)->rb_parent_color & ~1UL))
#define rb_entry(ptr, type, member) container_of(ptr, type, member)
#define rb_entry_safe(ptr, type, member)                                                         \
	({                                                                                       \
		__typeof__(ptr) _ptr = (ptr);                                                    \
		_ptr ? rb_entry(_ptr, type, member) : NULL;                                      \
	})

#define RB_EMPTY_ROOT(root) (!READ_ONCE((root)->rb_node))

/* A cleared node is its own parent: it tells "in no tree" from "root of a tree". */
#define RB_CLEAR_NODE(node) ((node)->rb_parent_color = (unsigned long)(node))
#define RB_EMPTY_NODE(node) ((node)->rb_parent_color == (unsigned long)(node))

struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

/* Children before their parents: the order in which a whole tree can be freed. */
struct rb_node *rb_first_postorder(const struct rb_root *root);
struct rb_node *rb_next_postorder(const struct rb_node *node);

/* Makes `node` a red leaf at *link; one of the insert functions below must follow. */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	node->rb_parent_color = (unsigned long)parent;
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;
}

void rb_insert_color(struct rb_node *node, struct rb_root *root);
void rb_erase(struct rb_node *node, struct rb_root *root);

/* `node` takes over the place, colour and children of `victim`; their order is the same. */
void rb_replace_node(struct rb_node *victim, struct rb_node *node, struct rb_root *root);

void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *augment);
void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *augment);

/* Computes the value of `node` and of every ancestor that it reaches. */
void rb_augment_propagate(struct rb_node *node, const struct rb_augment_callbacks *augment);

#define rb_first_cached(root) ((root)->rb_leftmost)

/* `leftmost`: the search for the place went to the left only. */
static inline void __rb_note_insert(struct rb_node *node, struct rb_root_cached *root,
				    bool leftmost)
{
	if (leftmost)
		root->rb_leftmost = node;
}

static inline void __rb_note_erase(struct rb_node *node, struct rb_root_cached *root)
{
	if (root->rb_leftmost == node)
		root->rb_leftmost = rb_next(node);
}

static inline void rb_insert_color_cached(struct rb_node *node, struct rb_root_cached *root,
					  bool leftmost)
{
	__rb_note_insert(node, root, leftmost);
	rb_insert_color(node, &root->rb_root);
}

static inline void rb_erase_cached(struct rb_node *node, struct rb_root_cached *root)
{
	__rb_note_erase(node, root);
	rb_erase(node, &root->rb_root);
}

static inline void rb_insert_augmented_cached(struct rb_node *node, struct rb_root_cached *root,
					      bool leftmost,
					      const struct rb_augment_callbacks *augment)
{
	__rb_note_insert(node, root, leftmost);
	rb_insert_augmented(node, &root->rb_root, augment);
}

static inline void rb_erase_augmented_cached(struct rb_node *node, struct rb_root_cached *root,
					     const struct rb_augment_callbacks *augment)
{
	__rb_note_erase(node, root);
	rb_erase_augmented(node, &root->rb_root, augment);
}

/* `next` is another pointer of pos's type; the loop body may free `pos`. */
#define rbtree_postorder_for_each_entry_safe(pos, next, root, member)                            \
	for (pos = rb_entry_safe(rb_first_postorder(root), __typeof__(*pos), member);            \
	     pos && ({                                                                           \
		     next = rb_entry_safe(rb_next_postorder(&pos->member), __typeof__(*pos),     \
					  member);                                               \
		     true;                                                                       \
	     });                                                                                 \
	     pos = next)

#endif
