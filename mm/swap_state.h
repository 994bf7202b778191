// SPDX-License-Identifier: MIT
/*
 * The swap cache: the folios that have a slot of their own on a swap area, found by slot.
 *
 * A folio is in it from the moment when it gets a slot until nobody names the slot any more or the
 * folio is had back, so whoever finds an entry and whoever is still writing the folio out meet
 * here.  Where a folio was, reclaim leaves a *shadow*: when it went, for mm/workingset.c.
 *
 * PG_swapcache is set, and folio->swap valid, exactly while the folio is in it; both change with
 * the folio locked.
 */
#ifndef MM_SWAP_STATE_H
#define MM_SWAP_STATE_H

#include "kernel/trace.h"
#include "mm/folio.h"
#include "mm/swapfile.h"

struct vm_area_struct;
struct vm_fault;

/* Slots that one swap-in reads at most, as a power of two (vm.page-cluster). */
extern int page_cluster;

static inline struct address_space *swap_address_space(swp_entry_t entry)
{
	return &swp_swap_info(entry)->space;
}

/* Of a folio in the swap cache that is locked, or whose slot is held otherwise. */
static inline swp_entry_t folio_swap_entry(const struct folio *folio)
{
	return (swp_entry_t){ folio->swap };
}

static inline void trace_swap(enum trace_swap_op op, swp_entry_t entry, const struct folio *folio,
			      u64 value)
{
	TRACE(TRACE_SWAP, op, swp_type(entry), swp_offset(entry), folio ? folio_pfn(folio) : 0,
	      value);
}

/*
 * A locked folio, and its slot that has SWAP_HAS_CACHE for it, go into the cache, which takes a
 * reference.  *@shadowp (if not NULL) is what stood there.  0 or -ENOMEM.
 */
int add_to_swap_cache(struct folio *folio, swp_entry_t entry, gfp_t gfp, void **shadowp);
/* The same with a slot of its own.  False: no slot, or no memory for the cache. */
bool add_to_new_slot(struct folio *folio);
/* And dirty. */
bool add_to_swap(struct folio *folio);
/* => i_pages_lock held, folio locked.  Leaves @shadow; slot and reference are the caller's. */
void __delete_from_swap_cache(struct folio *folio, void *shadow);
/* Takes a locked folio out, without a shadow; drops slot and reference. */
void delete_from_swap_cache(struct folio *folio);

/* With a reference; NULL: only a shadow, or nothing.  The area is held. */
struct folio *swap_cache_lookup(struct swap_info_struct *si, unsigned long offset);
/* The same for a fault (vma NULL: for shared memory): a hit of readahead makes the window grow. */
struct folio *swap_cache_get_folio(swp_entry_t entry, struct vm_area_struct *vma,
				   unsigned long address);
/* What reclaim left there; NULL: nothing. */
void *get_shadow_from_swap_cache(swp_entry_t entry);
/* => the area's lock held */
void clear_shadow_from_swap_cache(struct swap_info_struct *si, unsigned long offset);
/* Somebody may wait for a slot's SWAP_HAS_CACHE to have a folio or to go. */
void swap_cache_settled(void);

/*
 * @entry's folio with a reference, found or new; a new one is locked and being read in.  Whose it
 * is must be asked again when it is locked: it may be had back meanwhile, or have no slot at all
 * since @entry's was free.  NULL: no memory, or the area is going.  May sleep.  @gfp as for the
 * folio.
 */
struct folio *read_swap_cache_async(swp_entry_t entry, gfp_t gfp);
/*
 * The slot becomes the caller's, for swapin_direct(), until put_swap_slot().  False: somebody else
 * has it, or it is free; that has changed by now.  Sleeps.
 */
bool swapin_claim(struct swap_info_struct *si, swp_entry_t entry);
/*
 * A new folio with what is in a slot that is the caller's, past the swap cache; it has been read,
 * uptodate or not.  folio->swap is @entry until it is mapped.  NULL: no memory.
 */
struct folio *swapin_direct(swp_entry_t entry, gfp_t gfp);
/* The same, and what will probably be wanted next: by neighbourhood on the disk, */
struct folio *swap_cluster_readahead(swp_entry_t entry, gfp_t gfp);
/* or, for a fault on an area where seeks cost nothing, in the mapping as well. */
struct folio *swapin_readahead(swp_entry_t entry, gfp_t gfp, struct vm_fault *vmf);

#endif
