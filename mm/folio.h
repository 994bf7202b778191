// SPDX-License-Identifier: MIT
/*
 * struct folio: one descriptor for each frame of RAM, 64 bytes.  pfn_folio() finds it from a frame
 * number; there is no struct page beside it.  A folio of order n covers 2^n frames: the head's
 * descriptor speaks for all, a tail's points back to it.
 *
 * What a frame is used for is its *type*; each type reads the union in its own way:
 *   free        in the buddy lists, order valid
 *   kernel      allocated by alloc_folio and used by address (stacks, tables, slabs)
 *   anonymous   mapping has bit 0 set (FOLIO_MAPPING_ANON) and points to the anon_vma
 *   file        mapping is the address_space, index its page in the file
 *
 * References: one for the allocation's owner; one for the page cache while the folio is in it; one
 * for each mapping page-table entry (which mapcount counts too); one for whoever looks at it
 * without a lock.
 */
#ifndef MM_FOLIO_H
#define MM_FOLIO_H

#include "arch/riscv/page.h"
#include "kernel/lockdep.h"
#include "kernel/lockrank.h"
#include "kernel/race.h"
#include "kernel/spinlock.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "lib/types.h"
#include "mm/gfp.h"

struct address_space;
struct kmem_cache;

/* folio->flags, bit numbers */
enum folio_flag {
	PG_locked,
	PG_uptodate,		/* its content is right */
	PG_dirty,
	PG_writeback,
	PG_referenced,
	PG_lru,			/* known to the reclaim policy */
	PG_active,
	PG_workingset,
	PG_error,
	PG_waiters,		/* somebody sleeps on a flag of this folio */
	PG_private,		/* private points to buffer heads */
	PG_reclaim,		/* written out, and waits for reclaim to take it (mm/swap.c) */
	PG_swapbacked,
	PG_swapcache,
	PG_unevictable,		/* reclaim's, but off its list because PG_mlocked */
	PG_mlocked,		/* mlock_count is not 0 */
	PG_anon_exclusive,	/* mapped by one entry only: written without a copy */
	PG_readahead,		/* reading it starts the next window */
	PG_mappedtodisk,	/* each of its blocks has a place on the disk */
	PG_icache_clean,	/* not written since all harts executed fence.i */
	PG_young,		/* used: the accessed bit that said so was cleared by ref_trace.c */
	PG_reserved,		/* never freed: firmware, kernel image, zero folio */
	PG_buddy,		/* type: free */
	PG_table,		/* type: page table */
	PG_slab,		/* type: slab */
	PG_tail,		/* not the first frame of its folio */
};

/* folio->flags above: 1 + the hart in whose nursery (mm/swap.h) the folio waits; 0: in none */
#define NURSERY_SHIFT	56

struct folio {
	unsigned long flags;
	union {
		struct list_head lru;	/* lists of reclaim, buddy allocator or slab cache */
		struct folio *head;		/* PG_tail */
	};
	union {
		struct {
			struct address_space *mapping;	/* bit 0 set: an anon_vma */
			pgoff_t index;			/* in pages */
			union {
				void *private;		/* buffer heads */
				unsigned long swap;
			};
		};
		struct {				/* page table */
			struct spinlock ptl;
			/* second level: by eights, where tables are or were; page_table_lock */
			u64 pt_groups;
		};
		struct {				/* slab */
			struct kmem_cache *slab_cache;
			void *slab_freelist;
			u16 slab_inuse, slab_objects;
			u32 slab_hart;	/* 1 + the hart whose current slab it is; 0: nobody's */
		};
	};
	union {
		struct {
			atomic_t _mapcount;	/* page-table entries that map it; 0: none */
			atomic_t _refcount;
		};
		u64 _counts;			/* both: folio_dup_rmap() */
	};
	u8 order;
	u8 policy[3];				/* the reclaim policy's own */
	atomic_t mlock_count;			/* entries of locked VMAs among the mapping ones */
};

_Static_assert(sizeof(struct folio) == 64, "one cache line a frame");

#define FOLIO_MAPPING_ANON	1UL

extern struct folio *folio_map;			/* by frame number; none below min_pfn */
extern unsigned long min_pfn, max_pfn;		/* frames of RAM: [min_pfn, max_pfn) */

static inline struct folio *pfn_folio(unsigned long pfn)
{
	return folio_map + pfn;
}

static inline bool pfn_valid(unsigned long pfn)
{
	return pfn >= min_pfn && pfn < max_pfn;
}

static inline unsigned long folio_pfn(const struct folio *folio)
{
	return folio - folio_map;
}

static inline void *folio_address(const struct folio *folio)
{
	return __va(folio_pfn(folio) << PAGE_SHIFT);
}

/* Of a direct-map address. */
static inline struct folio *virt_to_folio(const void *addr)
{
	struct folio *folio = pfn_folio(__pa(addr) >> PAGE_SHIFT);

	return folio->flags & BIT(PG_tail) ? folio->head : folio;
}

static inline size_t folio_size(const struct folio *folio)
{
	return PAGE_SIZE << folio->order;
}

