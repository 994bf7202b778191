// SPDX-License-Identifier: MIT
/*
 *    file's xarray                                          shadow_nodes
 *    leaf   folio shadow shadow      folios: it stays
 *    leaf   shadow    –    shadow  <─────────────────────── oldest
 *    leaf     –    shadow    –     <─────────────────────── newest
 *
 * How many are worth keeping?  A page whose refault distance is beyond all of memory would not have
 * stayed anyway, so no more shadows than frames; but a leaf may hold one shadow or 64.  The limit
 * assumes 8: an eighth of the frames, and 1.8 % of memory.
 *
 * A leaf goes onto the list, and off it, in the steps of its array that make it eligible or not, so
 * nothing is ever searched: adding, removing and taking the oldest are O(1).
 *
 * K1 A leaf of a cache with shadows is on the list if and only if it holds shadows and nothing
 *    else.  It comes and goes with i_pages_lock and shadow_lock held: who has the former alone can
 *    ask whether a leaf is there, and who has the latter alone knows that the leaves there, and the
 *    inodes that they belong to, stay.
 */
#include "mm/workingset.h"

#include "fs/address_space.h"
#include "kernel/init.h"
#include "kernel/sched.h"
#include "mm/check.h"
#include "mm/page_alloc.h"
#include "mm/shrinker.h"
#include "mm/vmstat.h"

#define DROP_BATCH	128UL		/* leaves between two looks at the scheduler */

static LIST_HEAD(shadow_nodes);			/* the oldest first */
static unsigned long nr_shadow_nodes;
static DEFINE_SPINLOCK(shadow_lock, RANK_RECLAIM);

void workingset_update_node(struct xa_node *node)
{
	bool listed = !list_empty(&node->list);

	if (xa_leaf_has_values_only(node) == listed)
		return;
	spin_lock(&shadow_lock);
	if (listed)
		list_del_init(&node->list);
	else
		list_add_tail(&node->list, &shadow_nodes);
	nr_shadow_nodes += listed ? -1 : 1;
	spin_unlock(&shadow_lock);
	mod_state(WORKINGSET_NODES, listed ? -1 : 1);
}

/* --- the shrinker --- */

/*
 * The oldest leaf's shadows go, and with them the leaf.  False: somebody uses its array just now.
 * => shadow_lock held; dropped meanwhile
 */
static bool shrink_oldest(void)
{
	struct xa_node *node = list_first_entry(&shadow_nodes, struct xa_node, list);
	struct address_space *mapping = container_of(node->array, struct address_space, i_pages);

	list_move_tail(&node->list, &shadow_nodes);
	/* i_pages_lock comes before ours: here only trying is allowed. */
	if (!spin_trylock(&mapping->i_pages_lock))
		return false;
	spin_unlock(&shadow_lock);
	/* From here on the array's lock keeps it: truncation has to come by it. */
	xa_delete_leaf(node);
	spin_unlock(&mapping->i_pages_lock);
	count_vm_event(WORKINGSET_NODERECLAIM);
	spin_lock(&shadow_lock);
	return true;
}

static unsigned long shrink_nodes(unsigned long nr)
{
	unsigned long freed = 0;

	spin_lock(&shadow_lock);
	while (nr-- && !list_empty(&shadow_nodes))
		freed += shrink_oldest();
	spin_unlock(&shadow_lock);
	return freed;
}

static unsigned long count_shadow_nodes(struct shrinker *shrinker, struct shrink_control *sc)
{
	unsigned long nodes = READ_ONCE(nr_shadow_nodes);
	unsigned long max_nodes = totalram_pages() >> (XA_NODE_SHIFT - 3);

	return nodes - min(nodes, max_nodes);
}

static unsigned long scan_shadow_nodes(struct shrinker *shrinker, struct shrink_control *sc)
{
	return shrink_nodes(sc->nr_to_scan);
}

static struct shrinker workingset_shadow_shrinker = {
	.count_objects = count_shadow_nodes,
	.scan_objects = scan_shadow_nodes,
	.seeks = 0,			/* what is beyond the limit is worth nothing */
};

void drop_shadows(void)
{
	while (!list_empty(&shadow_nodes)) {
		shrink_nodes(DROP_BATCH);
		cond_resched();
	}
}

/* --- K1, for mm_check(); that no leaf is missing is seen by filemap.c --- */

/* => shadow_lock held.  Of a leaf that is about to change nothing can be said. */
static bool belongs_here(const struct xa_node *node)
{
	struct address_space *mapping = container_of(node->array, struct address_space, i_pages);
	bool belongs = true;

	if (spin_trylock(&mapping->i_pages_lock)) {
		belongs = xa_leaf_has_values_only(node);
		spin_unlock(&mapping->i_pages_lock);
	}
	return belongs;
}

static int check_shadow_nodes(void)
{
	unsigned long listed = 0;
	struct xa_node *node;
	int error = 0;

	spin_lock(&shadow_lock);
	list_for_each_entry(node, &shadow_nodes, list) {
		listed++;
		if (!error && !belongs_here(node))
			error = mm_check_failed("workingset.c K1", "a leaf with %u values of %u "
						"entries is listed", node->values, node->count);
	}
	if (!error && listed != nr_shadow_nodes)
		error = mm_check_failed("workingset.c K1", "%lu leaves are listed, counted %lu",
					listed, nr_shadow_nodes);
	spin_unlock(&shadow_lock);
	return error;
}

static struct mm_checker workingset_checker = { .name = "workingset", .check = check_shadow_nodes };

static void workingset_init(void)
{
	register_shrinker(&workingset_shadow_shrinker);
	register_mm_checker(&workingset_checker);
}
core_initcall(workingset_init);
