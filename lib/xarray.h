// SPDX-License-Identifier: MIT
/*
 * xarray.h - a sparse array of pointers, indexed by unsigned long.
 *
 * It serves the page cache and the swap cache: neighbours are cheap to visit, each entry carries
 * three marks (dirty, writeback, ...) and the next marked entry is found without looking at the
 * others. An empty array has no memory of its own; one entry at index 0 has none either.
 *
 * Entries. NULL means absent. Anything else is a pointer that is aligned to 4, or a *value*:
 * an integer of 63 bits made by xa_mk_value(). Storing NULL erases the entry and its marks;
 * storing over an entry keeps its marks.
 *
 * Values without neighbours. An owner whose values are only worth something beside other entries
 * can find the leaves that have nothing else: ops->update() hears of each change of a leaf that
 * has, or had, values, and has a list_head in the leaf to keep it by.
 *
 * Locking. The array has no lock. Readers and writers both hold one lock of the caller's (or
 * the caller knows otherwise that nobody else can reach the array). Nothing here sleeps, except
 * that the owner's alloc() may do what its gfp argument allows.
 *
 * Memory for a store while the lock is a spinlock. A store through a cursor (struct xa_state)
 * never calls alloc(): it takes nodes from the cursor's spares, and where these do not suffice
 * it changes nothing, notes how many are missing and fails with -ENOMEM. xas_nomem(), called
 * without the lock, allocates exactly that many and says whether to try again:
 *
 *	XA_STATE(xas, &mapping->i_pages, index);
 *
 *	do {
 *		spin_lock(&lock);
 *		old = xas_load(&xas);
 *		if (!old)
 *			xas_store(&xas, folio);
 *		spin_unlock(&lock);
 *	} while (xas_nomem(&xas, GFP_KERNEL));
 *	if (xas_error(&xas))
 *		...
 *
 * Each turn searches afresh, since the tree may have changed while the lock was not held.
 * Spares left over are freed by the last xas_nomem(), the one that returns false. The xa_
 * functions that take a gfp do the same in one go, so their gfp must be one that is allowed
 * under the lock held. A store over an entry that exists, and an erase, need no memory.
 */
#ifndef LIB_XARRAY_H
#define LIB_XARRAY_H

#include "lib/err.h"
#include "lib/list.h"
#include "lib/types.h"

#define XA_NODE_SHIFT 6
#define XA_NODE_SLOTS (1U << XA_NODE_SHIFT)

/* The three marks; as a filter also XA_PRESENT, a fourth that the array itself keeps. */
typedef unsigned int xa_mark_t;
#define XA_MARK_0 0U
#define XA_MARK_1 1U
#define XA_MARK_2 2U
#define XA_PRESENT 3U
#define XA_MARKS 4

struct xa_node {
	u8 shift;  /* of the index: 0 in a leaf, whose slots hold entries */
	u8 offset; /* this node's slot in its parent */
	u8 count;  /* of a leaf: its entries, and */
	u8 values; /* how many of these are values */
	struct xa_node *parent;
	struct xarray *array;
	struct list_head list; /* the owner's; linked to itself at first */
	void *slots[XA_NODE_SLOTS];
	u64 marks[XA_MARKS]; /* bit i: slot i, or something below it, has the mark */
};

struct xarray_ops {
	/* sizeof(struct xa_node) bytes of any content, aligned to 8, or NULL. */
	void *(*alloc)(void *ctx, gfp_t gfp);
	void (*free)(void *node);
	/*
	 * A leaf that holds values, or did until now, has changed; count 0: it is about to be
	 * freed. Called under the lock that the store holds. May be NULL.
	 */
	void (*update)(struct xa_node *leaf);
};

struct xarray {
	void *head; /* height 0: the entry of index 0; else the topmost node */
	const struct xarray_ops *ops;
	void *ctx;
	u8 height; /* levels of nodes */
	u8 marks;  /* bit m: some entry has mark m */
};

