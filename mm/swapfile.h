// SPDX-License-Identifier: MIT
/*
 * Swap areas: which slots there are, who has a claim on each, and where the next page goes.
 *
 * A slot's count is the number of swap entries that name it, in page tables and in shared memory;
 * beside it stands one bit for the swap cache.  The slot is free when both are gone.
 *
 *   folio_alloc_swap      a slot for a folio that is to enter the swap cache: [cache]
 *   swap_duplicate        one more entry names it                             count + 1
 *   swap_free             one fewer                                           count - 1
 *   swapcache_prepare     a reader is about to put it into the swap cache:    [cache], once
 *   put_swap_slot         the swap cache is done with it
 *
 * Nobody may look at an entry's slot without something that keeps the area: a count of his own, a
 * locked page-table entry, the locked folio in the swap cache, or get_swap_device().
 */
#ifndef MM_SWAPFILE_H
#define MM_SWAPFILE_H

#include "fs/address_space.h"
#include "kernel/smp.h"
#include "kernel/spinlock.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "mm/swapops.h"

struct block_device;
struct folio;
struct seq_file;

#define SWAP_HAS_CACHE		0x8000	/* in swap_map: the swap cache, or who fills it */
#define SWAP_MAP_BAD		0x7fff	/* header, bad page: never handed out */
#define SWAP_MAP_MAX		0x7ffe	/* entries that may name one slot */

#define SWAPFILE_CLUSTER	256	/* slots: 1 MiB that one hart fills in order */

/* A run of SWAPFILE_CLUSTER slots. */
struct swap_cluster {
	struct list_head list;		/* si->free_clusters, si->partial_clusters, or none */
	u16 used;			/* slots that are not free */
	u16 next;			/* where its hart looks on */
	bool current;			/* some hart fills it */
};

/* si->flags */
#define SWP_USED		0x01	/* the type is taken */
#define SWP_WRITEOK		0x02	/* hands out slots */
#define SWP_SOLIDSTATE		0x04	/* seeks cost nothing */
#define SWP_SYNCHRONOUS_IO	0x08	/* I/O is over when it is submitted: RAM */
#define SWP_STABLE_WRITES	0x10	/* what is being written must not change */

struct swap_info_struct {
	struct spinlock lock;		/* of all down to `current` */
	unsigned long flags;		/* SWP_* */
	short prio;
	int type;
	unsigned long max;		/* slots, with the header */
	unsigned long pages;		/* that can be used */
	unsigned long inuse_pages;
	u16 *swap_map;
	struct swap_cluster *clusters;
	struct list_head free_clusters, partial_clusters;
	struct swap_cluster *current[NR_CPUS];

	struct list_head avail;		/* of areas with free slots, by priority; swap_lock */
	struct block_device *bdev;
	char name[32];			/* as swapon was told, for people */
	struct address_space space;	/* the swap cache: folios and shadows by slot */
	atomic_t users;			/* 1 + get_swap_device()s; 0: swapoff has it */
};

/* By type.  Descriptors are never freed, so that an old entry leads to something. */
extern struct swap_info_struct *swap_info[MAX_SWAPFILES];

/* Holds off swapoff, without sleeping.  NULL: no such area or slot (any more). */
struct swap_info_struct *get_swap_device(swp_entry_t entry);
void put_swap_device(struct swap_info_struct *si);
/* The area of an entry that is held by other means. */
static inline struct swap_info_struct *swp_swap_info(swp_entry_t entry)
{
	/* Pairs with publish() in swapon.c: who got an entry sees its area complete. */
	return __atomic_load_n(&swap_info[swp_type(entry)], __ATOMIC_ACQUIRE);
}

/*
 * A slot for @folio, marked SWAP_HAS_CACHE: from the area of the highest priority that has one, in
 * turn among equals, next to what this hart got before.  {0}: none is free.
 */
swp_entry_t folio_alloc_swap(struct folio *folio);

/* One more entry.  0; -ENOMEM: SWAP_MAP_MAX entries name it. */
int swap_duplicate(swp_entry_t entry);
/* One fewer; frees the slot when nothing names it. */
void swap_free(swp_entry_t entry);
/* The same, and drops a folio that only the swap cache still has.  Process context. */
void free_swap_and_cache(swp_entry_t entry);
/* 0; -EEXIST: the swap cache has it, or somebody is reading it in; -ENOENT: it is free. */
int swapcache_prepare(swp_entry_t entry);
/*
 * Does exactly one entry name it, on an area whose I/O is over at once, and nobody else has it?
 * Then the page may come back past the swap cache.  A hint: swapcache_prepare() knows.
 */
bool swap_skips_cache(struct swap_info_struct *si, swp_entry_t entry);
/* The swap cache, or who took SWAP_HAS_CACHE by swapcache_prepare(), lets go of the slot. */
void put_swap_slot(swp_entry_t entry);
/* The same where no entry names the slot: it cannot be written, and is nobody's from now on. */
void put_bad_swap_slot(swp_entry_t entry);

/* Takes folios that no entry names any more out of the swap cache, of all areas.  May sleep. */
void drop_swapcache(void);

/* Entries that name it; the swap cache does not count. */
int __swap_count(swp_entry_t entry);
/* Is @folio, in the swap cache and locked, named by any entry? */
bool folio_swapped(struct folio *folio);
/*
 * Takes a locked folio that no entry names any more out of the swap cache, dirty from then on.
 * False: it must stay (named, or under writeback).
 */
bool folio_free_swap(struct folio *folio);

/* @folio was unmapped: out of the swap cache, if nobody else maps it or names its slot. */
void free_swap_cache(struct folio *folio);

/*
 * Used slots of @si from *offset on: the next one in order, 0: none. Slots come and go meanwhile.
 */
unsigned long find_next_to_unuse(struct swap_info_struct *si, unsigned long prev);

/* In slots. */
unsigned long get_nr_swap_pages(void);		/* free */
unsigned long total_swap_pages(void);

/* Half of it is used: a slot is worth more than not having to write its folio again. */
static inline bool vm_swap_full(void)
{
	return get_nr_swap_pages() * 2 < total_swap_pages();
}

#endif
