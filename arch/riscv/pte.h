// SPDX-License-Identifier: MIT
/*
 * Sv39 page-table entries (privileged spec §4.4): three levels of 512 entries. A *leaf* has any of
 * R, W and X set; an entry with V alone points to the next level.
 *
 * Bits 8 and 9 are software's. A non-present entry (V clear, not zero) is ours to shape: swap
 * entries (mm/swapops.h).
 *
 * PT1 A present user entry is changed only by the atomic functions below: a hart sets A and D
 *     concurrently, and a plain store would lose a D.
 * PT2 Clearing V, W, A or D takes effect only after a fence (arch/riscv/tlb.h).
 * PT3 A user entry with W is soft-dirty: a hart that sets D by itself says nothing new.  Who clears
 *     soft-dirty clears W too.
 * PT4 An entry in memory may have another form than the one these functions give and take
 *     (arch/riscv/svade.c): nobody else reads or writes it there.
 */
#ifndef ARCH_RISCV_PTE_H
#define ARCH_RISCV_PTE_H

#include "arch/riscv/page.h"
#include "arch/riscv/svade.h"
#include "kernel/panic.h"
#include "lib/types.h"

typedef struct { unsigned long pte; } pte_t;

#define PTRS_PER_TABLE	512
#define PMD_SHIFT	21
#define PGDIR_SHIFT	30
#define PMD_SIZE	(1UL << PMD_SHIFT)
#define PGDIR_SIZE	(1UL << PGDIR_SHIFT)
#define PMD_MASK	(~(PMD_SIZE - 1))
#define PGDIR_MASK	(~(PGDIR_SIZE - 1))

#define _PAGE_PRESENT	(1UL << 0)
#define _PAGE_READ	(1UL << 1)
#define _PAGE_WRITE	(1UL << 2)
#define _PAGE_EXEC	(1UL << 3)
#define _PAGE_USER	(1UL << 4)
#define _PAGE_GLOBAL	(1UL << 5)
#define _PAGE_ACCESSED	(1UL << 6)
#define _PAGE_DIRTY	(1UL << 7)
/* software: maps no folio that is counted (the zero folio, vDSO) */
#define _PAGE_SPECIAL	(1UL << 8)
/* software: stored to, for all we know, since clear_refs cleared it (soft-dirty) */
#define _PAGE_SOFT_DIRTY (1UL << 9)
#define _PAGE_PROT_NONE	_PAGE_GLOBAL	/* with V clear: present for us, no access for the user */

#define _PAGE_RWX	(_PAGE_READ | _PAGE_WRITE | _PAGE_EXEC)
/* Above the frame number all is reserved, and 0. */
#define _PAGE_PFN_SHIFT	10
#define _PAGE_PFN_MASK	(~0UL << _PAGE_PFN_SHIFT)

/* Protections of user mappings; A and D are added by who makes the entry. */
#define _PAGE_BASE	(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED)
#define PAGE_NONE	((pte_t){ _PAGE_PROT_NONE | _PAGE_ACCESSED })
#define PAGE_READ	((pte_t){ _PAGE_BASE | _PAGE_READ })
#define PAGE_WRITE	((pte_t){ _PAGE_BASE | _PAGE_READ | _PAGE_WRITE })
#define PAGE_EXEC	((pte_t){ _PAGE_BASE | _PAGE_EXEC })
#define PAGE_READ_EXEC	((pte_t){ _PAGE_BASE | _PAGE_READ | _PAGE_EXEC })
#define PAGE_WRITE_EXEC	((pte_t){ _PAGE_BASE | _PAGE_RWX })

#define _PAGE_KERNEL_BASE (_PAGE_PRESENT | _PAGE_GLOBAL | _PAGE_ACCESSED | _PAGE_DIRTY)
#define PAGE_KERNEL	((pte_t){ _PAGE_KERNEL_BASE | _PAGE_READ | _PAGE_WRITE })
#define PAGE_KERNEL_RO	((pte_t){ _PAGE_KERNEL_BASE | _PAGE_READ })
#define PAGE_KERNEL_RX	((pte_t){ _PAGE_KERNEL_BASE | _PAGE_READ | _PAGE_EXEC })

static inline unsigned int pgd_index(unsigned long va)
{
	return va >> PGDIR_SHIFT & (PTRS_PER_TABLE - 1);
}

static inline unsigned int pmd_index(unsigned long va)
{
	return va >> PMD_SHIFT & (PTRS_PER_TABLE - 1);
}

static inline unsigned int pte_index(unsigned long va)
{
	return va >> PAGE_SHIFT & (PTRS_PER_TABLE - 1);
}

static inline unsigned long pte_pfn(pte_t pte)
{
	return pte.pte >> _PAGE_PFN_SHIFT;
}

static inline pte_t pfn_pte(unsigned long pfn, pte_t prot)
{
	return (pte_t){ pfn << _PAGE_PFN_SHIFT | prot.pte };
}

/* An entry that points to the table in frame @pfn. */
static inline pte_t table_entry(unsigned long pfn)
{
	return (pte_t){ pfn << _PAGE_PFN_SHIFT | _PAGE_PRESENT };
}

/* The table that a non-leaf entry points to. */
static inline pte_t *entry_table(pte_t entry)
{
	return __va(pte_pfn(entry) << PAGE_SHIFT);
}

static inline bool pte_none(pte_t pte)
{
	return !pte.pte;
}

static inline bool pte_present(pte_t pte)
{
	return pte.pte & (_PAGE_PRESENT | _PAGE_PROT_NONE);
}

