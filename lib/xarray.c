// SPDX-License-Identifier: MIT
/*
 * xarray.c - a radix tree of 64 slots a node.
 *
 * An index is cut into digits of 6 bits; each level of nodes uses up one, the topmost first.
 * A tree of height h thus reaches the indices below 64^h, at most 11 levels:
 *
 *	height 0:  head ---------------------------> entry of index 0
 *	height 2:  head -> node, shift 6 -> node, shift 0 -> entry
 *		           slot = digit 1   slot = digit 0
 *
 * Beside its slots a node has four bitmaps: one for each mark, and XA_PRESENT, which says which
 * slots are not NULL. A set bit in an inner node means that something below it has the mark. So
 * a search for the next entry with a mark, and for the next entry at all, is the same search.
 *
 * I1  slots[i] is not NULL exactly if bit i of marks[XA_PRESENT] is set.
 * I2  No node is empty.
 * I3  Bit i of an inner node's marks[m] is set exactly if marks[m] of its child i is not 0;
 *     bit m of the array's marks, exactly if marks[m] of the head is not 0.
 * I4  The tree is as low as it can be: a head that is a node uses a slot other than slot 0.
 * I5  A store that fails has changed nothing.
 * I6  A leaf's count is the number of its entries; its values, of those that are values.
 *
 * I5 holds because the nodes that a store needs are counted before the first change is made.
 */
#include "lib/xarray.h"

#include "lib/bitops.h"
#include "lib/string.h"

#define SLOT_MASK (XA_NODE_SLOTS - 1UL)

/* Does the cursor know a leaf, and not only one of the three special states? */
static bool has_leaf(const struct xa_state *xas)
{
	return (unsigned long)xas->node > (unsigned long)XAS_ABSENT;
}

static unsigned int slot_of(const struct xa_node *node, unsigned long index)
{
	return index >> node->shift & SLOT_MASK;
}

static unsigned int leaf_slot(const struct xa_state *xas)
{
	return xas->index & SLOT_MASK;
}

static unsigned int height_for(unsigned long index)
{
	return index ? __fls(index) / XA_NODE_SHIFT + 1 : 0;
}

/* Is `index` below 64^height? Not computed from the height: each look-up asks this. */
static inline bool is_covered(const struct xarray *xa, unsigned long index)
{
	const struct xa_node *head = xa->head;

	return !xa->height ? index == 0 : index >> head->shift <= SLOT_MASK;
}

/* The leaf that covers `index`; XAS_ABSENT if there is none, NULL if the head is its entry. */
static inline struct xa_node *find_leaf(const struct xarray *xa, unsigned long index)
{
	struct xa_node *node = xa->head;

	if (!node || !is_covered(xa, index))
		return XAS_ABSENT;
	if (!xa->height)
		return NULL;
	while (node->shift) {
		node = node->slots[slot_of(node, index)];
		if (!node)
			return XAS_ABSENT;
	}
	return node;
}

void *xas_load(struct xa_state *xas)
{
	if (xas->node == XAS_RESTART)
		xas->node = find_leaf(xas->xa, xas->index);
	if (has_leaf(xas))
		return xas->node->slots[leaf_slot(xas)];
	return xas->node == XAS_ABSENT ? NULL : xas->xa->head;
}

void *xas_next(struct xa_state *xas)
{
	xas->index++;
	if (!has_leaf(xas) || leaf_slot(xas) == 0)
		xas_reset(xas);
	return xas_load(xas);
}

void *xas_prev(struct xa_state *xas)
{
	xas->index--;
	if (!has_leaf(xas) || leaf_slot(xas) == SLOT_MASK)
		xas_reset(xas);
	return xas_load(xas);
}

static unsigned int next_slot(const struct xa_node *node, unsigned int from, xa_mark_t filter)
{
	u64 bits = from < XA_NODE_SLOTS ? node->marks[filter] >> from : 0;

	return bits ? from + __ffs(bits) : XA_NODE_SLOTS;
}

/*
 * Searches onwards from `slot` of `node`, which lies on the way to xas->index: upwards where a
 * node has nothing more to offer, downwards where it has. The cursor moves to what is found.
 */
