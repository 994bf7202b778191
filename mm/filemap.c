// SPDX-License-Identifier: MIT
/*
 * A page is looked up in mapping->i_pages under i_pages_lock, and given a reference before the lock
 * is dropped.
 *
 *   reading     look up ── there, uptodate ─────────────────────> copy out, with a reference only
 *                  │ absent                      │ not uptodate
 *                  v                             v
 *               readahead, which adds locked     wait for the lock: who reads it in unlocks it.
 *               folios and starts I/O            Still ours? uptodate? else read it in ourselves
 *
 *   writing     fault the source in; write_begin gives the folio locked; copy with faults disabled;
 *               write_end.  A copy that falls short, because the source went away again, is tried
 *               once more with less: a fault while the folio is locked could need that same folio.
 *
 *   mapping     filemap_map_pages enters what is there under the page-table lock and i_pages_lock;
 *               filemap_fault gives one locked folio, and where it must wait for the disk lets go
 *               of mmap_lock and has the access tried again.
 *
 * I1  i_pages[index] == folio implies folio->mapping == mapping, folio->index == index, and one
 *     reference held by the cache.  Both change together under i_pages_lock, with the folio locked.
 * I2  nrpages is the number of folios in i_pages; what else is there are shadows, of pages that
 *     reclaim has taken (mm/workingset.h), or shmem's entries.  A shadow has no marks.
 * I3  Who has locked a folio looks at folio->mapping again: it may have been truncated before.
 * I4  A folio that is not uptodate is never mapped or copied out.
 * I5  A folio gets mapped only while it is in the cache (under i_pages_lock) or while it is locked
 *     and found to be in the cache; whoever removes one unmaps it after that.  So no truncated page
 *     stays mapped.
 */
#include "mm/filemap.h"

#include "arch/riscv/cacheflush.h"
#include "arch/riscv/uaccess.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/iov_iter.h"
#include "fs/super.h"
#include "kernel/init.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/resource.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "mm/balance_dirty.h"
#include "mm/check.h"
#include "mm/memory.h"
#include "mm/page_alloc.h"
#include "mm/pgtable.h"
#include "mm/readahead.h"
#include "mm/slab.h"
#include "mm/swap.h"
#include "mm/vmstat.h"
#include "mm/workingset.h"

#define FAULT_READAHEAD_PAGES	32u	/* 128 KiB around a fault that has no neighbours cached */

static struct kmem_cache *xa_node_cache;

static void *xa_node_alloc(void *ctx, gfp_t gfp)
{
	return kmem_cache_alloc(xa_node_cache, gfp);
}

static void xa_node_free(void *node)
{
	kmem_cache_free(xa_node_cache, node);
}

const struct xarray_ops page_cache_xa_ops = {
	.alloc = xa_node_alloc,
	.free = xa_node_free,
	.update = workingset_update_node,
};
const struct xarray_ops plain_cache_xa_ops = { .alloc = xa_node_alloc, .free = xa_node_free };

static void pagecache_init(void)
{
	xa_node_cache = kmem_cache_create("xa_node", sizeof(struct xa_node), 0, NULL);
}
core_initcall(pagecache_init);

void address_space_init(struct address_space *mapping, struct inode *host,
			const struct address_space_operations *a_ops)
{
	*mapping = (struct address_space){
		.host = host,
		.i_pages = XARRAY_INIT(&page_cache_xa_ops, NULL),
		.a_ops = a_ops,
		.gfp_mask = GFP_HIGHUSER_MOVABLE,
	};
	spin_lock_init(&mapping->i_pages_lock, RANK_I_PAGES);
	init_rwsem(&mapping->invalidate_lock, RANK_INVALIDATE);
	init_rwsem(&mapping->i_mmap_rwsem, RANK_I_MMAP);
}

/* --- the cache --- */

static struct folio *lookup(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio;

	spin_lock(&mapping->i_pages_lock);
	folio = xa_load(&mapping->i_pages, index);
	if (xa_is_value(folio))
		folio = NULL;
	if (folio)
		folio_get(folio);
	spin_unlock(&mapping->i_pages_lock);
	return folio;
}

/*
 * => i_pages_lock held.  Stores from the cursor on until it cannot; -EEXIST, or 0 and see the
 * cursor.  shadows[i] is what folios[i] found in its place.
 */
static int store_folios(struct address_space *mapping, struct xa_state *xas, struct folio **folios,
			void **shadows, unsigned int nr, unsigned int *stored)
{
	void *entry = xas_load(xas);

	while (*stored < nr) {
		if (entry && !xa_is_value(entry))
			return -EEXIST;
		xas_store(xas, folios[*stored]);
		if (xas_error(xas))
			return 0;
		shadows[*stored] = entry;
		folio_get(folios[*stored]);
		mapping->nrpages++;
		if (++*stored < nr)
			entry = xas_next(xas);
	}
	return 0;
}

