// SPDX-License-Identifier: MIT
/*
 * An address space: the cached content of one file or block device, as folios by their index in
 * pages, and the operations by which the page cache gets at the store behind it.
 *
 * Locks: i_pages_lock (a spinlock never taken by interrupt handlers) over i_pages and nrpages;
 * i_mmap_rwsem over i_mmap; invalidate_lock is held shared while folios are added and read in,
 * exclusively while they are truncated and their blocks freed, so that a read never fills a folio
 * from a block that belongs to another file by now.
 */
#ifndef FS_ADDRESS_SPACE_H
#define FS_ADDRESS_SPACE_H

#include "kernel/errno.h"
#include "kernel/rwsem.h"
#include "kernel/spinlock.h"
#include "lib/atomic.h"
#include "lib/rbtree.h"
#include "lib/types.h"
#include "lib/xarray.h"
#include "mm/errseq.h"
#include "mm/gfp.h"

struct address_space;
struct file;
struct folio;
struct inode;
struct iov_iter;
struct kiocb;
struct readahead_control;
struct writeback_control;

struct address_space_operations {
	/*
	 * Fills a locked folio that is not uptodate and ends in folio_end_read(), here or at
	 * completion. 0 or -errno.
	 */
	int (*read_folio)(struct file *file, struct folio *folio);
	/*
	 * Starts reading the folios of @rac (readahead_folio() gives them one by one); what it
	 * leaves is dropped.
	 */
	void (*readahead)(struct readahead_control *rac);
	/* Writes dirty folios as @wbc asks. */
	int (*writepages)(struct address_space *mapping, struct writeback_control *wbc);
	/* A folio is to become dirty; true if it was clean.  NULL: filemap_dirty_folio(). */
	bool (*dirty_folio)(struct address_space *mapping, struct folio *folio);
	/*
	 * Around a copy of @len bytes at @pos, all within one folio. write_begin gives it locked
	 * with a reference, uptodate where the copy will not be; write_end takes @copied of @len as
	 * done (fewer: it may refuse all by returning 0), extends the file, unlocks and puts the
	 * folio; returns bytes taken or -errno.
	 */
	int (*write_begin)(struct file *file, struct address_space *mapping, loff_t pos,
			   unsigned int len, struct folio **foliop, void **fsdata);
	int (*write_end)(struct file *file, struct address_space *mapping, loff_t pos,
			 unsigned int len, unsigned int copied, struct folio *folio, void *fsdata);
	sector_t (*bmap)(struct address_space *mapping, sector_t block);
	/*
	 * Bytes [offset, offset + length) of a locked folio are truncated: forget their buffers.
	 * Only if PG_private.
	 */
	void (*invalidate_folio)(struct folio *folio, size_t offset, size_t length);
	/*
	 * Takes ->private off a clean locked folio, so that it can be freed; false: not now. Only
	 * if PG_private.
	 */
	bool (*release_folio)(struct folio *folio, gfp_t gfp);
	/* Transfers between @iter and the store, past the cache; bytes or -errno. */
	ssize_t (*direct_IO)(struct kiocb *iocb, struct iov_iter *iter);
};

/* address_space->flags, bit numbers */
enum mapping_flags {
	AS_EIO,			/* a write failed since the flag was last looked at */
	AS_ENOSPC,
	AS_EXITING,		/* the inode goes away: no folio may be added */
};

/* Marks of i_pages */
#define PAGECACHE_TAG_DIRTY	XA_MARK_0
/* Was under writeback when last looked at; PG_writeback tells. */
#define PAGECACHE_TAG_WRITEBACK	XA_MARK_1
/* Dirty when a sync began: what that sync must write, and no more. */
#define PAGECACHE_TAG_TOWRITE	XA_MARK_2