static void *search(struct xa_state *xas, struct xa_node *node, unsigned int slot,
		    unsigned long max, xa_mark_t filter)
{
	unsigned long index = xas->index;

	while (node) {
		slot = next_slot(node, slot, filter);
		if (slot == XA_NODE_SLOTS) {
			slot = node->offset + 1;
			node = node->parent;
			continue;
		}
		if (slot != slot_of(node, index)) {
			index &= ~(((unsigned long)XA_NODE_SLOTS << node->shift) - 1);
			index |= (unsigned long)slot << node->shift;
		}
		if (index > max)
			return NULL;
		if (!node->shift) {
			xas->index = index;
			xas->node = node;
			return node->slots[slot];
		}
		node = node->slots[slot];
		slot = slot_of(node, index);
	}
	return NULL;
}

/* The first match at or behind xas->index, from the top. */
static void *search_from_head(struct xa_state *xas, unsigned long max, xa_mark_t filter)
{
	struct xarray *xa = xas->xa;
	struct xa_node *node = xa->head;

	if (!xa_marked(xa, filter) || xas->index > max || !is_covered(xa, xas->index))
		return NULL;
	if (xa->height)
		return search(xas, node, slot_of(node, xas->index), max, filter);
	xas->node = NULL;
	return xa->head;
}

void *__xas_find_marked(struct xa_state *xas, unsigned long max, xa_mark_t filter)
{
	void *entry = NULL;

	if (xas->node == XAS_RESTART) {
		entry = search_from_head(xas, max, filter);
	} else if (has_leaf(xas)) {
		entry = search(xas, xas->node, leaf_slot(xas) + 1, max, filter);
	} else if (xas->index < max) {
		xas->index++;
		entry = search_from_head(xas, max, filter);
	}
	if (!entry) {
		xas->index = max;
		xas->node = XAS_ABSENT;
	}
	return entry;
}

/* Sets the mark of a slot and of all that is above it. `node` NULL: of the head. */
static void set_mark_up(struct xarray *xa, struct xa_node *node, unsigned int slot,
			xa_mark_t mark)
{
	for (; node; slot = node->offset, node = node->parent) {
		if (node->marks[mark] & BIT(slot))
			return;
		node->marks[mark] |= BIT(slot);
	}
	xa->marks |= BIT(mark);
}

/* Clears it, and above it as far as no other slot has the mark. */
static void clear_mark_up(struct xarray *xa, struct xa_node *node, unsigned int slot,
			  xa_mark_t mark)
{
	for (; node; slot = node->offset, node = node->parent) {
		if (!(node->marks[mark] & BIT(slot)))
			return;
		node->marks[mark] &= ~BIT(slot);
		if (node->marks[mark])
			return;
	}
	xa->marks &= ~BIT(mark);
}

void xas_set_mark(struct xa_state *xas, xa_mark_t mark)
{
	if (xas_load(xas))
		set_mark_up(xas->xa, xas->node, leaf_slot(xas), mark);
}

void xas_clear_mark(struct xa_state *xas, xa_mark_t mark)
{
	if (xas_load(xas))
		clear_mark_up(xas->xa, xas->node, leaf_slot(xas), mark);
}

bool xas_get_mark(struct xa_state *xas, xa_mark_t mark)
{
	if (!xas_load(xas))
		return false;
	if (!xas->node)
		return xa_marked(xas->xa, mark);
	return xas->node->marks[mark] >> leaf_slot(xas) & 1;
}

void xas_init_marks(struct xa_state *xas)
{
	xas_clear_mark(xas, XA_MARK_0);
	xas_clear_mark(xas, XA_MARK_1);
	xas_clear_mark(xas, XA_MARK_2);
}

/* I6: a leaf has one entry more or fewer, or another one, of which so many are values. */
static void count_entry(struct xa_node *leaf, int entries, int values)
{
	unsigned int before = leaf->values;

	leaf->count += entries;
	leaf->values += values;
	if ((before | leaf->values) && leaf->array->ops->update)
		leaf->array->ops->update(leaf);
}

static void free_node(struct xarray *xa, struct xa_node *node)
{
	if (node->values)
		count_entry(node, -node->count, -node->values);
	xa->ops->free(node);
}

/* I4: as long as slot 0 is the only one used, what hangs there becomes the head. */
static void shrink(struct xa_state *xas)
{
	struct xarray *xa = xas->xa;
	struct xa_node *node;

	while (xa->height && (node = xa->head)->marks[XA_PRESENT] == BIT(0)) {
		xa->head = node->slots[0];
		xa->height--;
		if (xa->height)
			((struct xa_node *)xa->head)->parent = NULL;
		free_node(xa, node);
		xas_reset(xas);
	}
}

