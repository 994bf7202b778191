// SPDX-License-Identifier: MIT
/*
 * The life of a page:
 *
 *   hole ── write, fallocate ──> charged, in the cache, locked, not uptodate ──┐ shmem_fill_folio
 *    │ ^                                        │ undo of a failed fallocate   │
 *    │ └────────────────────────────────────────┘                              v
 *    ├── fault ─────────────────────────────────────────────────────────> uptodate
 *    ^                                                                         │
 *    └──────── truncate, hole punch, eviction: out of the cache ───────────────┘
 *
 * A page that is not uptodate reads as zeros and counts as a hole for lseek(2).  Nothing is
 * written back but to swap (mm/shmem_swap.c): PG_dirty only says that the page is not just zeros.
 *
 * Charging.  A page is charged before it is in the cache, and info->alloced counts it after; a page
 * is taken out of the cache first, and shmem_recalc_inode() then finds alloced too large and
 * gives the difference back.  Who removes pages need not know of charges; one that is found late is
 * found by the next who counts.
 *
 * S1 alloced == nrpages + swapped of each inode that nobody works on.
 * S2 used_blocks of a mount is the sum of alloced over its inodes, and not above max_blocks unless
 *    that was lowered.
 * S3 The pages promised are alloced for an inode with VM_NORESERVE, else the pages of its size when
 *    it was made, which never changes.
 * S4 Each page of the cache is swap-backed and counted in NR_SHMEM; __filemap_remove_folio() counts
 *    it off.
 */
#include "mm/shmem.h"

#include "fs/file.h"
#include "fs/super.h"
#include "fs/tmpfs/tmpfs.h"
#include "kernel/init.h"
#include "kernel/panic.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/check.h"
#include "mm/filemap.h"
#include "mm/memfd.h"
#include "mm/overcommit.h"
#include "mm/page_alloc.h"
#include "mm/rmap.h"
#include "mm/shmem_swap.h"
#include "mm/swap.h"
#include "mm/vmstat.h"

#define BLOCKS_PER_PAGE	(PAGE_SIZE / 512)
#define BATCH		15

static atomic_long_t committed;			/* S3, over all inodes */

long shmem_committed_pages(void)
{
	return atomic_long_read(&committed);
}

/* --- charges --- */

static int shmem_commit(unsigned long pages)
{
	int error = vm_enough_memory(pages);

	if (!error)
		atomic_long_add(pages, &committed);
	return error;
}

static void shmem_uncommit(unsigned long pages)
{
	atomic_long_sub(pages, &committed);
	vm_unacct_memory(pages);
}