/* What is to be written over was not wanted: it is as good as new. */
static void add_to_lru(struct folio **folios, void **shadows, unsigned int nr, gfp_t gfp)
{
	for (unsigned int i = 0; i < nr; i++)
		folio_add_lru_shadow(folios[i], gfp & __GFP_WRITE ? NULL : shadows[i]);
}

int filemap_add_folios(struct address_space *mapping, struct folio **folios, unsigned int nr,
		       pgoff_t index, gfp_t gfp, unsigned int *added)
{
	XA_STATE(xas, &mapping->i_pages, index);
	void *shadows[FILEMAP_ADD_MAX];
	int error;

	*added = 0;
	for (unsigned int i = 0; i < nr; i++) {
		folios[i]->mapping = mapping;
		folios[i]->index = index + i;
	}
	do {
		spin_lock(&mapping->i_pages_lock);
		error = store_folios(mapping, &xas, folios, shadows, nr, added);
		spin_unlock(&mapping->i_pages_lock);
	} while (xas_nomem(&xas, gfp & ~(__GFP_MOVABLE | __GFP_ZERO | __GFP_WRITE)));
	for (unsigned int i = *added; i < nr; i++)
		folios[i]->mapping = NULL;
	mod_state(NR_FILE_PAGES, *added);
	add_to_lru(folios, shadows, *added, gfp);
	return error ? error : xas_error(&xas);
}

int filemap_add_folio(struct address_space *mapping, struct folio *folio, pgoff_t index, gfp_t gfp)
{
	unsigned int added;

	return filemap_add_folios(mapping, &folio, 1, index, gfp, &added);
}

/*
 * => i_pages_lock held, folio locked; the cache's reference is the caller's to drop.  @shadow, or
 * NULL, is left in its place.
 */
static void __filemap_remove_folio(struct address_space *mapping, struct folio *folio,
				   void *shadow)
{
	XA_STATE(xas, &mapping->i_pages, folio->index);

	if (shadow)
		xas_init_marks(&xas);
	xas_store(&xas, shadow);
	folio->mapping = NULL;
	mapping->nrpages--;
	dec_state(NR_FILE_PAGES);
	if (folio_test_swapbacked(folio))
		dec_state(NR_SHMEM);
}

void filemap_remove_folio(struct folio *folio)
{
	struct address_space *mapping = folio->mapping;

	DEBUG_BUG_ON(!folio_test_locked(folio) || folio_test_writeback(folio));
	spin_lock(&mapping->i_pages_lock);
	__filemap_remove_folio(mapping, folio, NULL);
	spin_unlock(&mapping->i_pages_lock);
	folio_put(folio);
}

/* A file that is going away is not remembered. */
static void *shadow_of(struct address_space *mapping, struct folio *folio)
{
	return mapping_exiting(mapping) ? NULL : policy_evicted(KIND_FILE, folio);
}

bool remove_mapping(struct address_space *mapping, struct folio *folio, bool reclaimed)
{
	int expected = 2;		/* the cache's and the caller's */
	bool removed = false;

	DEBUG_BUG_ON(!folio_test_locked(folio));
	spin_lock(&mapping->i_pages_lock);
	/*
	 * With i_pages_lock held nobody finds the folio; with the count at 0 nobody else takes a
	 * reference either.
	 */
	if (atomic_try_cmpxchg(&folio->_refcount, &expected, 0)) {
		removed = !folio_test_dirty(folio);
		if (removed)
			__filemap_remove_folio(mapping, folio,
					       reclaimed ? shadow_of(mapping, folio) : NULL);
		atomic_set(&folio->_refcount, removed ? 1 : 2);
	}
	spin_unlock(&mapping->i_pages_lock);
	return removed;
}

bool filemap_remove_clean_folio(struct folio *folio)
{
	struct address_space *mapping = folio->mapping;
	bool removed;

	spin_lock(&mapping->i_pages_lock);
	/* With i_pages_lock held, and the folio's, nobody maps it. */
	removed = !folio_test_dirty(folio) && !folio_mapped(folio);
	if (removed)
		__filemap_remove_folio(mapping, folio, NULL);
	spin_unlock(&mapping->i_pages_lock);
	if (removed)
		folio_put(folio);
	return removed;
}

static struct folio *filemap_alloc_folio(gfp_t gfp)
{
	struct folio *folio = alloc_folio(gfp, 0);

	if (folio)
		folio->flags = BIT(PG_locked);		/* nobody else knows it yet */
	return folio;
}

/* A new locked folio at @index; ERR_PTR(-EEXIST): somebody was faster. */
static struct folio *filemap_create_folio(struct address_space *mapping, pgoff_t index, gfp_t gfp)
{
	struct folio *folio = filemap_alloc_folio(gfp);
	int error;

	if (!folio)
		return ERR_PTR(-ENOMEM);
	error = filemap_add_folio(mapping, folio, index, gfp);
	if (!error)
		return folio;
	folio->flags = 0;
	folio_put(folio);
	return ERR_PTR(error);
}