/* I2: a leaf that became empty goes, and so does each ancestor that this empties. */
static void free_empty_nodes(struct xa_state *xas)
{
	struct xarray *xa = xas->xa;
	struct xa_node *node = xas->node, *parent;

	while (node && !node->marks[XA_PRESENT]) {
		parent = node->parent;
		if (parent) {
			parent->slots[node->offset] = NULL;
		} else {
			xa->head = NULL;
			xa->height = 0;
		}
		free_node(xa, node);
		xas_reset(xas);
		node = parent;
	}
}

static void erase_entry(struct xa_state *xas)
{
	xas_init_marks(xas);
	clear_mark_up(xas->xa, xas->node, leaf_slot(xas), XA_PRESENT);
	if (!xas->node) {
		xas->xa->head = NULL;
		xas_reset(xas);
		return;
	}
	count_entry(xas->node, -1, -xa_is_value(xas->node->slots[leaf_slot(xas)]));
	xas->node->slots[leaf_slot(xas)] = NULL;
	free_empty_nodes(xas);
	shrink(xas);
}

/* How many nodes a store at `index` would have to add; the entry is absent. */
static unsigned int count_missing(const struct xarray *xa, unsigned long index)
{
	const struct xa_node *node = xa->head;
	unsigned int height = height_for(index), level;

	if (!node)
		return height;
	/* New heads above the old one, and from the topmost a new way down beside it. */
	if (height > xa->height)
		return (height - xa->height) + (height - 1);
	for (level = xa->height; level > 1; level--) {
		node = node->slots[slot_of(node, index)];
		if (!node)
			return level - 1;
	}
	return 0;
}

static struct xa_node *take_spare(struct xa_state *xas, unsigned int shift,
				  struct xa_node *parent, unsigned int offset)
{
	struct xa_node *node = xas->spares;

	xas->spares = *(void **)node;
	xas->nr_spares--;
	memset(node, 0, sizeof(*node));
	node->shift = shift;
	node->offset = offset;
	node->parent = parent;
	node->array = xas->xa;
	INIT_LIST_HEAD(&node->list);
	return node;
}

/* Puts a node above the head; it inherits the array's marks for its slot 0. */
static void add_level(struct xa_state *xas)
{
	struct xarray *xa = xas->xa;
	struct xa_node *node = take_spare(xas, xa->height * XA_NODE_SHIFT, NULL, 0);
	xa_mark_t mark;

	node->slots[0] = xa->head;
	for (mark = 0; mark < XA_MARKS; mark++)
		node->marks[mark] = xa->marks >> mark & 1;
	if (xa->height)
		((struct xa_node *)xa->head)->parent = node;
	else
		count_entry(node, 1, xa_is_value(xa->head));
	xa->head = node;
	xa->height++;
}

/* Makes the cursor's leaf. It stays without an entry only until the caller puts one there. */
static void add_leaf(struct xa_state *xas)
{
	struct xarray *xa = xas->xa;
	unsigned int height = height_for(xas->index), slot;
	struct xa_node *node, *child;

	if (!xa->head) {
		xa->height = height;
		if (height)
			xa->head = take_spare(xas, (height - 1) * XA_NODE_SHIFT, NULL, 0);
	}
	while (xa->height < height)
		add_level(xas);
	for (node = xa->height ? xa->head : NULL; node && node->shift; node = child) {
		slot = slot_of(node, xas->index);
		child = node->slots[slot];
		if (!child) {
			child = take_spare(xas, node->shift - XA_NODE_SHIFT, node, slot);
			node->slots[slot] = child;
		}
	}
	xas->node = node;
}

static void set_slot(struct xa_state *xas, void *old, void *entry)
{
	if (!xas->node) {
		xas->xa->head = entry;
		return;
	}
	xas->node->slots[leaf_slot(xas)] = entry;
	count_entry(xas->node, !old, xa_is_value(entry) - xa_is_value(old));
}

static bool has_spares(struct xa_state *xas)
{
	unsigned int missing = has_leaf(xas) ? 0 : count_missing(xas->xa, xas->index);

	xas->missing = missing > xas->nr_spares ? missing - xas->nr_spares : 0;
	return !xas->missing;
}

