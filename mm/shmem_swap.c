// SPDX-License-Identifier: MIT
/*
 *   file's cache                                    swap cache
 *   folio ── shmem_writepage: slot, swap cache ──> folio, dirty ── written, dropped ──> slot alone
 *   value <── instead of it                           │                                    │
 *   folio <── shmem_swapin_folio: value goes ─────────┴──────────────── read ──────────────┘
 *
 * Folio and value change places under i_pages_lock, with the folio locked; each change counts in
 * `moves`.  So who walks a file and must not miss a page that changes its state behind him compares
 * `moves` with what it was when he began.
 *
 * W1 info->swapped is the number of values in the cache; each counts in its slot.
 * W2 An inode with info->swapped is on `swaplist`.
 */
#include "mm/shmem_swap.h"

#include "fs/super.h"
#include "kernel/panic.h"
#include "kernel/resource.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "lib/err.h"
#include "mm/check_swap.h"
#include "mm/filemap.h"
#include "mm/shmem.h"
#include "mm/swap_state.h"
#include "mm/vmstat.h"

static LIST_HEAD(swaplist);
static DEFINE_SPINLOCK(swaplist_lock, RANK_RECLAIM);
static atomic_long_t all_moves;

static swp_entry_t value_entry(const void *value)
{
	return (swp_entry_t){ xa_to_value(value) };
}

swp_entry_t shmem_swapped(struct inode *inode, pgoff_t index)
{
	struct address_space *mapping = inode->i_mapping;
	void *value;

	if (!READ_ONCE(SHMEM_I(inode)->swapped))
		return (swp_entry_t){ 0 };
	spin_lock(&mapping->i_pages_lock);
	value = xa_load(&mapping->i_pages, index);
	spin_unlock(&mapping->i_pages_lock);
	return xa_is_value(value) ? value_entry(value) : (swp_entry_t){ 0 };
}

unsigned long shmem_moves(const struct inode *inode)
{
	return READ_ONCE(SHMEM_I(inode)->moves);
}

unsigned long shmem_all_moves(void)
{
	return atomic_long_read(&all_moves);
}

/* => i_pages_lock held.  @entry takes the place of @old; false: it is not there (any more). */
static bool replace(struct inode *inode, pgoff_t index, void *old, void *entry, int pages)
{
	struct address_space *mapping = inode->i_mapping;
	struct shmem_inode_info *info = SHMEM_I(inode);
	XA_STATE(xas, &mapping->i_pages, index);

	if (xas_load(&xas) != old)
		return false;
	xas_store(&xas, entry);
	mapping->nrpages += pages;
	info->swapped -= pages;
	info->moves++;
	atomic_long_add(1, &all_moves);
	return true;
}

/* --- out --- */

bool shmem_may_swap(const struct folio *folio)
{
	/* What fallocate(2) made and nobody has used is about to be taken back, perhaps. */
	return folio_test_uptodate(folio) && get_nr_swap_pages();
}

static bool take_out(struct inode *inode, struct folio *folio, swp_entry_t entry)
{
	struct address_space *mapping = inode->i_mapping;
	bool taken;

	spin_lock(&mapping->i_pages_lock);
	/* Fault-around maps with this lock only. */
	taken = !folio_mapped(folio) &&
		replace(inode, folio->index, folio, xa_mk_value(entry.val), -1);
	if (taken)
		folio->mapping = NULL;
	spin_unlock(&mapping->i_pages_lock);
	return taken;
}

static void list_inode(struct shmem_inode_info *info)
{
	spin_lock(&swaplist_lock);
	if (list_empty(&info->swaplist))
		list_add_tail(&info->swaplist, &swaplist);
	spin_unlock(&swaplist_lock);
}

bool shmem_writepage(struct folio *folio)
{
	struct inode *inode = folio->mapping->host;
	swp_entry_t entry;

	if (!add_to_new_slot(folio))
		return false;
	entry = folio_swap_entry(folio);
	list_inode(SHMEM_I(inode));
	swap_duplicate(entry);
	if (!take_out(inode, folio, entry)) {
		swap_free(entry);
		delete_from_swap_cache(folio);
		return false;
	}
	trace_swap(TRACE_SWAP_OUT, entry, folio, folio->index);
	dec_state(NR_FILE_PAGES);
	dec_state(NR_SHMEM);
	folio_set_dirty(folio);
	folio_put(folio);
	return true;
}

