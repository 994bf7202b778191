// SPDX-License-Identifier: MIT
/*
 * Which page-table entries map a folio.
 *
 * A folio's mapcount is the number of entries that map it; each of them holds a reference too.  The
 * VMAs they are in are found through the anon_vma that an anonymous folio points to
 * (mm/anon_vma.h), or in i_mmap of a file folio's file.
 */
#ifndef MM_RMAP_H
#define MM_RMAP_H

#include "arch/riscv/tlb.h"
#include "mm/anon_vma.h"
#include "mm/folio.h"
#include "mm/mm_types.h"
#include "mm/vmscan.h"

struct address_space;

/*
 * The trees that rmap looks into, for who changes VMAs.  All with mmap_lock held for writing; the
 * first two may sleep.  @anon_vma is that of @vma, or of the VMA that it is about to absorb.
 */
void __rmap_lock(const struct vm_area_struct *vma, struct anon_vma *anon_vma);
void __rmap_unlock(const struct vm_area_struct *vma, struct anon_vma *anon_vma);

static inline void rmap_lock(const struct vm_area_struct *vma, struct anon_vma *anon_vma)
{
	if (vma->vm_file || anon_vma)
		__rmap_lock(vma, anon_vma);
}

static inline void rmap_unlock(const struct vm_area_struct *vma, struct anon_vma *anon_vma)
{
	if (vma->vm_file || anon_vma)
		__rmap_unlock(vma, anon_vma);
}

/* Among the VMAs of its file; nothing for a VMA without one.  Locked. */
void i_mmap_insert(struct vm_area_struct *vma);
void i_mmap_remove(struct vm_area_struct *vma);
/* Before and after a VMA changes its bounds: out of all trees, and in again.  Locked. */
void rmap_remove_vma(struct vm_area_struct *vma);
void rmap_insert_vma(struct vm_area_struct *vma);
/*
 * @vma maps nothing any more: rmap does not find it, nor its tables, from now on.  Takes the lock.
 */
void rmap_unlink_vma(struct vm_area_struct *vma);

/* All with the page-table lock held; references and RSS are the caller's business. */
void folio_add_new_anon_rmap(struct folio *folio, struct vm_area_struct *vma,
			     unsigned long address);
/* One that was swapped in, locked.  @exclusive: no other entry, present or not, can name it. */
void folio_add_anon_rmap(struct folio *folio, struct vm_area_struct *vma, unsigned long address,
			 bool exclusive);
void folio_add_file_rmap(struct folio *folio, const struct vm_area_struct *vma);
/*
 * fork: one more entry maps it, and has a reference; an anonymous folio is then nobody's
 * exclusively.
 */
static inline void folio_dup_rmap(struct folio *folio)
{
	/* One more of both in one step: neither count overflows, so nothing is carried. */
	__atomic_fetch_add(&folio->_counts, (1UL << 32) + 1, __ATOMIC_RELAXED);
	if (folio_test_anon_exclusive(folio))
		folio_clear_anon_exclusive(folio);
}

/* True: that was the last; the caller keeps NR_ANON_MAPPED or NR_FILE_MAPPED. */
static inline bool __folio_remove_rmap(struct folio *folio, const struct vm_area_struct *vma)
{
	if (unlikely(vma->vm_flags & VM_LOCKED))
		munlock_folio(folio);
	/* In no order: who needs to see it has the page-table lock, or waits for what follows. */
	return __atomic_sub_fetch(&folio->_mapcount.counter, 1, __ATOMIC_RELAXED) == 0;
}

void folio_remove_rmap(struct folio *folio, const struct vm_area_struct *vma);
/* The folio, locked, is @vma's alone now: later walks need not look at the VMAs it came from. */
void folio_move_anon_rmap(struct folio *folio, const struct vm_area_struct *vma);

void __flush_tlb_batched_pending(struct mm_struct *mm);

/*
 * What walks over one folio after the other share.  Zeroed in the beginning; rmap_batch_finish() in
 * the end, before which the caller takes no lock that ranks below an anon_vma's.
 */
struct rmap_batch {
	struct tlb_batch tlb;		/* harts to be fenced */
	struct anon_vma *locked;	/* the last folio's, for reading; mostly the next one's */
};
void rmap_batch_finish(struct rmap_batch *batch);

struct rmap_walk_control {
	/* One VMA that may map the folio, and the address at which it would; false: that is all. */
	bool (*rmap_one)(struct folio *folio, struct vm_area_struct *vma, unsigned long addr,
			 void *arg);
	void *arg;
	struct rmap_batch *batch;	/* may be NULL */
};
/* Visits every VMA that may map @folio, which is locked.  May sleep, as may rmap_one. */
void rmap_walk(struct folio *folio, const struct rmap_walk_control *rwc);
/* The present entry that maps @folio at @addr, its table locked; NULL: there is none. */
pte_t *page_vma_mapped(const struct folio *folio, struct vm_area_struct *vma, unsigned long addr,
		       struct spinlock **ptlp);

/*
 * How many entries were used since the last time, an mlocked one always; makes them old.  The harts
 * that must be fenced to set A again are added to @batch, the flags of the VMAs that map it are in
 * *@vm_flags.  Folio locked.
 */
int folio_referenced(struct folio *folio, struct rmap_batch *batch, unsigned long *vm_flags);
/*
 * Takes a locked folio out of every entry; D of the entries becomes the folio's.  Where it was in
 * the swap cache swap entries stand instead; another anonymous one goes only if its content may be
 * lost, and is swapbacked again where it has been stored to.  The harts to be fenced before the
 * folio is written or freed are added to @batch.  False: somebody maps it still.
 */
bool try_to_unmap(struct folio *folio, struct rmap_batch *batch);
/*
 * Reclaim may have taken entries of @mm away and not fenced yet: fences, so that after the caller's
 * own change no hart gets at the pages any more.  A page-table lock of @mm held.
 */
static inline void flush_tlb_batched_pending(struct mm_struct *mm)
{
	if (unlikely(READ_ONCE(mm->tlb_flush_batched)))
		__flush_tlb_batched_pending(mm);
}
/*
 * Write-protects and cleans every entry that maps a locked file folio in a shared mapping, and
 * fences: what is stored from now on faults first.  The number of entries that were dirty or
 * writable.  May sleep.
 */
int folio_mkclean(struct folio *folio);
/*
 * Unmaps file pages [start, start + nr) (nr 0: to the end) wherever they are mapped; the private
 * copies too if @even_cows. May sleep.
 */
void unmap_mapping_pages(struct address_space *mapping, pgoff_t start, pgoff_t nr, bool even_cows);

#endif