/*
 * Locks a folio that was found.  NULL: not now; ERR_PTR(-EAGAIN): truncated meanwhile, look it up
 * again.  In both cases the reference is dropped.
 */
static struct folio *lock_found_folio(struct address_space *mapping, struct folio *folio,
				      int fgp_flags)
{
	if (!(fgp_flags & FGP_NOWAIT)) {
		folio_lock(folio);
	} else if (!folio_trylock(folio)) {
		folio_put(folio);
		return NULL;
	}
	if (likely(folio->mapping == mapping))
		return folio;
	folio_unlock(folio);
	folio_put(folio);
	return ERR_PTR(-EAGAIN);
}

struct folio *__filemap_get_folio(struct address_space *mapping, pgoff_t index, int fgp_flags,
				  gfp_t gfp)
{
	struct folio *folio;

	if (fgp_flags & FGP_NOFS)
		gfp &= ~__GFP_FS;
	if (fgp_flags & FGP_WRITE)
		gfp |= __GFP_WRITE;
	do {
		folio = lookup(mapping, index);
		if (!folio && (fgp_flags & FGP_CREAT))
			folio = filemap_create_folio(mapping, index, gfp);
		else if (folio && (fgp_flags & FGP_LOCK))
			folio = lock_found_folio(mapping, folio, fgp_flags);
	} while (folio == ERR_PTR(-EEXIST) || folio == ERR_PTR(-EAGAIN));
	if (IS_ERR_OR_NULL(folio))
		return NULL;
	if (fgp_flags & FGP_ACCESSED)
		folio_mark_accessed(folio);
	return folio;
}

struct folio *filemap_write_begin_folio(struct address_space *mapping, pgoff_t index)
{
	int flags = FGP_LOCK | FGP_WRITE | FGP_CREAT | FGP_NOFS;

	return __filemap_get_folio(mapping, index, flags, mapping_gfp_mask(mapping));
}

unsigned int filemap_get_folios_tag(struct address_space *mapping, pgoff_t *index, pgoff_t end,
				    xa_mark_t tag, struct folio **folios, unsigned int nr)
{
	unsigned int found, got = 0;

	do {
		spin_lock(&mapping->i_pages_lock);
		found = xa_get_batch(&mapping->i_pages, index, end, tag, (void **)folios, nr);
		for (unsigned int i = 0; i < found; i++) {
			if (xa_is_value(folios[i]))
				continue;
			folio_get(folios[i]);
			folios[got++] = folios[i];
		}
		spin_unlock(&mapping->i_pages_lock);
	} while (found && !got);
	return got;
}

unsigned int filemap_get_folios(struct address_space *mapping, pgoff_t *index, pgoff_t end,
				struct folio **folios, unsigned int nr)
{
	return filemap_get_folios_tag(mapping, index, end, XA_PRESENT, folios, nr);
}

/* --- reading in --- */

/* A locked folio that is not uptodate; unlocked on return.  0, -EIO, -EINTR, … */
static int filemap_read_folio(struct file *file, struct address_space *mapping, struct folio *folio)
{
	int error;

	folio_clear_error(folio);
	error = mapping->a_ops->read_folio(file, folio);
	if (error)
		return error;
	error = folio_wait_locked_killable(folio);
	if (error)
		return error;
	return folio_test_uptodate(folio) ? 0 : -EIO;
}

/*
 * Waits for who reads it in, or reads it in.  0, -EAGAIN (truncated: look it up again), -EIO,
 * -EINTR.
 */
static int filemap_update_folio(struct file *file, struct address_space *mapping,
				struct folio *folio)
{
	int error;

	filemap_invalidate_lock_shared(mapping);
	error = folio_lock_killable(folio);
	if (error)
		goto out;
	if (folio->mapping != mapping) {
		folio_unlock(folio);
		error = -EAGAIN;
	} else if (folio_test_uptodate(folio)) {
		folio_unlock(folio);
	} else {
		error = filemap_read_folio(file, mapping, folio);
	}
out:
	filemap_invalidate_unlock_shared(mapping);
	return error;
}

/* The page was not there and readahead did not bring it. */
static struct folio *create_and_read(struct file *file, struct address_space *mapping,
				     pgoff_t index)
{
	struct folio *folio;
	int error;

	filemap_invalidate_lock_shared(mapping);
	folio = filemap_create_folio(mapping, index, mapping_gfp_mask(mapping));
	if (!IS_ERR(folio)) {
		error = filemap_read_folio(file, mapping, folio);
		if (error) {
			folio_put(folio);
			folio = ERR_PTR(error);
		}
	}
	filemap_invalidate_unlock_shared(mapping);
	return folio;
}

/*
 * With a reference and uptodate.  @ra NULL: no readahead.  @last: the page behind the last that is
 * wanted.
 */
