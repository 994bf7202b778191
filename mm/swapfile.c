// SPDX-License-Identifier: MIT
/*
 * Slots and their counts.
 *
 *             folio_alloc_swap                    last entry and swap cache gone
 *   free ─────────────────────> cache ─ … ─ count, cache ─ … ────────────────────> free
 *    ^                                                                               │
 *    └───────────────────────────────────────────────────────────────────────────────┘
 *
 * Slots are handed out by clusters of 256: each hart fills one of its own, in order, so that pages
 * which went out one after the other lie side by side on the disk, and come back with one read.  A
 * hart that has filled its cluster takes one that is wholly free; when there is none, one that has
 * some free slots; when there is none either, what other harts have left.  Each step looks at 256
 * slots at most, however large the area is.
 *
 * S1 inuse_pages is the number of slots that are neither free nor bad.
 * S2 A cluster's `used` is the number of its slots that are not free.  It is on free_clusters if
 *    that is 0, on partial_clusters if it is below 256, on neither while a hart fills it.
 * S3 An area is on swap_avail_list if and only if it is SWP_WRITEOK and has a free slot.
 * S4 A slot with count 0 and without SWAP_HAS_CACHE is named by nobody, and its place in the swap
 *    cache is empty: not even a shadow is left.
 * S5 At most one folio and one reader at a time have a slot's SWAP_HAS_CACHE.
 * S6 A slot's count is the number of swap entries that name it, in all page tables.
 */
#include "mm/swapfile.h"

#include "kernel/panic.h"
#include "kernel/sched.h"
#include "mm/folio.h"
#include "mm/swap.h"
#include "mm/swap_areas.h"
#include "mm/swap_state.h"

struct swap_info_struct *swap_info[MAX_SWAPFILES];

/* Areas to take slots from, highest priority first; taken inside of an area's lock. */
static LIST_HEAD(swap_avail_list);
static DEFINE_SPINLOCK(swap_avail_lock, RANK_SWAP);

static atomic_long_t nr_swap_pages;	/* free slots of all areas that are SWP_WRITEOK */
static atomic_long_t total_pages;

unsigned long get_nr_swap_pages(void)
{
	long n = atomic_long_read(&nr_swap_pages);

	return n > 0 ? n : 0;
}

unsigned long total_swap_pages(void)
{
	return atomic_long_read(&total_pages);
}

/* --- areas that are there --- */

struct swap_info_struct *get_swap_device(swp_entry_t entry)
{
	struct swap_info_struct *si;

	if (non_swap_entry(entry))
		return NULL;
	si = swp_swap_info(entry);
	if (!si || !atomic_inc_not_zero(&si->users))
		return NULL;
	if (likely(swp_offset(entry) && swp_offset(entry) < si->max))
		return si;
	put_swap_device(si);
	return NULL;
}

void put_swap_device(struct swap_info_struct *si)
{
	if (atomic_dec_and_test(&si->users))
		wake_up_all(&swap_users_wait);
}

/* The area of an entry whose slot is in use, locked. */
static struct swap_info_struct *lock_area(swp_entry_t entry)
{
	struct swap_info_struct *si = swp_swap_info(entry);

	spin_lock(&si->lock);
	DEBUG_BUG_ON(swp_offset(entry) >= si->max || !si->swap_map[swp_offset(entry)]);
	return si;
}

/* Where @si belongs among the areas of its priority: behind them.  swap_avail_lock held. */
static void avail_insert(struct swap_info_struct *si)
{
	struct swap_info_struct *other;

	list_for_each_entry(other, &swap_avail_list, avail)
		if (other->prio < si->prio)
			break;
	list_add_tail(&si->avail, &other->avail);
}

/* => si->lock held.  Makes S3 true again. */
static void avail_update(struct swap_info_struct *si)
{
	bool wanted = si->flags & SWP_WRITEOK && si->inuse_pages < si->pages;

	if (wanted == !list_empty(&si->avail))
		return;
	spin_lock_nested(&swap_avail_lock);
	if (wanted)
		avail_insert(si);
	else
		list_del_init(&si->avail);
	spin_unlock(&swap_avail_lock);
}