#define FOLIO_FLAG(name, flag)							\
static inline bool folio_test_##name(const struct folio *folio)			\
{ return READ_ONCE(folio->flags) & BIT(flag); }					\
static inline void folio_set_##name(struct folio *folio)			\
{ set_bit(flag, &folio->flags); }						\
static inline void folio_clear_##name(struct folio *folio)			\
{ clear_bit(flag, &folio->flags); }						\
static inline bool folio_test_set_##name(struct folio *folio)			\
{ return test_and_set_bit(flag, &folio->flags); }				\
static inline bool folio_test_clear_##name(struct folio *folio)			\
{ return test_and_clear_bit(flag, &folio->flags); }

FOLIO_FLAG(locked, PG_locked)
FOLIO_FLAG(uptodate, PG_uptodate)
FOLIO_FLAG(dirty, PG_dirty)
FOLIO_FLAG(writeback, PG_writeback)
FOLIO_FLAG(referenced, PG_referenced)
FOLIO_FLAG(lru, PG_lru)
FOLIO_FLAG(active, PG_active)
FOLIO_FLAG(error, PG_error)
FOLIO_FLAG(private, PG_private)
FOLIO_FLAG(swapbacked, PG_swapbacked)
FOLIO_FLAG(swapcache, PG_swapcache)
FOLIO_FLAG(unevictable, PG_unevictable)
FOLIO_FLAG(mlocked, PG_mlocked)
FOLIO_FLAG(anon_exclusive, PG_anon_exclusive)
FOLIO_FLAG(readahead, PG_readahead)
FOLIO_FLAG(reclaim, PG_reclaim)
FOLIO_FLAG(mappedtodisk, PG_mappedtodisk)
FOLIO_FLAG(icache_clean, PG_icache_clean)
FOLIO_FLAG(young, PG_young)
FOLIO_FLAG(reserved, PG_reserved)

static inline int folio_ref_count(const struct folio *folio)
{
	return atomic_read(&folio->_refcount);
}

static inline int folio_mapcount(const struct folio *folio)
{
	return atomic_read(&folio->_mapcount);
}

static inline bool folio_mapped(const struct folio *folio)
{
	return folio_mapcount(folio) > 0;
}

static inline bool folio_test_anon(const struct folio *folio)
{
	return (unsigned long)READ_ONCE(folio->mapping) & FOLIO_MAPPING_ANON;
}

static inline void folio_get(struct folio *folio)
{
	atomic_inc(&folio->_refcount);
}

/* A reference to a folio that may be on its way to being free: false if it is. */
static inline bool folio_try_get(struct folio *folio)
{
	return atomic_inc_not_zero(&folio->_refcount);
}

/*
 * A pin (mm/gup.h) is so many references.  A folio with as many of other kinds looks pinned too,
 * which costs a copy.
 */
#define GUP_PIN_COUNTING_BIAS	1024

static inline void folio_pin(struct folio *folio)
{
	atomic_add(GUP_PIN_COUNTING_BIAS, &folio->_refcount);
}

static inline bool folio_maybe_dma_pinned(const struct folio *folio)
{
	return folio_ref_count(folio) >= GUP_PIN_COUNTING_BIAS;
}

void __folio_put(struct folio *folio);		/* the last reference went: frees it */

/* Any context but hard interrupts. */
static inline void folio_put(struct folio *folio)
{
	if (atomic_dec_and_test(&folio->_refcount))
		__folio_put(folio);
}

static inline void folio_unpin(struct folio *folio)
{
	if (atomic_sub_and_test(GUP_PIN_COUNTING_BIAS, &folio->_refcount))
		__folio_put(folio);
}

/* The same for @nr of them, which may be in any order afterwards. */
void folios_put(struct folio **folios, unsigned int nr);

/*
 * The folio lock: held while the content is read in, written out, truncated.  Sleep unless "try".
 */
static inline bool folio_trylock(struct folio *folio)
{
	race_point(RACE_LOCK, RANK_FOLIO);
	return !test_and_set_bit_lock(PG_locked, &folio->flags);
}

void __folio_lock(struct folio *folio);
int __folio_lock_killable(struct folio *folio);
void folio_unlock(struct folio *folio);		/* any context */
/* Clears a bit that somebody may sleep on and wakes him.  Any context. */
void folio_clear_and_wake(struct folio *folio, enum folio_flag flag);

/* Says in the debug kernel at once, not only if it is contended, that it may sleep. */
static inline void folio_lock(struct folio *folio)
{
	might_sleep();
	if (!folio_trylock(folio))
		__folio_lock(folio);
}

/* 0, or -EINTR when a fatal signal came first. */
static inline int folio_lock_killable(struct folio *folio)
{
	might_sleep();
	return folio_trylock(folio) ? 0 : __folio_lock_killable(folio);
}

void folio_wait_locked(struct folio *folio);
int folio_wait_locked_killable(struct folio *folio);
void folio_wait_writeback(struct folio *folio);
void folio_start_writeback(struct folio *folio);	/* folio locked */
void folio_end_writeback(struct folio *folio);		/* any context */
/* Read completed: sets uptodate (or error) and unlocks.  Any context. */
void folio_end_read(struct folio *folio, bool success);

#endif