static struct folio *get_uptodate_folio(struct file *file, struct address_space *mapping,
					struct file_ra_state *ra, pgoff_t index, pgoff_t last)
{
	DEFINE_READAHEAD(rac, file, ra, mapping, index);
	struct folio *folio;
	int error;

	for (;;) {
		folio = lookup(mapping, index);
		if (!folio && ra) {
			page_cache_sync_ra(&rac, last - index);
			folio = lookup(mapping, index);
		}
		if (!folio) {
			folio = create_and_read(file, mapping, index);
			if (folio == ERR_PTR(-EEXIST))
				continue;
			return folio;
		}
		if (ra && folio_test_readahead(folio))
			page_cache_async_ra(&rac, folio);
		if (likely(folio_test_uptodate(folio)))
			return folio;
		error = filemap_update_folio(file, mapping, folio);
		if (!error)
			return folio;
		folio_put(folio);
		if (error != -EAGAIN)
			return ERR_PTR(error);
	}
}

struct folio *read_mapping_folio(struct address_space *mapping, pgoff_t index, struct file *file)
{
	struct folio *folio = get_uptodate_folio(file, mapping, NULL, index, index + 1);

	if (!IS_ERR(folio))
		folio_mark_accessed(folio);
	return folio;
}

/* --- read --- */

#define READ_BATCH	16

/*
 * What a read can be served from without waiting: the folio at @index, read in if need be, and
 * those right behind it before @last as far as they are uptodate. One with the readahead marker
 * ends the run, so that it comes first the next time and is seen to. Number of folios, or -errno.
 */
static int get_uptodate_folios(struct file *file, pgoff_t index, pgoff_t last,
			       struct folio **folios)
{
	struct address_space *mapping = file->f_mapping;
	pgoff_t next = index + 1, end = min(last - 1, index + READ_BATCH - 1);
	int nr = 1, got = 1;

	folios[0] = get_uptodate_folio(file, mapping, &file->f_ra, index, last);
	if (IS_ERR(folios[0]))
		return PTR_ERR(folios[0]);
	if (next <= end)
		got += filemap_get_folios(mapping, &next, end, folios + 1, READ_BATCH - 1);
	while (nr < got && folios[nr]->index == index + nr && folio_test_uptodate(folios[nr]) &&
	       !folio_test_readahead(folios[nr]))
		nr++;
	for (int i = nr; i < got; i++)
		folio_put(folios[i]);
	return nr;
}

/* Copies from consecutive folios as far as there is room, and file: bytes. */
static size_t copy_folios(struct kiocb *iocb, struct iov_iter *iter, struct folio **folios, int nr,
			  loff_t size)
{
	loff_t pos = iocb->ki_pos;
	size_t bytes, copied;

	user_access_begin();
	for (int i = 0; i < nr && iter->count && pos < size; i++) {
		bytes = min(iter->count, PAGE_SIZE - offset_in_page(pos));
		bytes = min_t(loff_t, bytes, size - pos);
		copied = copy_folio_to_iter(folios[i], offset_in_page(pos), bytes, iter);
		pos += copied;
		if (copied < bytes)
			break;
	}
	user_access_end();
	return pos - iocb->ki_pos;
}

/* One run of folios, at most to the end of the file. Bytes; 0 at the end; -EFAULT, -EIO, … */
static ssize_t read_folios(struct kiocb *iocb, struct iov_iter *iter)
{
	struct file *file = iocb->ki_filp;
	pgoff_t index = iocb->ki_pos >> PAGE_SHIFT;
	pgoff_t last = (iocb->ki_pos + iter->count + PAGE_SIZE - 1) >> PAGE_SHIFT;
	struct folio *folios[READ_BATCH];
	int nr = get_uptodate_folios(file, index, last, folios);
	size_t copied;
	loff_t size;

	if (nr < 0)
		return nr;
	/* Read after the folios were seen uptodate: what they show then is within the file. */
	size = i_size_read(file->f_mapping->host);
	copied = copy_folios(iocb, iter, folios, nr, size);
	for (int i = 0; i < nr; i++) {
		/* Small reads of one page, one after the other, are one use of it. */
		if ((file->f_ra.prev_pos - 1) >> PAGE_SHIFT != (loff_t)index + i)
			folio_mark_accessed(folios[i]);
		folio_put(folios[i]);
	}
	if (iocb->ki_pos >= size)
		return 0;
	iocb->ki_pos += copied;
	file->f_ra.prev_pos = iocb->ki_pos;
	return copied ? (ssize_t)copied : -EFAULT;
}

ssize_t filemap_read(struct kiocb *iocb, struct iov_iter *iter, ssize_t already_read)
{
	struct inode *inode = iocb->ki_filp->f_mapping->host;
	ssize_t ret = 0;

	iov_iter_truncate(iter, max_t(loff_t, inode->i_sb->s_maxbytes - iocb->ki_pos, 0));
	while (iter->count && iocb->ki_pos < i_size_read(inode)) {
		cond_resched();
		ret = read_folios(iocb, iter);
		if (ret <= 0)
			break;
		already_read += ret;
	}
	file_accessed(iocb->ki_filp);
	return already_read ? already_read : ret;
}