void swap_area_enable(struct swap_info_struct *si)
{
	spin_lock(&si->lock);
	si->flags |= SWP_WRITEOK;
	atomic_long_add(si->pages - si->inuse_pages, &nr_swap_pages);
	atomic_long_add(si->pages, &total_pages);
	avail_update(si);
	spin_unlock(&si->lock);
}

void swap_area_disable(struct swap_info_struct *si)
{
	spin_lock(&si->lock);
	si->flags &= ~SWP_WRITEOK;
	atomic_long_sub(si->pages - si->inuse_pages, &nr_swap_pages);
	atomic_long_sub(si->pages, &total_pages);
	avail_update(si);
	spin_unlock(&si->lock);
}

/* --- clusters --- */

static struct swap_cluster *cluster_of(struct swap_info_struct *si, unsigned long offset)
{
	return &si->clusters[offset / SWAPFILE_CLUSTER];
}

/* => si->lock held.  Puts a cluster that no hart fills onto the list it belongs to (S2). */
static void cluster_sort(struct swap_info_struct *si, struct swap_cluster *cluster)
{
	list_del_init(&cluster->list);
	if (cluster->current || cluster->used == SWAPFILE_CLUSTER)
		return;
	list_add_tail(&cluster->list,
		      cluster->used ? &si->partial_clusters : &si->free_clusters);
}

/* => si->lock held.  The cluster's next free slot; 0: it is full. */
static unsigned long cluster_find_slot(struct swap_info_struct *si, struct swap_cluster *cluster)
{
	unsigned long first = (cluster - si->clusters) * SWAPFILE_CLUSTER;

	if (cluster->used == SWAPFILE_CLUSTER)
		return 0;
	for (unsigned int i = 0; i < SWAPFILE_CLUSTER; i++) {
		unsigned int slot = (cluster->next + i) % SWAPFILE_CLUSTER;

		if (!si->swap_map[first + slot]) {
			cluster->next = slot + 1;
			return first + slot;
		}
	}
	return 0;
}

/* => si->lock held.  A cluster with a free slot becomes this hart's; NULL: there is none. */
static struct swap_cluster *cluster_take(struct swap_info_struct *si)
{
	struct list_head *list = list_empty(&si->free_clusters) ? &si->partial_clusters
								: &si->free_clusters;
	struct swap_cluster *cluster;

	if (list_empty(list))
		return NULL;
	cluster = list_first_entry(list, struct swap_cluster, list);
	list_del_init(&cluster->list);
	cluster->current = true;
	cluster->next = 0;
	si->current[smp_processor_id()] = cluster;
	return cluster;
}

/* => si->lock held.  What is left in the clusters that other harts fill; 0: nothing. */
static unsigned long find_slot_of_others(struct swap_info_struct *si)
{
	unsigned long offset = 0;

	for (int cpu = 0; cpu < NR_CPUS && !offset; cpu++)
		if (si->current[cpu])
			offset = cluster_find_slot(si, si->current[cpu]);
	return offset;
}

/* => si->lock held.  0: the area is full. */
static unsigned long find_slot(struct swap_info_struct *si)
{
	struct swap_cluster *cluster = si->current[smp_processor_id()];
	unsigned long offset = cluster ? cluster_find_slot(si, cluster) : 0;

	if (offset)
		return offset;
	if (cluster) {
		cluster->current = false;
		si->current[smp_processor_id()] = NULL;
	}
	cluster = cluster_take(si);
	return cluster ? cluster_find_slot(si, cluster) : find_slot_of_others(si);
}