static unsigned long pages_of(loff_t size)
{
	return (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

static int shmem_acct_size(unsigned long flags, loff_t size)
{
	return flags & VM_NORESERVE ? 0 : shmem_commit(pages_of(size));
}

static void shmem_unacct_size(unsigned long flags, loff_t size)
{
	if (!(flags & VM_NORESERVE))
		shmem_uncommit(pages_of(size));
}

static bool charge_blocks(struct shmem_sb_info *sbinfo, unsigned long pages)
{
	long used = atomic_long_read(&sbinfo->used_blocks);

	do {
		unsigned long max = READ_ONCE(sbinfo->max_blocks);

		if (max && used + pages > max)
			return false;
	} while (!atomic_long_try_cmpxchg(&sbinfo->used_blocks, &used, used + pages));
	return true;
}

static int shmem_inode_acct_block(struct inode *inode, unsigned long pages)
{
	bool commit = SHMEM_I(inode)->flags & VM_NORESERVE;

	if (commit && shmem_commit(pages))
		return -ENOSPC;
	if (charge_blocks(SHMEM_SB(inode->i_sb), pages))
		return 0;
	if (commit)
		shmem_uncommit(pages);
	return -ENOSPC;
}

static void shmem_inode_unacct_blocks(struct inode *inode, unsigned long pages)
{
	atomic_long_sub(pages, &SHMEM_SB(inode->i_sb)->used_blocks);
	if (SHMEM_I(inode)->flags & VM_NORESERVE)
		shmem_uncommit(pages);
}

/* @added pages were charged and put into the cache; gives back what has left it. */
static void shmem_recalc_inode(struct inode *inode, unsigned long added)
{
	struct shmem_inode_info *info = SHMEM_I(inode);
	long freed;

	/* Its pages neither come back nor go out meanwhile. */
	spin_lock(&inode->i_mapping->i_pages_lock);
	spin_lock(&inode->i_lock);
	info->alloced += added;
	freed = info->alloced - info->swapped - inode->i_mapping->nrpages;
	if (freed > 0)
		info->alloced -= freed;
	inode->i_blocks = info->alloced * BLOCKS_PER_PAGE;
	spin_unlock(&inode->i_lock);
	spin_unlock(&inode->i_mapping->i_pages_lock);
	if (freed > 0)
		shmem_inode_unacct_blocks(inode, freed);
}

/* --- finding and making pages --- */

static bool behind_end(const struct inode *inode, pgoff_t index)
{
	return index >= pages_of(i_size_read(inode));
}

/* A locked new folio goes into the cache, which takes its own reference.  0, -EEXIST, -ENOMEM. */
static int shmem_add_to_page_cache(struct folio *folio, struct address_space *mapping,
				   pgoff_t index)
{
	XA_STATE(xas, &mapping->i_pages, index);
	int error;

	folio->mapping = mapping;
	folio->index = index;
	do {
		spin_lock(&mapping->i_pages_lock);
		error = xas_load(&xas) ? -EEXIST : 0;
		if (!error) {
			xas_store(&xas, folio);
			error = xas_error(&xas);
		}
		if (!error) {
			folio_get(folio);
			mapping->nrpages++;
		}
		spin_unlock(&mapping->i_pages_lock);
	} while (xas_nomem(&xas, GFP_KERNEL));
	if (error) {
		folio->mapping = NULL;
		return error;
	}
	inc_state(NR_FILE_PAGES);
	inc_state(NR_SHMEM);
	folio_add_lru(folio);
	return 0;
}

/* A charged page for a hole, locked: all zeros for a fault, else not uptodate. */
static int shmem_new_folio(struct inode *inode, pgoff_t index, struct folio **foliop,
			   enum sgp_type sgp)
{
	gfp_t gfp = mapping_gfp_mask(inode->i_mapping);
	struct folio *folio;
	int error = shmem_inode_acct_block(inode, 1);

	if (error)
		return error;
	folio = alloc_folio(gfp | (sgp == SGP_CACHE ? __GFP_ZERO : 0), 0);
	error = -ENOMEM;
	if (!folio)
		goto unacct;
	folio->flags = BIT(PG_locked) | BIT(PG_swapbacked);	/* nobody else knows it yet */
	if (sgp == SGP_CACHE)
		folio->flags |= BIT(PG_uptodate);
	error = shmem_add_to_page_cache(folio, inode->i_mapping, index);
	if (error)
		goto free;
	shmem_recalc_inode(inode, 1);
	*foliop = folio;
	return 0;
free:
	folio->flags = 0;
	folio_put(folio);
unacct:
	shmem_inode_unacct_blocks(inode, 1);
	return error;
}

/* What was found goes back to the caller as he needs it; a hole's promise counts as a hole. */
static void shmem_found_folio(struct folio **foliop, enum sgp_type sgp)
{
	struct folio *folio = *foliop;

	if (folio_test_uptodate(folio) || sgp == SGP_WRITE)
		return;
	if (sgp != SGP_READ) {
		/* Of a second fallocate too: the first one's pages are no longer to be undone. */
		shmem_fill_folio(folio, 0, 0);
		return;
	}
	folio_unlock(folio);
	folio_put(folio);
	*foliop = NULL;
}

/* A new page that a truncation may have passed by before it was there: it has set i_size before. */
static int shmem_recheck_end(struct inode *inode, struct folio *folio)
{
	pgoff_t index = folio->index;

	if (likely(!behind_end(inode, index)))
		return 0;
	filemap_remove_folio(folio);
	/* A neighbour's fault may have mapped it (filemap.c I5). */
	if (folio_mapped(folio))
		unmap_mapping_pages(inode->i_mapping, index, 1, false);
	folio_unlock(folio);
	folio_put(folio);
	shmem_recalc_inode(inode, 0);
	return -EINVAL;
}

/* @fault: as for shmem_swapin_folio(). */
static int shmem_get_folio_fault(struct inode *inode, pgoff_t index, struct folio **foliop,
				 enum sgp_type sgp, vm_fault_t *fault)
{
	swp_entry_t entry;
	int error;

	do {
		if (sgp <= SGP_CACHE && behind_end(inode, index))
			return -EINVAL;
		*foliop = filemap_lock_folio(inode->i_mapping, index);
		if (*foliop) {
			shmem_found_folio(foliop, sgp);
			return 0;
		}
		entry = shmem_swapped(inode, index);
		if (entry.val)
			error = shmem_swapin_folio(inode, index, entry, foliop, fault);
		else if (sgp == SGP_READ)
			return 0;
		else
			error = shmem_new_folio(inode, index, foliop, sgp);
	} while (error == -EEXIST);
	if (!error && sgp == SGP_CACHE)
		error = shmem_recheck_end(inode, *foliop);
	return error;
}

int shmem_get_folio(struct inode *inode, pgoff_t index, struct folio **foliop, enum sgp_type sgp)
{
	return shmem_get_folio_fault(inode, index, foliop, sgp, NULL);
}

void shmem_fill_folio(struct folio *folio, size_t from, size_t to)
{
	char *address = folio_address(folio);

	memset(address, 0, from);
	memset(address + to, 0, PAGE_SIZE - to);
	/* Readers look at the mark without the folio's lock. */
	smp_wmb();
	folio_set_uptodate(folio);
}

/* --- write(2), around the page cache's copy; i_rwsem held --- */

static int shmem_write_begin(struct file *file, struct address_space *mapping, loff_t pos,
			     unsigned int len, struct folio **foliop, void **fsdata)
{
	struct inode *inode = mapping->host;
	unsigned int seals = SHMEM_I(inode)->seals;

	if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	if (seals & F_SEAL_GROW && pos + len > inode->i_size)
		return -EPERM;
	return shmem_get_folio(inode, pos >> PAGE_SHIFT, foliop, SGP_WRITE);
}

static int shmem_write_end(struct file *file, struct address_space *mapping, loff_t pos,
			   unsigned int len, unsigned int copied, struct folio *folio,
			   void *fsdata)
{
	struct inode *inode = mapping->host;
	size_t from = offset_in_page(pos);

	if (pos + copied > inode->i_size)
		i_size_write(inode, pos + copied);
	if (!folio_test_uptodate(folio))
		shmem_fill_folio(folio, from, from + copied);
	folio_mark_dirty(folio);
	folio_unlock(folio);
	folio_put(folio);
	return copied;
}

const struct address_space_operations shmem_aops = {
	.dirty_folio = noop_dirty_folio,
	.write_begin = shmem_write_begin,
	.write_end = shmem_write_end,
};

/* --- freeing pages --- */

/* Zeroes bytes [from, to) of a page that may be out. */
static void zero_part(struct inode *inode, pgoff_t index, size_t from, size_t to)
{
	swp_entry_t entry = shmem_swapped(inode, index);
	struct folio *folio;

	if (!entry.val || shmem_swapin_folio(inode, index, entry, &folio, NULL))
		return;
	memset(folio_address(folio) + from, 0, to - from);
	folio_unlock(folio);
	folio_put(folio);
}

static void zero_edges(struct inode *inode, loff_t start, loff_t end)
{
	pgoff_t first = start >> PAGE_SHIFT, last = end >> PAGE_SHIFT;
	size_t head = offset_in_page(start), tail = offset_in_page(end) + 1;

	if (head)
		zero_part(inode, first, head, first == last ? tail : PAGE_SIZE);
	if (tail < PAGE_SIZE && (first != last || !head))
		zero_part(inode, last, 0, tail);
}

void shmem_truncate_range(struct inode *inode, loff_t start, loff_t end)
{
	pgoff_t first = pages_of(start), behind = ((u64)end + 1) >> PAGE_SHIFT;
	unsigned long moves;

	/* A page that goes out or comes back meanwhile may be passed by. */
	do {
		moves = shmem_moves(inode);
		zero_edges(inode, start, end);
		truncate_inode_pages_range(inode->i_mapping, start, end);
		if (first < behind)
			shmem_free_swap(inode, first, behind - 1);
	} while (moves != shmem_moves(inode));
	shmem_recalc_inode(inode, 0);
}

void shmem_undo_falloc(struct inode *inode, pgoff_t first, pgoff_t last)
{
	struct address_space *mapping = inode->i_mapping;
	struct folio *folios[BATCH];
	unsigned int nr;

	while ((nr = filemap_get_folios(mapping, &first, last, folios, BATCH))) {
		for (unsigned int i = 0; i < nr; i++) {
			folio_lock(folios[i]);
			if (folios[i]->mapping == mapping && !folio_test_uptodate(folios[i])) {
				folio_cancel_dirty(folios[i]);
				filemap_remove_folio(folios[i]);
			}
			folio_unlock(folios[i]);
			folio_put(folios[i]);
		}
	}
	shmem_recalc_inode(inode, 0);
}

void shmem_evict_pages(struct inode *inode)
{
	unsigned long moves;

	shmem_unacct_size(SHMEM_I(inode)->flags, inode->i_size);
	do {
		moves = shmem_moves(inode);
		truncate_inode_pages_final(inode->i_mapping);
		shmem_forget_swap(inode);
	} while (moves != shmem_moves(inode));
	shmem_recalc_inode(inode, 0);
}

/* --- mappings --- */

static vm_fault_t shmem_fault(struct vm_fault *vmf)
{
	struct inode *inode = file_inode(vmf->vma->vm_file);
	vm_fault_t ret = VM_FAULT_LOCKED;
	int error = shmem_get_folio_fault(inode, vmf->pgoff, &vmf->folio, SGP_CACHE, &ret);

	if (error)
		return error == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
	return ret;
}

const struct vm_operations_struct shmem_vm_ops = {
	.fault = shmem_fault,
	.map_pages = filemap_map_pages,
};

struct file *shmem_file_setup(const char *name, loff_t size, unsigned long flags)
{
	struct inode *inode;

	if (size < 0)
		return ERR_PTR(-EINVAL);
	if (shmem_acct_size(flags, size))
		return ERR_PTR(-ENOMEM);
	inode = shmem_get_inode(shm_mnt->mnt_sb, NULL, S_IFREG | S_IRWXUGO, 0);
	if (!inode) {
		shmem_unacct_size(flags, size);
		return ERR_PTR(-ENOSPC);
	}
	SHMEM_I(inode)->flags = flags & VM_NORESERVE;
	inode->i_size = size;
	clear_nlink(inode);
	return alloc_file_pseudo(inode, shm_mnt, name, O_RDWR, &tmpfs_file_operations);
}

int shmem_zero_setup(struct vm_area_struct *vma)
{
	struct file *file = shmem_file_setup("dev/zero", vma->vm_end - vma->vm_start,
					     vma->vm_flags);

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (vma->vm_file)
		fput(vma->vm_file);
	vma->vm_file = file;
	vma->vm_ops = &shmem_vm_ops;
	return 0;
}