static ssize_t direct_read(struct kiocb *iocb, struct iov_iter *iter)
{
	struct address_space *mapping = iocb->ki_filp->f_mapping;
	ssize_t ret;

	if (!mapping->a_ops->direct_IO)
		return -EINVAL;
	ret = filemap_write_and_wait_range(mapping, iocb->ki_pos, iocb->ki_pos + iter->count - 1);
	if (ret)
		return ret;
	file_accessed(iocb->ki_filp);
	ret = mapping->a_ops->direct_IO(iocb, iter);
	if (ret > 0)
		iocb->ki_pos += ret;
	return ret;
}

ssize_t generic_file_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	ssize_t ret = 0;

	if (!iter->count)
		return 0;
	if (iocb->ki_flags & IOCB_DIRECT) {
		ret = direct_read(iocb, iter);
		/*
		 * A short one ended at a place that the device cannot do: the rest goes through the
		 * cache.
		 */
		if (ret < 0 || !iter->count ||
		    iocb->ki_pos >= i_size_read(iocb->ki_filp->f_mapping->host))
			return ret;
	}
	return filemap_read(iocb, iter, ret);
}

/* --- write --- */

/* What RLIMIT_FSIZE and the file system leave of a write at @pos: *count cut down, or -EFBIG. */
static int write_check_limits(struct file *file, loff_t pos, size_t *count)
{
	struct inode *inode = file->f_mapping->host;
	unsigned long limit = rlimit(RLIMIT_FSIZE);

	if (limit != RLIM_INFINITY && S_ISREG(inode->i_mode)) {
		if (pos >= (loff_t)limit) {
			send_sig(SIGXFSZ, current, false);
			return -EFBIG;
		}
		*count = min_t(unsigned long, *count, limit - pos);
	}
	if (pos >= inode->i_sb->s_maxbytes)
		return -EFBIG;
	*count = min_t(loff_t, *count, inode->i_sb->s_maxbytes - pos);
	return 0;
}

ssize_t generic_write_checks(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = iocb->ki_filp->f_mapping->host;
	size_t count = from->count;
	int error;

	if (!count)
		return 0;
	if (iocb->ki_flags & IOCB_APPEND)
		iocb->ki_pos = i_size_read(inode);
	error = write_check_limits(iocb->ki_filp, iocb->ki_pos, &count);
	if (error)
		return error;
	iov_iter_truncate(from, count);
	return count;
}

/* One folio's part of a write at @pos: bytes taken, 0: fault the source in again, or -errno. */
static ssize_t write_one_folio(struct file *file, struct iov_iter *from, loff_t pos, size_t bytes)
{
	struct address_space *mapping = file->f_mapping;
	struct folio *folio;
	void *fsdata = NULL;
	size_t copied;
	ssize_t taken;

	taken = mapping->a_ops->write_begin(file, mapping, pos, bytes, &folio, &fsdata);
	if (taken < 0)
		return taken;
	copied = copy_folio_from_iter_atomic(folio, offset_in_page(pos), bytes, from);
	if (unlikely(folio_test_icache_clean(folio)))
		folio_clear_icache_clean(folio);
	taken = mapping->a_ops->write_end(file, mapping, pos, bytes, copied, folio, fsdata);
	if (taken < (ssize_t)copied)
		iov_iter_revert(from, copied - max_t(ssize_t, taken, 0));
	return taken;
}

#define FAULT_IN_AHEAD	(16 * PAGE_SIZE)

ssize_t generic_perform_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	loff_t pos = iocb->ki_pos;
	ssize_t written = 0, ret = 0;
	size_t present = 0;		/* bytes of the source that were touched lately */

	while (from->count && ret >= 0) {
		size_t bytes = min(from->count, PAGE_SIZE - offset_in_page(pos));

		if (present < bytes) {
			size_t want = min_t(size_t, from->count, FAULT_IN_AHEAD);

			present = want - fault_in_iov_iter_readable(from, want);
		}
		bytes = min(bytes, present);
		if (!bytes)
			ret = -EFAULT;
		else if (fatal_signal_pending(current))
			ret = -EINTR;
		else
			ret = write_one_folio(file, from, pos, bytes);
		cond_resched();
		if (ret <= 0) {
			present = 0;	/* the copy came short: what was touched has gone again */
			continue;
		}
		present -= min_t(size_t, present, ret);
		pos += ret;
		written += ret;
		balance_dirty_pages_ratelimited(file->f_mapping);
	}
	return written ? written : ret;
}