/* --- in --- */

/* *@waits: it was not there, or is not complete yet.  ERR_PTR(-EEXIST): the area has gone. */
static struct folio *find_or_read(struct inode *inode, swp_entry_t entry, vm_fault_t *fault,
				  bool *waits)
{
	struct swap_info_struct *si = get_swap_device(entry);
	struct folio *folio;

	if (!si)
		return ERR_PTR(-EEXIST);
	folio = swap_cache_get_folio(entry, NULL, 0);
	*waits = !folio || !folio_test_uptodate(folio);
	if (!folio) {
		if (fault) {
			*fault |= VM_FAULT_MAJOR;
			count_vm_event(PGMAJFAULT);
		}
		folio = swap_cluster_readahead(entry, mapping_gfp_mask(inode->i_mapping));
	}
	put_swap_device(si);
	return folio;
}

/* @folio, locked and complete, changes over.  False: the page is not what it was. */
static bool put_back(struct inode *inode, pgoff_t index, swp_entry_t entry, struct folio *folio)
{
	struct address_space *mapping = inode->i_mapping;
	bool done;

	spin_lock(&mapping->i_pages_lock);
	done = replace(inode, index, xa_mk_value(entry.val), folio, 1);
	if (done) {
		folio->mapping = mapping;
		folio->index = index;
		folio_get(folio);
	}
	spin_unlock(&mapping->i_pages_lock);
	if (!done)
		return false;
	trace_swap(TRACE_SWAP_BACK, entry, folio, index);
	/* The name goes first: a slot that could not be written is given up with its last user. */
	swap_free(entry);
	delete_from_swap_cache(folio);
	folio_set_dirty(folio);
	inc_state(NR_FILE_PAGES);
	inc_state(NR_SHMEM);
	return true;
}

int shmem_swapin_folio(struct inode *inode, pgoff_t index, swp_entry_t entry,
		       struct folio **foliop, vm_fault_t *fault)
{
	u64 start = ktime_get_ns();
	struct folio *folio;
	int error = -EEXIST;
	bool waits;

	if (is_swapin_error_entry(entry))
		return -EIO;
	folio = find_or_read(inode, entry, fault, &waits);
	if (IS_ERR(folio))
		return PTR_ERR(folio);
	if (!folio)
		return shmem_swapped(inode, index).val == entry.val ? -ENOMEM : -EEXIST;
	folio_lock(folio);
	if (waits)
		delayacct_swapin(start);
	if (!folio_test_swapcache(folio) || folio_swap_entry(folio).val != entry.val)
		goto out;
	error = -EIO;
	if (!folio_test_uptodate(folio))
		goto out;
	/* The slot goes: what is on its way there must have arrived. */
	folio_wait_writeback(folio);
	error = -EEXIST;
	if (!put_back(inode, index, entry, folio))
		goto out;
	*foliop = folio;
	return 0;
out:
	folio_unlock(folio);
	folio_put(folio);
	return error;
}

/* --- walks --- */

/* The first page from @first on that is out, and its entry; @last + 1: there is none. */
static pgoff_t next_swapped(struct inode *inode, pgoff_t first, pgoff_t last, swp_entry_t *entry)
{
	struct address_space *mapping = inode->i_mapping;
	unsigned long index = first;
	void *found;

	spin_lock(&mapping->i_pages_lock);
	found = xa_find(&mapping->i_pages, &index, last, XA_PRESENT);
	while (found && !xa_is_value(found))
		found = xa_find_after(&mapping->i_pages, &index, last, XA_PRESENT);
	spin_unlock(&mapping->i_pages_lock);
	if (!found)
		return last + 1;
	*entry = value_entry(found);
	return index;
}

pgoff_t shmem_next_swapped(struct inode *inode, pgoff_t first, pgoff_t last)
{
	swp_entry_t entry;

	return READ_ONCE(SHMEM_I(inode)->swapped) ? next_swapped(inode, first, last, &entry)
						  : last + 1;
}