void *xas_store(struct xa_state *xas, void *entry)
{
	void *old = xas_load(xas);

	xas->err = 0;
	if (old && !entry) {
		erase_entry(xas);
	} else if (old) {
		set_slot(xas, old, entry);
	} else if (entry && !has_spares(xas)) {
		xas->err = -ENOMEM;
	} else if (entry) {
		if (!has_leaf(xas))
			add_leaf(xas);
		set_slot(xas, NULL, entry);
		set_mark_up(xas->xa, xas->node, leaf_slot(xas), XA_PRESENT);
	}
	return old;
}

static void free_spares(struct xa_state *xas)
{
	void *node;

	while ((node = xas->spares)) {
		xas->spares = *(void **)node;
		xas->xa->ops->free(node);
	}
	xas->nr_spares = 0;
}

bool xas_nomem(struct xa_state *xas, gfp_t gfp)
{
	void *node;

	if (!xas->err)
		goto out;
	for (; xas->missing; xas->missing--) {
		node = xas->xa->ops->alloc(xas->xa->ctx, gfp);
		if (!node)
			goto out;
		*(void **)node = xas->spares;
		xas->spares = node;
		xas->nr_spares++;
	}
	xas->err = 0;
	xas_reset(xas);
	return true;
out:
	free_spares(xas);
	return false;
}

void *xa_load(const struct xarray *xa, unsigned long index)
{
	struct xa_node *leaf = find_leaf(xa, index);

	if (leaf == XAS_ABSENT)
		return NULL;
	return leaf ? leaf->slots[index & SLOT_MASK] : xa->head;
}

void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	XA_STATE(xas, xa, index);
	void *old;

	do {
		old = xas_store(&xas, entry);
	} while (xas_nomem(&xas, gfp));
	return xas_error(&xas) ? xa_mk_err(xas_error(&xas)) : old;
}

void *xa_erase(struct xarray *xa, unsigned long index)
{
	XA_STATE(xas, xa, index);

	return xas_store(&xas, NULL);
}

void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp)
{
	void *found = xa_load(xa, index);

	if (found != old)
		return found;
	return xa_store(xa, index, entry, gfp);
}

int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	if (xa_load(xa, index))
		return -EBUSY;
	return xa_err(xa_store(xa, index, entry, gfp));
}

void xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	XA_STATE(xas, xa, index);

	xas_set_mark(&xas, mark);
}

void xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	XA_STATE(xas, xa, index);

	xas_clear_mark(&xas, mark);
}

bool xa_get_mark(const struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	XA_STATE(xas, (struct xarray *)(uintptr_t)xa, index);

	return xas_get_mark(&xas, mark);
}

void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter)
{
	XA_STATE(xas, xa, *index);
	void *entry = xas_find_marked(&xas, max, filter);

	if (entry)
		*index = xas.index;
	return entry;
}

void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max,
		    xa_mark_t filter)
{
	unsigned long next = *index + 1;
	void *entry = next ? xa_find(xa, &next, max, filter) : NULL;

	if (entry)
		*index = next;
	return entry;
}

unsigned int xa_get_batch(struct xarray *xa, unsigned long *index, unsigned long max,
			  xa_mark_t filter, void **out, unsigned int n)
{
	XA_STATE(xas, xa, *index);
	unsigned int count = 0;

	max = min(max, ULONG_MAX - 1);
	while (count < n && (out[count] = xas_find_marked(&xas, max, filter))) {
		count++;
		*index = xas.index + 1;
	}
	return count;
}

static unsigned long first_index(const struct xa_node *node)
{
	unsigned long index = 0;

	for (; node->parent; node = node->parent)
		index |= (unsigned long)node->offset << node->parent->shift;
	return index;
}

void xa_delete_leaf(struct xa_node *leaf)
{
	unsigned long last = first_index(leaf) | SLOT_MASK;
	XA_STATE(xas, leaf->array, first_index(leaf));

	while (xas_find(&xas, last))
		xas_store(&xas, NULL);
}

void xa_destroy(struct xarray *xa)
{
	struct xa_node *node = xa->height ? xa->head : NULL, *parent;
	unsigned int slot;

	/* Down into the first child that is left; a node without any is freed on the way up. */
	while (node) {
		if (node->shift && node->marks[XA_PRESENT]) {
			slot = __ffs(node->marks[XA_PRESENT]);
			node->marks[XA_PRESENT] &= ~BIT(slot);
			node = node->slots[slot];
			continue;
		}
		parent = node->parent;
		free_node(xa, node);
		node = parent;
	}
	xa_init(xa, xa->ops, xa->ctx);
}