struct address_space {
	struct inode *host;
	struct xarray i_pages;
	struct spinlock i_pages_lock;
	unsigned long nrpages;
	unsigned long truncations;		/* of folios so far; invalidate_lock */
	atomic_t nr_writeback;			/* folios under writeback */
	const struct address_space_operations *a_ops;
	struct rw_semaphore invalidate_lock;
	struct rb_root i_mmap;			/* VMAs that map it */
	struct rw_semaphore i_mmap_rwsem;
	atomic_t i_mmap_writable;		/* VMAs with VM_SHARED; < 0: there may be none */
	unsigned long flags;
	errseq_t wb_err;
	gfp_t gfp_mask;				/* of its folios */
	void *private_data;			/* the owner's */
};

/* Where sequential reading of an open file has got to, in pages (mm/readahead.c). */
struct file_ra_state {
	pgoff_t start;			/* of the current window */
	unsigned int size;		/* of the window */
	unsigned int async_size;	/* when so many are left, start the next */
	unsigned int ra_pages;		/* largest window; 0: no readahead */
	bool random;			/* fadvise: what is asked for, and no more */
	loff_t prev_pos;		/* where the last read ended, in bytes */
};

/* All fields of a mapping for @host; gfp_mask GFP_HIGHUSER_MOVABLE. */
void address_space_init(struct address_space *mapping, struct inode *host,
			const struct address_space_operations *a_ops);

static inline gfp_t mapping_gfp_mask(const struct address_space *mapping)
{
	return mapping->gfp_mask;
}

/* Without what the caller's context forbids. */
static inline gfp_t mapping_gfp_constraint(const struct address_space *mapping, gfp_t gfp)
{
	return mapping->gfp_mask & gfp;
}

static inline bool mapping_exiting(const struct address_space *mapping)
{
	return READ_ONCE(mapping->flags) & BIT(AS_EXITING);
}

static inline bool mapping_empty(const struct address_space *mapping)
{
	return xa_empty(&mapping->i_pages);
}

/*
 * No folios, and no shadows but the one of page 0 if it is alone: that has no node that the
 * shrinker of shadows could take.
 */
static inline bool mapping_shrinkable(const struct address_space *mapping)
{
	const void *head = READ_ONCE(mapping->i_pages.head);

	return !head || xa_is_value(head);
}

/* A VMA with VM_SHARED comes to be: 0, or -EPERM. */
static inline int mapping_map_writable(struct address_space *mapping)
{
	int count = atomic_read(&mapping->i_mmap_writable);

	do {
		if (count < 0)
			return -EPERM;
	} while (!atomic_try_cmpxchg(&mapping->i_mmap_writable, &count, count + 1));
	return 0;
}

/* A copy of one that is there. */
static inline void mapping_dup_writable(struct address_space *mapping)
{
	atomic_inc(&mapping->i_mmap_writable);
}

static inline void mapping_unmap_writable(struct address_space *mapping)
{
	atomic_dec(&mapping->i_mmap_writable);
}

static inline bool mapping_writably_mapped(const struct address_space *mapping)
{
	return atomic_read(&mapping->i_mmap_writable) > 0;
}

/* From now on there shall be none: 0, or -EBUSY while there are some. */
static inline int mapping_deny_writable(struct address_space *mapping)
{
	int count = atomic_read(&mapping->i_mmap_writable);

	do {
		if (count > 0)
			return -EBUSY;
	} while (!atomic_try_cmpxchg(&mapping->i_mmap_writable, &count, count - 1));
	return 0;
}

static inline void mapping_allow_writable(struct address_space *mapping)
{
	atomic_inc(&mapping->i_mmap_writable);
}

static inline void filemap_invalidate_lock(struct address_space *mapping)
{
	down_write(&mapping->invalidate_lock);
}

static inline void filemap_invalidate_unlock(struct address_space *mapping)
{
	up_write(&mapping->invalidate_lock);
}

static inline void filemap_invalidate_lock_shared(struct address_space *mapping)
{
	down_read(&mapping->invalidate_lock);
}

static inline void filemap_invalidate_unlock_shared(struct address_space *mapping)
{
	up_read(&mapping->invalidate_lock);
}

#endif
