// SPDX-License-Identifier: MIT
/*
 * Pages of shared memory and tmpfs that are out: in the file's page cache stands, instead of the
 * folio, the swap entry as a value, which counts as one that names the slot.
 *
 * Who finds a file's folio may find it gone from there a moment later, as after a truncation: the
 * folio lock and a look at folio->mapping tell.
 */
#ifndef MM_SHMEM_SWAP_H
#define MM_SHMEM_SWAP_H

#include "fs/inode.h"
#include "mm/mm_types.h"
#include "mm/swapops.h"

struct folio;
struct swap_seen;

/* What stands for page @index; {0}: the page is not out. */
swp_entry_t shmem_swapped(struct inode *inode, pgoff_t index);
/*
 * Page @index, for which @entry stood, comes back: 0 with it locked and referenced in *@foliop;
 * -EEXIST: look again; -ENOMEM; -EIO.  May sleep.  @fault: if not NULL it is for a fault, and
 * VM_FAULT_MAJOR is added if the page had to be read.
 */
int shmem_swapin_folio(struct inode *inode, pgoff_t index, swp_entry_t entry,
		       struct folio **foliop, vm_fault_t *fault);
/* Pages [first, last] that are out are no more. */
void shmem_free_swap(struct inode *inode, pgoff_t first, pgoff_t last);
/* The first page from @first on that is out; @last + 1: there is none. */
pgoff_t shmem_next_swapped(struct inode *inode, pgoff_t first, pgoff_t last);
/* Of pages [first, last], those that are out.  May sleep. */
unsigned long shmem_swap_usage(struct inode *inode, pgoff_t first, pgoff_t last);
/* Changes whenever a page of the inode goes out or comes back. */
unsigned long shmem_moves(const struct inode *inode);

/* For reclaim.  Could @folio, of a file without a disk, go to a swap area? */
bool shmem_may_swap(const struct folio *folio);
/*
 * Moves a locked folio that nobody maps from its file into the swap cache, dirty.  False: it stays.
 */
bool shmem_writepage(struct folio *folio);

/* For swapoff: brings back what @wanted says of every file.  0, -ENOMEM, -EINTR. */
int shmem_unuse(bool (*wanted)(swp_entry_t entry, const void *arg), const void *arg);
/* The inode goes. */
void shmem_forget_swap(struct inode *inode);

/* For mm_check(): all that is out; a number that changes when any page goes out or comes back. */
void shmem_swap_seen(struct swap_seen *seen);
unsigned long shmem_all_moves(void);

#endif