static ssize_t direct_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct address_space *mapping = iocb->ki_filp->f_mapping;
	struct inode *inode = mapping->host;
	loff_t pos = iocb->ki_pos, end = pos + from->count - 1, size;
	ssize_t written;

	if (!mapping->a_ops->direct_IO)
		return -EINVAL;
	written = filemap_write_and_wait_range(mapping, pos, end);
	if (written)
		return written;
	/*
	 * A folio that cannot go would be newer than the disk: then the write goes through the
	 * cache.
	 */
	if (mapping->nrpages &&
	    invalidate_inode_pages2_range(mapping, pos >> PAGE_SHIFT, end >> PAGE_SHIFT))
		return 0;
	written = mapping->a_ops->direct_IO(iocb, from);
	/* Somebody may have read the old content in meanwhile, or stored to it. */
	if (mapping->nrpages &&
	    invalidate_inode_pages2_range(mapping, pos >> PAGE_SHIFT, end >> PAGE_SHIFT)) {
		errseq_set(&mapping->wb_err, -EIO);
		printk_ratelimited(KERN_ERR, "direct write of pid %d (%s): the page cache keeps "
				   "another content\n", current->pid, current->comm);
	}
	if (written > 0 && pos + written > i_size_read(inode) && !S_ISBLK(inode->i_mode)) {
		size = inode->i_size;
		i_size_write(inode, pos + written);
		pagecache_isize_extended(inode, size, pos);
		mark_inode_dirty(inode);
	}
	return written;
}

/*
 * What direct I/O left over, through the cache, but on the device and out of the cache when we
 * return.
 */
static ssize_t direct_write_rest(struct kiocb *iocb, struct iov_iter *from)
{
	struct address_space *mapping = iocb->ki_filp->f_mapping;
	loff_t pos = iocb->ki_pos;
	ssize_t written = generic_perform_write(iocb, from);
	int error;

	if (written <= 0)
		return written;
	error = filemap_write_and_wait_range(mapping, pos, pos + written - 1);
	if (error)
		return error;
	invalidate_mapping_pages(mapping, pos >> PAGE_SHIFT, (pos + written - 1) >> PAGE_SHIFT);
	return written;
}

ssize_t __generic_file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	ssize_t written = 0, ret;

	ret = file_remove_privs(file);
	if (!ret)
		ret = file_update_time(file);
	if (ret)
		return ret;
	if (iocb->ki_flags & IOCB_DIRECT) {
		written = direct_write(iocb, from);
		if (written < 0)
			return written;
		iocb->ki_pos += written;
		if (!from->count)
			return written;
		ret = direct_write_rest(iocb, from);
	} else {
		ret = generic_perform_write(iocb, from);
	}
	if (ret > 0) {
		iocb->ki_pos += ret;
		written += ret;
	}
	return written ? written : ret;
}

ssize_t generic_file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = iocb->ki_filp->f_mapping->host;
	ssize_t ret;

	inode_lock(inode);
	ret = generic_write_checks(iocb, from);
	if (ret > 0)
		ret = __generic_file_write_iter(iocb, from);
	inode_unlock(inode);
	return ret > 0 ? generic_write_sync(iocb, ret) : ret;
}

/* --- faults --- */