#define XARRAY_INIT(allocator, context) { .ops = (allocator), .ctx = (context) }

static inline void xa_init(struct xarray *xa, const struct xarray_ops *ops, void *ctx)
{
	*xa = (struct xarray)XARRAY_INIT(ops, ctx);
}

static inline void *xa_mk_value(unsigned long v)
{
	return (void *)(v << 1 | 1);
}

static inline unsigned long xa_to_value(const void *entry)
{
	return (unsigned long)entry >> 1;
}

static inline bool xa_is_value(const void *entry)
{
	return (unsigned long)entry & 1;
}

/*
 * What xa_store() and its like return when they fail. Not ERR_PTR, which looks like a value:
 * two low bits 10, which neither a pointer nor a value has.
 */
static inline void *xa_mk_err(long errno_value)
{
	return (void *)((unsigned long)errno_value << 2 | 2);
}

static inline bool xa_is_err(const void *entry)
{
	return ((unsigned long)entry & 3) == 2;
}

/* 0, or the negative errno in what xa_store() or xa_cmpxchg() returned. */
static inline int xa_err(const void *entry)
{
	return xa_is_err(entry) ? (int)((long)entry >> 2) : 0;
}

static inline bool xa_empty(const struct xarray *xa)
{
	return !xa->head;
}

static inline bool xa_marked(const struct xarray *xa, xa_mark_t mark)
{
	return xa->marks >> mark & 1;
}

void *xa_load(const struct xarray *xa, unsigned long index);

/* Return what was there before, or an error for xa_err() to decode (-ENOMEM). */
void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
void *xa_erase(struct xarray *xa, unsigned long index);

/* Stores only over `old` (which may be NULL); returns what was there, so `old` on success. */
void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp);

/* Stores only where nothing is. 0, -EBUSY or -ENOMEM. */
int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);

/* Setting the mark of an absent entry does nothing. */
void xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
void xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
bool xa_get_mark(const struct xarray *xa, unsigned long index, xa_mark_t mark);

/*
 * The first entry in [*index, max] that passes the filter; *index becomes its index.
 * xa_find_after() begins behind *index. NULL and *index unchanged if there is none.
 */
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter);
void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max,
		    xa_mark_t filter);

/*
 * Up to n entries of [*index, max] that pass the filter, in order; *index moves behind the last
 * one, for the next call. Returns how many; fewer than n means that there are no more.
 * An entry at ULONG_MAX, which has no "behind", is not returned.
 */
unsigned int xa_get_batch(struct xarray *xa, unsigned long *index, unsigned long max,
			  xa_mark_t filter, void **out, unsigned int n);

/* Only values are in this leaf, and nothing has. */
static inline bool xa_leaf_has_values_only(const struct xa_node *leaf)
{
	return leaf->values && leaf->values == leaf->count;
}

/* Erases all entries of a leaf, and with the last one the leaf. */
void xa_delete_leaf(struct xa_node *leaf);

/* Frees all nodes; the entries are the caller's. The array is empty afterwards. */
void xa_destroy(struct xarray *xa);

/* `entry` runs over the array in order; the loop may erase or store at any index. */
#define xa_for_each_range(xa, index, entry, first, last, filter)                                 \
	for (index = (first), entry = xa_find(xa, &index, last, filter); entry;                  \
	     entry = xa_find_after(xa, &index, last, filter))
#define xa_for_each_marked(xa, index, entry, mark)                                               \
	xa_for_each_range(xa, index, entry, 0, ULONG_MAX, mark)
#define xa_for_each(xa, index, entry) xa_for_each_marked(xa, index, entry, XA_PRESENT)

/*
 * A cursor: an index and, once something was looked up, the node where that index lives. Steps
 * to a neighbour then cost a few instructions instead of a descent from the top.
 *
 * A cursor is good as long as the lock is held and nobody stores or erases in the array but
 * through this same cursor. Before the lock is dropped: xas_pause() in the middle of a walk,
 * xas_reset() otherwise. xas_nomem() resets by itself.
 */