static inline bool pte_leaf(pte_t pte)
{
	return pte.pte & _PAGE_RWX;
}

static inline bool pte_write(pte_t pte)
{
	return pte.pte & _PAGE_WRITE;
}

static inline bool pte_exec(pte_t pte)
{
	return pte.pte & _PAGE_EXEC;
}

static inline bool pte_young(pte_t pte)
{
	return pte.pte & _PAGE_ACCESSED;
}

static inline bool pte_dirty(pte_t pte)
{
	return pte.pte & _PAGE_DIRTY;
}

static inline bool pte_special(pte_t pte)
{
	return pte.pte & _PAGE_SPECIAL;
}

static inline bool pte_soft_dirty(pte_t pte)
{
	return pte.pte & _PAGE_SOFT_DIRTY;
}

static inline bool pte_protnone(pte_t pte)
{
	return (pte.pte & (_PAGE_PRESENT | _PAGE_PROT_NONE)) == _PAGE_PROT_NONE;
}

static inline bool pte_same(pte_t a, pte_t b)
{
	return a.pte == b.pte;
}

static inline pte_t pte_mkwrite(pte_t pte)
{
	return (pte_t){ pte.pte | _PAGE_WRITE };
}

static inline pte_t pte_wrprotect(pte_t pte)
{
	return (pte_t){ pte.pte & ~_PAGE_WRITE };
}

/* What a store does to an entry. */
#define _PAGE_STORED	(_PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_SOFT_DIRTY)

static inline pte_t pte_mkdirty(pte_t pte)
{
	return (pte_t){ pte.pte | _PAGE_DIRTY | _PAGE_SOFT_DIRTY };
}

static inline pte_t pte_mkclean(pte_t pte)
{
	return (pte_t){ pte.pte & ~_PAGE_DIRTY };
}

static inline pte_t pte_mkyoung(pte_t pte)
{
	return (pte_t){ pte.pte | _PAGE_ACCESSED };
}

static inline pte_t pte_mkold(pte_t pte)
{
	return (pte_t){ pte.pte & ~_PAGE_ACCESSED };
}

static inline pte_t pte_mkspecial(pte_t pte)
{
	return (pte_t){ pte.pte | _PAGE_SPECIAL };
}

static inline pte_t pte_mksoft_dirty(pte_t pte)
{
	return (pte_t){ pte.pte | _PAGE_SOFT_DIRTY };
}

/* Loses W too (PT3). */
static inline pte_t pte_clear_soft_dirty(pte_t pte)
{
	return (pte_t){ pte.pte & ~(_PAGE_SOFT_DIRTY | _PAGE_WRITE) };
}

/* The same frame and A, D and software bits under another protection. */
static inline pte_t pte_modify(pte_t pte, pte_t prot)
{
	unsigned long keep = _PAGE_PFN_MASK | _PAGE_STORED | _PAGE_SPECIAL;

	return (pte_t){ (pte.pte & keep) | (prot.pte & ~keep) };
}

static inline pte_t ptep_get(const pte_t *ptep)
{
	pte_t pte = { READ_ONCE(ptep->pte) };

	return likely(!(pte.pte & _PAGE_GLOBAL)) ? pte : (pte_t){ pte_meant(pte.pte) };
}

/* An entry above the leaves: a table or none. */
static inline pte_t table_get(const pte_t *entry)
{
	return (pte_t){ READ_ONCE(entry->pte) };
}

/* For an entry that is not present: nobody but us writes it.  Needs the page-table lock. */
static inline void set_pte(pte_t *ptep, pte_t pte)
{
	if (unlikely(svade_emulated))
		pte.pte = pte_stored(pte.pte);
	WRITE_ONCE(ptep->pte, pte.pte);
}

/*
 * Takes the entry out and returns what it was, with the last A and D. Needs the page-table lock.
 */
static inline pte_t ptep_get_and_clear(pte_t *ptep)
{
	pte_t pte = { __atomic_exchange_n(&ptep->pte, 0, __ATOMIC_RELAXED) };

	return likely(!(pte.pte & _PAGE_GLOBAL)) ? pte : (pte_t){ pte_meant(pte.pte) };
}

/*
 * Adds permission or A and D bits to a present entry; takes none away, so no other hart needs a
 * fence.
 */
static inline void ptep_add_bits(pte_t *ptep, unsigned long bits)
{
	DEBUG_BUG_ON(!pte_present(ptep_get(ptep)));
	if (unlikely(svade_emulated))
		set_pte(ptep, (pte_t){ ptep_get(ptep).pte | bits });
	else
		__atomic_fetch_or(&ptep->pte, bits, __ATOMIC_RELAXED);
}

/* Takes permission or A and D bits away; the caller fences (PT2). */
static inline void ptep_clear_bits(pte_t *ptep, unsigned long bits)
{
	if (unlikely(svade_emulated))
		set_pte(ptep, (pte_t){ ptep_get(ptep).pte & ~bits });
	else
		__atomic_fetch_and(&ptep->pte, ~bits, __ATOMIC_RELAXED);
}

static inline void ptep_set_wrprotect(pte_t *ptep)
{
	ptep_clear_bits(ptep, _PAGE_WRITE);
}

static inline bool ptep_test_and_clear_young(pte_t *ptep)
{
	if (!pte_young(ptep_get(ptep)))
		return false;
	ptep_clear_bits(ptep, _PAGE_ACCESSED);
	return true;
}

#endif
