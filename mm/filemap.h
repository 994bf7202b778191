// SPDX-License-Identifier: MIT
/*
 * The page cache: what every read, write, exec and file mapping goes through.
 *
 * Positions and lengths are in bytes (loff_t), indexes in pages (pgoff_t).  Everything here may
 * sleep unless it says not.
 */
#ifndef MM_FILEMAP_H
#define MM_FILEMAP_H

#include "fs/address_space.h"
#include "mm/folio.h"
#include "mm/mm_types.h"
#include "mm/page_writeback.h"
#include "mm/truncate.h"

struct file;
struct inode;
struct iov_iter;
struct kiocb;

/* What filemap_add_folios() takes at once. */
#define FILEMAP_ADD_MAX	64UL

#define MAX_LFS_FILESIZE ((loff_t)S64_MAX)

/* --- finding and adding --- */

/* For __filemap_get_folio() */
#define FGP_ACCESSED	0x01	/* it counts as used */
#define FGP_LOCK	0x02	/* give it locked */
#define FGP_CREAT	0x04	/* make it if it is not there: then locked and not uptodate */
#define FGP_WRITE	0x08	/* it will be written */
#define FGP_NOFS	0x10
#define FGP_NOWAIT	0x20	/* NULL rather than sleep for the lock */

/* With a reference; NULL: not there (or no memory, or not lockable now). */
struct folio *__filemap_get_folio(struct address_space *mapping, pgoff_t index, int fgp_flags,
				  gfp_t gfp);

static inline struct folio *filemap_get_folio(struct address_space *mapping, pgoff_t index)
{
	return __filemap_get_folio(mapping, index, 0, 0);
}

static inline struct folio *filemap_lock_folio(struct address_space *mapping, pgoff_t index)
{
	return __filemap_get_folio(mapping, index, FGP_LOCK, 0);
}

static inline struct folio *filemap_grab_folio(struct address_space *mapping, pgoff_t index)
{
	return __filemap_get_folio(mapping, index, FGP_LOCK | FGP_ACCESSED | FGP_CREAT,
				   mapping_gfp_mask(mapping));
}

/* For write_begin: locked, made if need be, writeback over. */
struct folio *filemap_write_begin_folio(struct address_space *mapping, pgoff_t index);

/*
 * A locked new folio goes into the cache and onto the LRU; the cache takes its own reference.  0,
 * -EEXIST, -ENOMEM.
 */
int filemap_add_folio(struct address_space *mapping, struct folio *folio, pgoff_t index, gfp_t gfp);
/*
 * The same for @nr of them (FILEMAP_ADD_MAX at most), for consecutive pages: until one is there
 * already or memory is short; *@added says how many went in.
 */
int filemap_add_folios(struct address_space *mapping, struct folio **folios, unsigned int nr,
		       pgoff_t index, gfp_t gfp, unsigned int *added);
/* Takes a locked folio out and drops the cache's reference. */
void filemap_remove_folio(struct folio *folio);
/* Up to @nr folios with references, from *index on up to @end; *index moves behind the last. */
unsigned int filemap_get_folios(struct address_space *mapping, pgoff_t *index, pgoff_t end,
				struct folio **folios, unsigned int nr);
/* The same for those with a PAGECACHE_TAG_*. */
unsigned int filemap_get_folios_tag(struct address_space *mapping, pgoff_t *index, pgoff_t end,
				    xa_mark_t tag, struct folio **folios, unsigned int nr);
/*
 * Locked or not, uptodate, with a reference, reading it in if need be.  ERR_PTR(-EIO, -ENOMEM,
 * -EINTR).
 */
struct folio *read_mapping_folio(struct address_space *mapping, pgoff_t index, struct file *file);

/* --- read and write --- */

/*
 * Copies from the cache to @iter, reading in what is not there; advances iocb->ki_pos.  Bytes in
 * all, or -errno if none.
 */
ssize_t filemap_read(struct kiocb *iocb, struct iov_iter *iter, ssize_t already_read);
/* file_operations->read_iter and ->write_iter of ordinary files (O_DIRECT by a_ops->direct_IO). */
ssize_t generic_file_read_iter(struct kiocb *iocb, struct iov_iter *iter);
ssize_t generic_file_write_iter(struct kiocb *iocb, struct iov_iter *from);
/* The same with i_rwsem held by the caller and nothing synced. */
ssize_t __generic_file_write_iter(struct kiocb *iocb, struct iov_iter *from);
ssize_t generic_perform_write(struct kiocb *iocb, struct iov_iter *from);
/*
 * Checks O_APPEND, the limits and what is left below them: bytes that may be written, 0 or -errno.
 */
ssize_t generic_write_checks(struct kiocb *iocb, struct iov_iter *from);

/*
 * --- faults: vm_operations->fault, ->map_pages, ->page_mkwrite of ordinary files; return
 * VM_FAULT_* ---
 */

/* vmf->folio: uptodate, locked, with a reference. */
vm_fault_t filemap_fault(struct vm_fault *vmf);
/*
 * Maps what is in the cache and uptodate of pages [start_pgoff, end_pgoff] around the fault; does
 * not sleep.
 */
vm_fault_t filemap_map_pages(struct vm_fault *vmf, pgoff_t start_pgoff, pgoff_t end_pgoff);
vm_fault_t filemap_page_mkwrite(struct vm_fault *vmf);

/*
 * Takes a clean, unmapped, locked folio out if nobody else has a reference; @reclaimed: it was the
 * oldest, and leaves a shadow.  False: leave it.
 */
bool remove_mapping(struct address_space *mapping, struct folio *folio, bool reclaimed);
/*
 * For invalidation: takes a locked folio out, whoever refers to it.  False: it is dirty, or mapped
 * again.
 */
bool filemap_remove_clean_folio(struct folio *folio);

/* Of caches whose values are shadows (the usual ones), or something else. */
extern const struct xarray_ops page_cache_xa_ops, plain_cache_xa_ops;

static inline loff_t folio_pos(const struct folio *folio)
{
	return (loff_t)folio->index << PAGE_SHIFT;
}

/* The mapping of a file folio; NULL if truncated, anonymous or none. */
static inline struct address_space *folio_mapping(const struct folio *folio)
{
	struct address_space *mapping = READ_ONCE(folio->mapping);

	return (unsigned long)mapping & FOLIO_MAPPING_ANON ? NULL : mapping;
}

/* folio->private and the reference that goes with it. */
static inline void folio_attach_private(struct folio *folio, void *data)
{
	folio_get(folio);
	folio->private = data;
	folio_set_private(folio);
}

static inline void *folio_get_private(const struct folio *folio)
{
	return folio->private;
}

static inline void *folio_detach_private(struct folio *folio)
{
	void *data = folio->private;

	if (!folio_test_private(folio))
		return NULL;
	folio_clear_private(folio);
	folio->private = NULL;
	folio_put(folio);
	return data;
}

#endif