unsigned long shmem_swap_usage(struct inode *inode, pgoff_t first, pgoff_t last)
{
	unsigned long pages = 0;

	while (first <= last && (first = shmem_next_swapped(inode, first, last)) <= last) {
		first++;
		if (!(++pages % 256))
			cond_resched();
	}
	return pages;
}

/* @entry goes for good, or (@stand_in) another value comes instead. */
static void drop_entry(struct inode *inode, pgoff_t index, swp_entry_t entry, void *stand_in)
{
	struct address_space *mapping = inode->i_mapping;
	struct shmem_inode_info *info = SHMEM_I(inode);
	bool dropped;

	spin_lock(&mapping->i_pages_lock);
	dropped = replace(inode, index, xa_mk_value(entry.val), stand_in, 0);
	if (dropped && !stand_in)
		info->swapped--;
	spin_unlock(&mapping->i_pages_lock);
	if (dropped && !non_swap_entry(entry))
		free_swap_and_cache(entry);
}

void shmem_free_swap(struct inode *inode, pgoff_t first, pgoff_t last)
{
	swp_entry_t entry;

	while (READ_ONCE(SHMEM_I(inode)->swapped) && first <= last) {
		first = next_swapped(inode, first, last, &entry);
		if (first > last)
			break;
		drop_entry(inode, first++, entry, NULL);
		cond_resched();
	}
}

/* --- swapoff --- */

/* What @wanted says of one file. */
static int unuse_inode(struct inode *inode, bool (*wanted)(swp_entry_t entry, const void *arg),
		       const void *arg)
{
	pgoff_t index = 0, last = ~0UL - 1;
	struct folio *folio;
	swp_entry_t entry;
	int error = 0;

	for (; !error && (index = next_swapped(inode, index, last, &entry)) <= last; index++) {
		if (non_swap_entry(entry) || !wanted(entry, arg))
			continue;
		error = shmem_swapin_folio(inode, index, entry, &folio, NULL);
		if (!error) {
			folio_unlock(folio);
			folio_put(folio);
		}
		if (error == -EIO)
			drop_entry(inode, index, entry,
				   xa_mk_value(make_swapin_error_entry().val));
		if (error == -EIO || error == -EEXIST)
			error = 0;
		if (fatal_signal_pending(current))
			error = -EINTR;
		cond_resched();
	}
	return error;
}

/* The inode behind @prev in the list, with a reference; drops that of @prev. */
static struct inode *next_inode(struct inode *prev)
{
	struct list_head *pos;
	struct inode *next = NULL;

	spin_lock(&swaplist_lock);
	pos = prev ? &SHMEM_I(prev)->swaplist : &swaplist;
	while (!next && (pos = pos->next) != &swaplist)
		next = igrab(&list_entry(pos, struct shmem_inode_info, swaplist)->vfs_inode);
	spin_unlock(&swaplist_lock);
	if (prev)
		iput(prev);
	return next;
}

int shmem_unuse(bool (*wanted)(swp_entry_t entry, const void *arg), const void *arg)
{
	struct inode *inode = NULL;
	int error = 0;

	while (!error && (inode = next_inode(inode)))
		error = unuse_inode(inode, wanted, arg);
	if (inode)
		iput(inode);
	return error;
}

void shmem_forget_swap(struct inode *inode)
{
	shmem_free_swap(inode, 0, ~0UL - 1);
	spin_lock(&swaplist_lock);
	list_del_init(&SHMEM_I(inode)->swaplist);
	spin_unlock(&swaplist_lock);
}

/* --- for mm_check() --- */

static void inode_seen(struct inode *inode, struct swap_seen *seen)
{
	unsigned long index;
	void *entry;

	spin_lock(&inode->i_mapping->i_pages_lock);
	xa_for_each(&inode->i_mapping->i_pages, index, entry)
		if (xa_is_value(entry) && !non_swap_entry(value_entry(entry)))
			swap_seen_add(seen, value_entry(entry));
	spin_unlock(&inode->i_mapping->i_pages_lock);
}

void shmem_swap_seen(struct swap_seen *seen)
{
	struct inode *inode = NULL;

	while ((inode = next_inode(inode)))
		inode_seen(inode, seen);
}