static pgoff_t pages_in_file(const struct inode *inode)
{
	return (i_size_read(inode) + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* Starts reading around the fault: a fault has no direction that would tell what comes next. */
static void fault_readahead(struct vm_fault *vmf)
{
	struct file *file = vmf->vma->vm_file;
	struct file_ra_state *ra = &file->f_ra;
	DEFINE_READAHEAD(rac, file, ra, file->f_mapping, vmf->pgoff);

	if (!ra->ra_pages || (vmf->vma->vm_flags & VM_RAND_READ))
		return;
	if (vmf->vma->vm_flags & VM_SEQ_READ) {
		page_cache_sync_ra(&rac, ra->ra_pages);
		return;
	}
	ra->size = min(ra->ra_pages, FAULT_READAHEAD_PAGES);
	ra->async_size = ra->size / 4;
	ra->start = vmf->pgoff - min_t(pgoff_t, vmf->pgoff, ra->size / 2);
	page_cache_ra_order(&rac, ra);
}

/* The page at @index, uptodate and locked; ERR_PTR(-EINTR): the task is killed; -EIO, … */
static struct folio *lock_uptodate_folio(struct file *file, pgoff_t index)
{
	struct folio *folio = get_uptodate_folio(file, file->f_mapping, NULL, index, index + 1);

	if (IS_ERR(folio) || !folio_lock_killable(folio))
		return folio;
	folio_put(folio);
	return ERR_PTR(-EINTR);
}

/* The fault is at the marker of the last window: time for the next one. */
static noinline void fault_readahead_next(struct vm_fault *vmf, struct folio *folio)
{
	struct file *file = vmf->vma->vm_file;
	DEFINE_READAHEAD(rac, file, &file->f_ra, file->f_mapping, vmf->pgoff);

	page_cache_async_ra(&rac, folio);
}

/* The wait for a folio has failed, with mmap_lock held. */
static vm_fault_t fault_wait_error(struct vm_fault *vmf, int error)
{
	if (error == -EINTR && vmf->flags & FAULT_FLAG_KILLABLE) {
		mmap_read_unlock(vmf->vma->vm_mm);
		return VM_FAULT_RETRY;		/* which the killed task will not make */
	}
	return error == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
}

/*
 * The folio cannot be had at once.  If the fault may be tried again, waits with mmap_lock dropped;
 * else with it held. *folio: uptodate, locked, in the mapping; or a VM_FAULT_ code.
 */
static vm_fault_t fault_wait_for_folio(struct vm_fault *vmf, struct folio **foliop)
{
	struct file *file = vmf->vma->vm_file, *dropped = maybe_unlock_mmap_for_io(vmf);
	struct folio *folio = lock_uptodate_folio(file, vmf->pgoff);

	if (dropped) {
		/* An error is seen again in the second round, with the lock held. */
		if (!IS_ERR(folio)) {
			folio_unlock(folio);
			folio_put(folio);
		}
		fput(dropped);
		return VM_FAULT_RETRY;
	}
	if (IS_ERR(folio))
		return fault_wait_error(vmf, PTR_ERR(folio));
	*foliop = folio;
	return 0;
}

/* Locked now, uptodate, and still the mapping's? */
static bool fault_trylock_folio(struct address_space *mapping, struct folio *folio)
{
	if (!folio_test_uptodate(folio) || !folio_trylock(folio))
		return false;
	if (likely(folio->mapping == mapping))
		return true;
	folio_unlock(folio);
	return false;
}

static vm_fault_t fault_get_folio(struct vm_fault *vmf, struct folio **foliop)
{
	struct address_space *mapping = vmf->vma->vm_file->f_mapping;
	struct folio *folio = lookup(mapping, vmf->pgoff);
	vm_fault_t major = 0;

	if (folio) {
		if (unlikely(folio_test_readahead(folio)) && !(vmf->vma->vm_flags & VM_RAND_READ))
			fault_readahead_next(vmf, folio);
		if (fault_trylock_folio(mapping, folio)) {
			*foliop = folio;
			return 0;
		}
		folio_put(folio);
	} else {
		count_vm_event(PGMAJFAULT);
		major = VM_FAULT_MAJOR;
		fault_readahead(vmf);
	}
	return fault_wait_for_folio(vmf, foliop) | major;
}

vm_fault_t filemap_fault(struct vm_fault *vmf)
{
	struct address_space *mapping = vmf->vma->vm_file->f_mapping;
	struct folio *folio;
	vm_fault_t ret;

	for (;;) {
		if (vmf->pgoff >= pages_in_file(mapping->host))
			return VM_FAULT_SIGBUS;
		ret = fault_get_folio(vmf, &folio);
		if (ret & (VM_FAULT_ERROR | VM_FAULT_RETRY))
			return ret;
		if (folio->mapping == mapping && folio_test_uptodate(folio) &&
		    vmf->pgoff < pages_in_file(mapping->host)) {
			vmf->folio = folio;
			return ret | VM_FAULT_LOCKED;
		}
		folio_unlock(folio);
		folio_put(folio);
	}
}

/*
 * The folio that @xas, a copy, stands at and those up to @end become clean by one fence. Each alone
 * would have every hart fence, with the locks held that the others want when they page in code.
 */
static void flush_icache_around(struct xa_state xas, pgoff_t end)
{
	struct folio *folios[FAULT_AROUND_PAGES], *folio = xas_load(&xas);
	size_t nr = 0;

	for (; folio && nr < ARRAY_SIZE(folios); folio = xas_find(&xas, end))
		if (!xa_is_value(folio) && folio_test_uptodate(folio) &&
		    !folio_test_icache_clean(folio))
			folios[nr++] = folio;
	flush_icache_folios(folios, nr);
}

vm_fault_t filemap_map_pages(struct vm_fault *vmf, pgoff_t start_pgoff, pgoff_t end_pgoff)
{
	struct vm_area_struct *vma = vmf->vma;
	struct address_space *mapping = vma->vm_file->f_mapping;
	unsigned long addr = vma->vm_start + ((start_pgoff - vma->vm_pgoff) << PAGE_SHIFT);
	XA_STATE(xas, &mapping->i_pages, start_pgoff);
	struct folio *folio, *mapped = NULL;
	vm_fault_t ret = 0;
	pgoff_t pages;
	long nr = 0;
	pte_t *first;

	first = pte_offset_map_lock(vmf->pmd, addr, &vmf->ptl);
	spin_lock(&mapping->i_pages_lock);
	/*
	 * Under the lock: a page that a fault has brought in behind the end, which it will see only
	 * then, came after the truncation, and nobody would unmap it.
	 */
	pages = pages_in_file(mapping->host);
	if (start_pgoff >= pages)
		goto unlock;
	end_pgoff = min(end_pgoff, pages - 1);
	xas_for_each(&xas, folio, end_pgoff) {
		if (xa_is_value(folio))
			continue;
		vmf->pte = first + (xas.index - start_pgoff);
		/* The one that starts the next window goes the long way. */
		if (!folio_test_uptodate(folio) || folio_test_readahead(folio) ||
		    !pte_none(ptep_get(vmf->pte)))
			continue;
		if (vma->vm_flags & VM_EXEC && !folio_test_icache_clean(folio))
			flush_icache_around(xas, end_pgoff);
		folio_get(folio);
		do_set_pte(vmf, folio, addr + ((xas.index - start_pgoff) << PAGE_SHIFT));
		mapped = folio;
		nr++;
		if (xas.index == vmf->pgoff)
			ret = VM_FAULT_NOPAGE;
	}
unlock:
	spin_unlock(&mapping->i_pages_lock);
	/* All of one file are counted alike. */
	if (mapped)
		add_mm_counter(vma->vm_mm, mm_counter(mapped), nr);
	spin_unlock(vmf->ptl);
	vmf->pte = NULL;
	return ret;
}

vm_fault_t filemap_page_mkwrite(struct vm_fault *vmf)
{
	struct folio *folio = vmf->folio;
	struct file *file = vmf->vma->vm_file;

	file_update_time(file);
	folio_lock(folio);
	if (folio->mapping != file->f_mapping) {
		folio_unlock(folio);
		return VM_FAULT_NOPAGE;
	}
	/* Dirty before it is writable: a store must not come between a write-out and the mark. */
	folio_mark_dirty(folio);
	return VM_FAULT_LOCKED;
}

/* --- for mm_check() --- */

/* K1 of mm/workingset.c, of the leaf at the cursor */
static bool leaf_listed_right(const struct xa_state *xas)
{
	return !xas->node || !xas->xa->ops->update ||
	       xa_leaf_has_values_only(xas->node) == !list_empty(&xas->node->list);
}

/* Of the whole mapping, once: when @folio is its first. */
static const char *check_mapping(struct address_space *mapping, struct folio *folio)
{
	XA_STATE(xas, &mapping->i_pages, 0);
	unsigned long count = 0;
	bool first = true;
	void *entry;

	xas_for_each(&xas, entry, ULONG_MAX) {
		if (!leaf_listed_right(&xas))
			return "workingset K1";
		if (xas.node && xa_leaf_has_values_only(xas.node))
			xas_set(&xas, (xas.index | (XA_NODE_SLOTS - 1)) + 1);
		if (xa_is_value(entry))
			continue;
		if (first && entry != folio)
			return NULL;
		first = false;
		count++;
	}
	return count == mapping->nrpages ? NULL : "filemap I2";
}

/* References that nothing accounts for; each mapping has one, and both may come and go just now. */
static int spare_references(const struct folio *folio)
{
	int mappings, references;

	do {
		mappings = folio_mapcount(folio);
		smp_rmb();
		references = folio_ref_count(folio);
		smp_rmb();
	} while (folio_mapcount(folio) != mappings);
	return references - mappings;
}

/* => locked, with a reference of ours, in @mapping */
static const char *check_folio(struct address_space *mapping, struct folio *folio)
{
	const char *broken = NULL;

	spin_lock(&mapping->i_pages_lock);
	if (xa_load(&mapping->i_pages, folio->index) != folio ||
	    spare_references(folio) < 2 + folio_test_private(folio))
		broken = "filemap I1";
	else if (folio_test_dirty(folio) && mapping_can_writeback(mapping) &&
		 !xa_get_mark(&mapping->i_pages, folio->index, PAGECACHE_TAG_DIRTY))
		broken = "page_writeback I1";
	else if (folio_test_writeback(folio) &&
		 !xa_get_mark(&mapping->i_pages, folio->index, PAGECACHE_TAG_WRITEBACK))
		broken = "page_writeback I2";
	else
		broken = check_mapping(mapping, folio);
	spin_unlock(&mapping->i_pages_lock);
	return broken;
}

static int check_filemap(void)
{
	for (unsigned long pfn = min_pfn; pfn < max_pfn; pfn++) {
		struct folio *folio = pfn_folio(pfn);
		const char *broken = NULL;

		if (!(folio_test_lru(folio) || folio_test_swapbacked(folio)) ||
		    !folio_try_get(folio))
			continue;
		folio_lock(folio);
		if (folio_mapping(folio))
			broken = check_folio(folio_mapping(folio), folio);
		folio_unlock(folio);
		if (broken)
			mm_check_failed(broken, "frame 0x%lx, flags 0x%lx, count %d, mapcount %d",
					pfn, folio->flags, folio_ref_count(folio),
					folio_mapcount(folio));
		folio_put(folio);
		if (broken)
			return -EIO;
	}
	return 0;
}

static struct mm_checker filemap_checker = { .name = "filemap", .check = check_filemap };

static void filemap_init(void)
{
	register_mm_checker(&filemap_checker);
}
late_initcall(filemap_init);