void swap_area_init_clusters(struct swap_info_struct *si)
{
	unsigned long nr_clusters = DIV_ROUND_UP(si->max, SWAPFILE_CLUSTER);

	INIT_LIST_HEAD(&si->free_clusters);
	INIT_LIST_HEAD(&si->partial_clusters);
	/* What the last cluster has too much is not there. */
	for (unsigned long i = si->max; i < nr_clusters * SWAPFILE_CLUSTER; i++)
		si->swap_map[i] = SWAP_MAP_BAD;
	for (unsigned long i = 0; i < nr_clusters * SWAPFILE_CLUSTER; i++)
		cluster_of(si, i)->used += si->swap_map[i] == SWAP_MAP_BAD;
	for (unsigned long i = 0; i < nr_clusters; i++) {
		INIT_LIST_HEAD(&si->clusters[i].list);
		cluster_sort(si, &si->clusters[i]);
	}
}

/* A slot of @si with SWAP_HAS_CACHE; 0: none. */
static unsigned long alloc_slot(struct swap_info_struct *si)
{
	unsigned long offset = 0;

	spin_lock(&si->lock);
	if (si->flags & SWP_WRITEOK && si->inuse_pages < si->pages)
		offset = find_slot(si);
	if (offset) {
		si->swap_map[offset] = SWAP_HAS_CACHE;
		cluster_of(si, offset)->used++;
		si->inuse_pages++;
		atomic_long_sub(1, &nr_swap_pages);
		avail_update(si);
	}
	spin_unlock(&si->lock);
	return offset;
}

/* The area to try first, which is then the last of its priority; NULL: all are full. */
static struct swap_info_struct *next_area(void)
{
	struct swap_info_struct *si = NULL;

	spin_lock(&swap_avail_lock);
	if (!list_empty(&swap_avail_list)) {
		si = list_first_entry(&swap_avail_list, struct swap_info_struct, avail);
		list_del(&si->avail);
		avail_insert(si);
	}
	spin_unlock(&swap_avail_lock);
	return si;
}

static swp_entry_t get_swap_page(void)
{
	struct swap_info_struct *si;

	while ((si = next_area())) {
		unsigned long offset = alloc_slot(si);

		if (offset)
			return swp_entry(si->type, offset);
	}
	return (swp_entry_t){ 0 };
}

swp_entry_t folio_alloc_swap(struct folio *folio)
{
	swp_entry_t entry = get_swap_page();

	DEBUG_BUG_ON(!folio_test_locked(folio));
	if (likely(entry.val) || !total_swap_pages())
		return entry;
	/* Slots that were written for those who have gone since. */
	lru_add_drain();
	return get_swap_page();
}

/* => si->lock held; nothing names the slot and its folio is gone (S4) */
static void free_slot(struct swap_info_struct *si, unsigned long offset)
{
	struct swap_cluster *cluster = cluster_of(si, offset);

	trace_swap(TRACE_SWAP_FREE, swp_entry(si->type, offset), NULL, 0);
	clear_shadow_from_swap_cache(si, offset);
	si->inuse_pages--;
	cluster->used--;
	/* A list changes only where the cluster was full or is wholly free now. */
	if (!cluster->used || cluster->used == SWAPFILE_CLUSTER - 1)
		cluster_sort(si, cluster);
	if (si->flags & SWP_WRITEOK)
		atomic_long_add(1, &nr_swap_pages);
	avail_update(si);
}

/* --- counts --- */

int swap_duplicate(swp_entry_t entry)
{
	struct swap_info_struct *si = lock_area(entry);
	u16 *map = &si->swap_map[swp_offset(entry)];
	int error = 0;

	if ((*map & ~SWAP_HAS_CACHE) == SWAP_MAP_MAX)
		error = -ENOMEM;
	else
		WRITE_ONCE(*map, *map + 1);
	spin_unlock(&si->lock);
	return error;
}

static inline bool has_claim(u16 map, u16 what)
{
	return map & (what == SWAP_HAS_CACHE ? SWAP_HAS_CACHE : ~SWAP_HAS_CACHE);
}

/* Takes @what, 1 or SWAP_HAS_CACHE, off the slot; returns what is left. */
static u16 swap_entry_put(swp_entry_t entry, u16 what)
{
	struct swap_info_struct *si = lock_area(entry);
	u16 *map = &si->swap_map[swp_offset(entry)], left;

	DEBUG_BUG_ON(!has_claim(*map, what));	/* else it is given back twice */
	left = *map - what;
	WRITE_ONCE(*map, left);
	if (!left)
		free_slot(si, swp_offset(entry));
	spin_unlock(&si->lock);
	return left;
}

