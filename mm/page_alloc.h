// SPDX-License-Identifier: MIT
/*
 * The page allocator: frames in blocks of 2^order, orders 0 to MAX_ORDER - 1.
 *
 * alloc_folio() gives a folio with one reference, not on any list, type "kernel"; its content is
 * undefined unless __GFP_ZERO.  The last folio_put() gives it back.  With __GFP_DIRECT_RECLAIM it
 * may sleep and reclaim; without, it is callable from any context but hard interrupts that
 * interrupt the allocator itself: interrupt handlers may use it too, since it runs with interrupts
 * off.
 *
 * How deep a caller may dig, in free frames: GFP_KERNEL down to `low` without reclaim and to `min`
 * after it; __GFP_HIGH half of min; a PF_MEMALLOC task (it frees memory) everything, unless
 * __GFP_NOMEMALLOC.
 */
#ifndef MM_PAGE_ALLOC_H
#define MM_PAGE_ALLOC_H

#include "mm/buddy.h"
#include "mm/folio.h"
#include "mm/gfp.h"

/* Of a hart's list of free frames. */
#define PCP_BATCH	16	/* moved to or from the zone at a time: amortises the lock */
#define PCP_ORDER	4	/* that is a block of this order, or several smaller ones */
#define PCP_HIGH	48	/* so at most 192 KiB a hart are out of the zone's sight */

enum { WMARK_MIN, WMARK_LOW, WMARK_HIGH, NR_WMARK };

/* All RAM is one zone. */
struct zone {
	struct spinlock lock;			/* over buddy; taken with interrupts off */
	struct buddy buddy;
	unsigned long watermark[NR_WMARK];	/* frames */
	unsigned long managed;			/* frames that were ever given to the allocator */
	unsigned long present;			/* frames of RAM */
};

extern struct zone zone;
extern int min_free_kbytes, watermark_scale_factor;	/* in /proc/sys/vm */

/* Takes over what memblock has left; afterwards the functions below work.  Boot hart. */
void page_alloc_init(void);
/* Recomputes the watermarks after min_free_kbytes changed. */
void setup_per_zone_wmarks(void);

/* NULL: no memory (never with __GFP_NOFAIL).  @order < MAX_ORDER. */
struct folio *alloc_folio(gfp_t gfp, unsigned int order);
/* The last reference went.  Only __folio_put() and the slab call it. */
void free_folio(struct folio *folio);

/* The same by direct-map address; 0: no memory. */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);
void free_pages(unsigned long addr, unsigned int order);

static inline unsigned long __get_free_page(gfp_t gfp)
{
	return __get_free_pages(gfp, 0);
}

static inline unsigned long get_zeroed_page(gfp_t gfp)
{
	return __get_free_pages(gfp | __GFP_ZERO, 0);
}

static inline void free_page(unsigned long addr)
{
	free_pages(addr, 0);
}

/* Free frames, those in the harts' own lists included: exact. */
unsigned long nr_free_pages(void);
/* Of those, the ones that only the zone has: what watermarks are compared with. */
unsigned long zone_free_pages(void);
/* Those in a hart's list. */
int pcp_count(int cpu);
/* Frames that one may expect to get without swapping (MemAvailable). */
unsigned long si_mem_available(void);
/* Frames given to the allocator, and all of RAM. */
unsigned long totalram_pages(void);

/* Are at least @mark frames free, beyond a block of @order? */
bool zone_watermark_ok(unsigned int order, unsigned long mark);
/* Gives the frames of all harts' lists back to the zone, so that they can merge. */
void drain_all_pages(void);
/* Free blocks by order, for /proc/buddyinfo. */
void buddy_counts(unsigned long nr_free[MAX_ORDER]);
/* Walks free lists and per-hart lists and counts; 0 or -EIO after one printed line (mm/check.c). */
int check_page_alloc(void);

#endif
