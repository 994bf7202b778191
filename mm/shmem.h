// SPDX-License-Identifier: MIT
/*
 * Files whose store is memory: the pages of tmpfs (fs/tmpfs), of memfd_create(2) (mm/memfd.c), and
 * of MAP_SHARED|MAP_ANONYMOUS, which is a file that has no name but in /proc/PID/maps.
 *
 * Such a page is in the page cache like any other (mm/filemap.h), swap-backed, and charged: to the
 * size limit of its mount, and as promised memory (Committed_AS).  What is in the cache and what is
 * charged go their ways for a moment only; every change ends by settling the difference.
 *
 * Ranges in bytes include their end.  Everything may sleep.
 */
#ifndef MM_SHMEM_H
#define MM_SHMEM_H

#include "fs/inode.h"
#include "fs/super.h"
#include "mm/mm_types.h"

struct file;
struct folio;

/* A mount's limits and what is left of them. */
struct shmem_sb_info {
	unsigned long max_blocks;	/* pages; 0: no limit.  stat_lock to change */
	atomic_long_t used_blocks;	/* counted also without a limit */
	unsigned long max_inodes;	/* 0: no limit */
	unsigned long free_inodes;	/* below max_inodes; stat_lock */
	struct spinlock stat_lock;
	umode_t mode;			/* of the root directory, as mounted */
	uid_t uid;
	gid_t gid;
};

struct shmem_inode_info {
	struct inode vfs_inode;
	unsigned long flags;		/* VM_NORESERVE: promised page by page, not at once */
	unsigned long alloced;		/* pages that are charged; i_lock */
	unsigned long swapped, moves;	/* mm/shmem_swap.c; i_pages_lock */
	struct list_head swaplist;
	unsigned int seals;		/* F_SEAL_* (mm/memfd.h); i_rwsem held for writing */
	struct __kernel_timespec i_crtime;
};

static inline struct shmem_inode_info *SHMEM_I(const struct inode *inode)
{
	return container_of(inode, struct shmem_inode_info, vfs_inode);
}

static inline struct shmem_sb_info *SHMEM_SB(const struct super_block *sb)
{
	return sb->s_fs_info;
}

extern const struct address_space_operations shmem_aops;
extern const struct vm_operations_struct shmem_vm_ops;

/* Is it the cache of such a file? */
static inline bool shmem_mapping(const struct address_space *mapping)
{
	return mapping->a_ops == &shmem_aops;
}

/* Why a page is wanted. */
enum sgp_type {
	SGP_READ,	/* within the file; a hole stays one */
	SGP_CACHE,	/* within the file; a hole is filled: a fault */
	SGP_WRITE,	/* the file may grow; a page that was a hole comes not uptodate */
	SGP_FALLOC,	/* the same, and stays not uptodate: it can be taken back */
};

/*
 * The page at @index, found or made: 0 with it locked and referenced in *@foliop (NULL: a hole,
 * SGP_READ only); -EINVAL behind the end of the file, -ENOSPC over a limit, -ENOMEM.
 */
int shmem_get_folio(struct inode *inode, pgoff_t index, struct folio **foliop, enum sgp_type sgp);
/* Makes a new page's content complete: zeros but for [@from, @to), which was written.  Locked. */
void shmem_fill_folio(struct folio *folio, size_t from, size_t to);
/*
 * Frees the whole pages of [start, end] and zeroes the parts at its edges.  The caller unmaps, and
 * shortens the file before where that is what he is about.
 */
void shmem_truncate_range(struct inode *inode, loff_t start, loff_t end);
/* Takes back pages [first, last] as far as nobody has used them since SGP_FALLOC made them. */
void shmem_undo_falloc(struct inode *inode, pgoff_t first, pgoff_t last);
/* The inode goes: all of its pages and promises. */
void shmem_evict_pages(struct inode *inode);

/*
 * An open file of @size bytes without a name in any tree, shown as "/@name (deleted)".  @flags:
 * VM_NORESERVE or 0.  ERR_PTR(-ENOMEM: so much cannot be promised, -EINVAL).
 */
struct file *shmem_file_setup(const char *name, loff_t size, unsigned long flags);
/* @vma, MAP_SHARED and without content, gets a file of its own size.  0 or -errno. */
int shmem_zero_setup(struct vm_area_struct *vma);

/* Pages promised by inodes, for mm_check(): part of vm_committed_as. */
long shmem_committed_pages(void);

#endif