struct xa_state {
	struct xarray *xa;
	unsigned long index;
	struct xa_node *node; /* leaf of index; NULL: the head is the entry; XAS_* */
	void *spares;	      /* nodes for the next store, linked by their first word */
	u8 nr_spares;
	u8 missing; /* nodes that the failed store lacked beside the spares */
	int err;    /* 0 or -ENOMEM */
};

#define XAS_RESTART ((struct xa_node *)1UL) /* not looked up yet */
#define XAS_ABSENT ((struct xa_node *)2UL)  /* looked up: no leaf covers the index */

#define XA_STATE(name, array, first)                                                             \
	struct xa_state name = { .xa = (array), .index = (first), .node = XAS_RESTART }

static inline void xas_reset(struct xa_state *xas)
{
	xas->node = XAS_RESTART;
}

static inline void xas_set(struct xa_state *xas, unsigned long index)
{
	xas->index = index;
	xas->node = XAS_RESTART;
}

/* In a walk, before the lock is dropped: the walk then goes on behind the current index. */
static inline void xas_pause(struct xa_state *xas)
{
	xas->node = xas->index == ULONG_MAX ? XAS_ABSENT : XAS_RESTART;
	if (xas->node == XAS_RESTART)
		xas->index++;
}

static inline int xas_error(const struct xa_state *xas)
{
	return xas->err;
}

/* The entry at the cursor's index, NULL if absent. */
void *xas_load(struct xa_state *xas);

/*
 * Step by one index and return what is there, NULL if absent; at either end they wrap around.
 * They step in any state of the cursor, so a walk begins with xas_load().
 */
void *xas_next(struct xa_state *xas);
void *xas_prev(struct xa_state *xas);

/*
 * The first entry up to max that passes the filter: at or behind the index if the cursor was
 * set or paused, else behind it. The cursor moves there. NULL if there is none; the cursor is
 * then at max, and the next search continues behind that.
 */
void *__xas_find_marked(struct xa_state *xas, unsigned long max, xa_mark_t filter);

static inline void *xas_find_marked(struct xa_state *xas, unsigned long max, xa_mark_t filter)
{
	struct xa_node *node = xas->node;
	unsigned long next = xas->index + 1, slot = next % XA_NODE_SLOTS;

	/* The usual step of a walk: to the neighbour in the same leaf. */
	if ((unsigned long)node > (unsigned long)XAS_ABSENT && slot && next <= max &&
	    node->marks[filter] >> slot & 1) {
		xas->index = next;
		return node->slots[slot];
	}
	return __xas_find_marked(xas, max, filter);
}

static inline void *xas_find(struct xa_state *xas, unsigned long max)
{
	return xas_find_marked(xas, max, XA_PRESENT);
}

/*
 * Stores at the index and returns what was there; the cursor stays usable. With too few spares:
 * returns NULL and nothing happened but xas_error() == -ENOMEM. Storing NULL cannot fail.
 */
void *xas_store(struct xa_state *xas, void *entry);

/*
 * After a store and without the lock: true if the store failed for want of nodes and they have
 * been allocated now, so that it is worth another try. Otherwise false and no spares are left.
 */
bool xas_nomem(struct xa_state *xas, gfp_t gfp);

/* At the index, which must hold an entry; xas_init_marks() clears all of its marks. */
void xas_set_mark(struct xa_state *xas, xa_mark_t mark);
void xas_clear_mark(struct xa_state *xas, xa_mark_t mark);
bool xas_get_mark(struct xa_state *xas, xa_mark_t mark);
void xas_init_marks(struct xa_state *xas);

/* The loop may xas_store() at the cursor, NULL too. */
#define xas_for_each_marked(xas, entry, max, mark)                                               \
	for (entry = xas_find_marked(xas, max, mark); entry;                                     \
	     entry = xas_find_marked(xas, max, mark))
#define xas_for_each(xas, entry, max) xas_for_each_marked(xas, entry, max, XA_PRESENT)

#endif