void swap_free(swp_entry_t entry)
{
	swap_entry_put(entry, 1);
}

void put_swap_slot(swp_entry_t entry)
{
	swap_entry_put(entry, SWAP_HAS_CACHE);
	swap_cache_settled();
}

void put_bad_swap_slot(swp_entry_t entry)
{
	struct swap_info_struct *si = lock_area(entry);

	DEBUG_BUG_ON(si->swap_map[swp_offset(entry)] != SWAP_HAS_CACHE);
	WRITE_ONCE(si->swap_map[swp_offset(entry)], SWAP_MAP_BAD);
	clear_shadow_from_swap_cache(si, swp_offset(entry));
	si->inuse_pages--;
	si->pages--;
	if (si->flags & SWP_WRITEOK)
		atomic_long_sub(1, &total_pages);
	avail_update(si);
	spin_unlock(&si->lock);
	swap_cache_settled();
}

bool swap_skips_cache(struct swap_info_struct *si, swp_entry_t entry)
{
	return si->flags & SWP_SYNCHRONOUS_IO && READ_ONCE(si->swap_map[swp_offset(entry)]) == 1;
}

int swapcache_prepare(swp_entry_t entry)
{
	struct swap_info_struct *si = swp_swap_info(entry);
	u16 *map = &si->swap_map[swp_offset(entry)];
	int error = 0;

	/* Not by lock_area(): the slot may be free, or bad, by the time we look. */
	spin_lock(&si->lock);
	if (!*map || *map == SWAP_MAP_BAD)
		error = -ENOENT;
	else if (*map & SWAP_HAS_CACHE)
		error = -EEXIST;
	else
		WRITE_ONCE(*map, *map | SWAP_HAS_CACHE);
	spin_unlock(&si->lock);
	return error;
}

int __swap_count(swp_entry_t entry)
{
	return READ_ONCE(swp_swap_info(entry)->swap_map[swp_offset(entry)]) & ~SWAP_HAS_CACHE;
}

bool folio_swapped(struct folio *folio)
{
	return __swap_count(folio_swap_entry(folio));
}

bool folio_free_swap(struct folio *folio)
{
	DEBUG_BUG_ON(!folio_test_locked(folio));
	/*
	 * Under writeback the slot must keep the content that the write began with: what is on its
	 * way to the disk could else land in a slot that has become another page's.
	 */
	if (!folio_test_swapcache(folio) || folio_test_writeback(folio) || folio_swapped(folio))
		return false;
	delete_from_swap_cache(folio);
	folio_set_dirty(folio);
	return true;
}

void free_swap_cache(struct folio *folio)
{
	/* Who has it locked looks at the slot himself when he is through with it. */
	if (!folio_trylock(folio))
		return;
	if (!folio_mapped(folio))
		folio_free_swap(folio);
	folio_unlock(folio);
}

/* The entry's last user is gone, and only the cache has the folio: nobody will ask for it. */
static void reclaim_swap_slot(swp_entry_t entry)
{
	struct folio *folio = swap_cache_lookup(swp_swap_info(entry), swp_offset(entry));

	if (!folio)
		return;
	free_swap_cache(folio);
	folio_put(folio);
}

void free_swap_and_cache(swp_entry_t entry)
{
	if (swap_entry_put(entry, 1) == SWAP_HAS_CACHE) {
		struct swap_info_struct *si = get_swap_device(entry);

		if (!si)
			return;
		reclaim_swap_slot(entry);
		put_swap_device(si);
	}
}

unsigned long find_next_to_unuse(struct swap_info_struct *si, unsigned long prev)
{
	for (unsigned long i = prev + 1; i < si->max; i++) {
		u16 map = READ_ONCE(si->swap_map[i]);

		if (map && map != SWAP_MAP_BAD)
			return i;
		if (i % SWAPFILE_CLUSTER == 0)
			cond_resched();
	}
	return 0;
}
