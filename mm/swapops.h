// SPDX-License-Identifier: MIT
/*
 * Swap entries: what stands in a page-table entry, or in the page cache of shared memory, for a
 * page that is out.  A number: the area (its *type*) above the slot (its *offset*).
 *
 *   page-table entry   63          15 14    10  9 8 7  6   5     1  0
 *                      [   offset    ][ type ][SD|0 0|EX][0 ... 0 ][V=0]
 *
 * EX: the folio was exclusive when it went out (PG_anon_exclusive).  SD: soft-dirty.  Bits 5 to 1
 * are 0, so that the entry is neither present nor PROT_NONE (arch/riscv/pte.h).  Slot 0 is the
 * area's header, so no entry is 0.
 */
#ifndef MM_SWAPOPS_H
#define MM_SWAPOPS_H

#include "arch/riscv/pte.h"
#include "lib/types.h"

typedef struct { unsigned long val; } swp_entry_t;

#define SWP_TYPE_BITS		5
/* in a swp_entry_t: as many bits for the offset as a PTE has */
#define SWP_TYPE_SHIFT		49
#define MAX_SWAPFILES		30	/* types 30 and 31 are kept for entries that are no swap */

#define SWP_PTE_TYPE_SHIFT	10
#define SWP_PTE_OFFSET_SHIFT	(SWP_PTE_TYPE_SHIFT + SWP_TYPE_BITS)
#define _PAGE_SWP_EXCLUSIVE	_PAGE_ACCESSED
#define _PAGE_SWP_SOFT_DIRTY	_PAGE_SOFT_DIRTY

static inline swp_entry_t swp_entry(unsigned int type, unsigned long offset)
{
	return (swp_entry_t){ (unsigned long)type << SWP_TYPE_SHIFT | offset };
}

static inline unsigned int swp_type(swp_entry_t entry)
{
	return entry.val >> SWP_TYPE_SHIFT;
}

static inline unsigned long swp_offset(swp_entry_t entry)
{
	return entry.val & ((1UL << SWP_TYPE_SHIFT) - 1);
}

/*
 * Entries that name no slot; migration and hardware poison would be others.  They are not counted
 * in MM_SWAPENTS.
 */
#define SWP_SWAPIN_ERROR	MAX_SWAPFILES	/* the content is lost: SIGBUS */

static inline bool non_swap_entry(swp_entry_t entry)
{
	return swp_type(entry) >= MAX_SWAPFILES;
}

static inline bool is_swap_pte(pte_t pte)
{
	return !pte_none(pte) && !pte_present(pte);
}

static inline swp_entry_t pte_to_swp_entry(pte_t pte)
{
	return swp_entry(pte.pte >> SWP_PTE_TYPE_SHIFT & ((1UL << SWP_TYPE_BITS) - 1),
			 pte.pte >> SWP_PTE_OFFSET_SHIFT);
}

/* swapoff could not read the page. */
static inline swp_entry_t make_swapin_error_entry(void)
{
	return swp_entry(SWP_SWAPIN_ERROR, 0);
}

static inline bool is_swapin_error_entry(swp_entry_t entry)
{
	return swp_type(entry) == SWP_SWAPIN_ERROR;
}

/* Neither exclusive nor soft-dirty. */
static inline pte_t swp_entry_to_pte(swp_entry_t entry)
{
	return (pte_t){ swp_offset(entry) << SWP_PTE_OFFSET_SHIFT |
			(unsigned long)swp_type(entry) << SWP_PTE_TYPE_SHIFT };
}

static inline bool pte_swp_exclusive(pte_t pte)
{
	return pte.pte & _PAGE_SWP_EXCLUSIVE;
}

static inline pte_t pte_swp_mkexclusive(pte_t pte)
{
	return (pte_t){ pte.pte | _PAGE_SWP_EXCLUSIVE };
}

static inline pte_t pte_swp_clear_exclusive(pte_t pte)
{
	return (pte_t){ pte.pte & ~_PAGE_SWP_EXCLUSIVE };
}

static inline bool pte_swp_soft_dirty(pte_t pte)
{
	return pte.pte & _PAGE_SWP_SOFT_DIRTY;
}

static inline pte_t pte_swp_mksoft_dirty(pte_t pte)
{
	return (pte_t){ pte.pte | _PAGE_SWP_SOFT_DIRTY };
}

static inline pte_t pte_swp_clear_soft_dirty(pte_t pte)
{
	return (pte_t){ pte.pte & ~_PAGE_SWP_SOFT_DIRTY };
}

#endif
