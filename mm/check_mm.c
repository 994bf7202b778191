// SPDX-License-Identifier: MIT
/*
 * Two ways.  While there are few mms, none can come to be and all are locked for writing, in the
 * order of their addresses: nobody faults, maps, forks or exits, and what all tables say together
 * is compared with what each folio believes.  With many (a task cannot hold that many locks) each
 * is locked and looked at by itself, and what several of them add up to is left out.
 *
 * rmap still takes entries away: reclaim and truncation know folios and take no mmap_lock.  They
 * only take, so what is mapped shrinks with each of them.  A look during which it has shrunk says
 * nothing and is taken again; that ends, for nothing comes back meanwhile.
 */
#include "mm/check_mm.h"

#include "kernel/errno.h"
#include "kernel/init.h"
#include "lib/sort.h"
#include "lib/string.h"
#include "mm/check.h"
#include "mm/check_swap.h"
#include "mm/filemap.h"
#include "mm/memory.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/overcommit.h"
#include "mm/pgtable.h"
#include "mm/rmap.h"
#include "mm/shmem.h"
#include "mm/shmem_swap.h"
#include "mm/swapfile.h"
#include "mm/vmalloc.h"

#define MAX_TOGETHER	16	/* lockdep's MAX_HELD_LOCKS with some to spare */

struct mm_walk {
	struct mm_struct **mms;
	int nr;
	bool together;
	struct entries_seen {
		u16 all, locked;	/* of all VMAs, of those with VM_LOCKED */
	} *seen;			/* by frame */
	struct swap_seen swap;
	long committed;			/* pages of VMAs with VM_ACCOUNT */
	long rss[NR_MM_COUNTERS];	/* of the mm under way */
};

/* --- what each entry must be --- */

static int check_permissions(const struct vm_area_struct *vma, unsigned long addr, pte_t pte,
			     const struct folio *folio)
{
	bool cow = !(vma->vm_flags & VM_SHARED);

	if (pte_write(pte) && !(vma->vm_flags & VM_WRITE))
		return mm_check_failed("mprotect.c X1", "0x%lx is writable, its VMA is not", addr);
	if (pte_exec(pte) && !(vma->vm_flags & VM_EXEC))
		return mm_check_failed("mprotect.c X1", "0x%lx is executable, its VMA is not",
				       addr);
	if (pte_write(pte) && !pte_soft_dirty(pte))
		return mm_check_failed("pte.h PT3", "0x%lx is writable, not soft-dirty", addr);
	if (!folio && pte_write(pte))
		return mm_check_failed("memory.c I6", "0x%lx: a special entry is writable", addr);
	if (cow && folio && pte_write(pte) &&
	    !(folio_test_anon(folio) && folio_test_anon_exclusive(folio)))
		return mm_check_failed("memory.c I4",
				       "0x%lx: frame 0x%lx is writable, private, not exclusive",
				       addr, folio_pfn(folio));
	return 0;
}

/* R1, as far as one entry shows it.  Who unmaps takes the mapping off first, then the reference. */
static int check_references(const struct mm_walk *walk, const struct folio *folio)
{
	int references = folio_ref_count(folio), mappings = folio_mapcount(folio);
	bool cached = folio_test_swapcache(folio) || folio_mapping(folio);

	if (!walk->together || (mappings && references >= mappings + cached))
		return 0;
	return mm_check_failed("rmap.c R1", "frame 0x%lx: %d references, %d mappings%s",
			       folio_pfn(folio), references, mappings, cached ? ", cached" : "");
}

static int check_swap_pte(struct mm_walk *walk, unsigned long addr, pte_t pte)
{
	swp_entry_t entry = pte_to_swp_entry(pte);
	struct swap_info_struct *si;

	if (is_swapin_error_entry(entry))
		return 0;
	si = get_swap_device(entry);
	if (!si)
		return mm_check_failed("swapops.h", "0x%lx: entry 0x%lx names no slot", addr,
				       entry.val);
	put_swap_device(si);
	swap_seen_add(&walk->swap, entry);
	walk->rss[MM_SWAPENTS]++;
	return 0;
}

/* => the table's lock held.  @folio: the entry's, NULL for a special or a swap entry. */
static int check_pte(struct mm_walk *walk, const struct vm_area_struct *vma, unsigned long addr,
		     pte_t pte, const struct folio *folio)
{
	int error;

	if (!pte_present(pte))
		return check_swap_pte(walk, addr, pte);
	if (!folio)
		return check_permissions(vma, addr, pte, NULL);
	if (!pfn_valid(pte_pfn(pte)))
		return mm_check_failed("memory.c I3", "0x%lx maps frame 0x%lx, which is none", addr,
				       pte_pfn(pte));
	if (!folio_test_uptodate(folio))
		return mm_check_failed("memory.c I2", "frame 0x%lx is mapped, not uptodate",
				       folio_pfn(folio));
	walk->seen[folio_pfn(folio) - min_pfn].all++;
	walk->seen[folio_pfn(folio) - min_pfn].locked += !!(vma->vm_flags & VM_LOCKED);
	walk->rss[mm_counter(folio)]++;
	error = check_references(walk, folio);
	if (error)
		return error;
	if (folio_test_anon(folio) && folio_test_anon_exclusive(folio) &&
	    folio_mapcount(folio) != 1)
		return mm_check_failed("rmap.c R2", "frame 0x%lx is exclusive and mapped %d times",
				       folio_pfn(folio), folio_mapcount(folio));
	return check_permissions(vma, addr, pte, folio);
}

/* --- the way back from the folio --- */

struct finding {
	const struct vm_area_struct *vma;
	unsigned long addr;
	bool found;
};

static bool find_one(struct folio *folio, struct vm_area_struct *vma, unsigned long addr,
		     void *arg)
{
	struct finding *finding = arg;

	finding->found = vma == finding->vma && addr == finding->addr;
	return !finding->found;
}

/* R4, for one entry, if nobody is at work on the folio right now.  Drops the reference. */
static int check_rmap(struct vm_area_struct *vma, unsigned long addr, struct folio *folio)
{
	struct finding finding = { .vma = vma, .addr = addr, .found = true };

	if (folio_trylock(folio)) {
		/* Without a mapping it was truncated, and is about to be unmapped. */
		if (folio_test_anon(folio) || folio_mapping(folio)) {
			finding.found = false;
			rmap_walk(folio, &(struct rmap_walk_control){ .rmap_one = find_one,
								      .arg = &finding });
		}
		folio_unlock(folio);
	}
	folio_put(folio);
	return finding.found ? 0 : mm_check_failed("rmap.c R4", "frame 0x%lx: no way to 0x%lx",
						   folio_pfn(folio), addr);
}

/* --- the walk --- */

/*
 * The entry is looked at under its lock: one that is being taken away was counted off the RSS, or
 * will be after we have seen it.  Entries outside of all VMAs are found here.
 */
static int check_entry(struct mm_walk *walk, struct mm_struct *mm, pte_t *pmd, unsigned long addr)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	struct folio *folio = NULL;
	struct spinlock *ptl;
	pte_t pte = ptep_get(pte_offset_map_lock(pmd, addr, &ptl));
	int error = 0;

	if (!pte_none(pte) && vma) {
		folio = pte_present(pte) ? vm_normal_folio(pte) : NULL;
		error = check_pte(walk, vma, addr, pte, folio);
		if (folio && !error)
			folio_get(folio);
	} else if (!pte_none(pte)) {
		error = mm_check_failed("memory.c I3", "0x%lx is present in no VMA", addr);
	}
	spin_unlock(ptl);
	return folio && !error ? check_rmap(vma, addr, folio) : error;
}

static int check_table(struct mm_walk *walk, struct mm_struct *mm, pte_t *pmd, unsigned long addr)
{
	int error = 0;

	for (unsigned long end = addr + PMD_SIZE; addr < end && !error; addr += PAGE_SIZE)
		if (!pte_none(ptep_get(pte_offset(pmd, addr))))
			error = check_entry(walk, mm, pmd, addr);
	return error;
}

static int check_rss(const struct mm_walk *walk, const struct mm_struct *mm)
{
	static const char *const names[NR_MM_COUNTERS] = {
		[MM_FILEPAGES] = "MM_FILEPAGES", [MM_ANONPAGES] = "MM_ANONPAGES",
		[MM_SWAPENTS] = "MM_SWAPENTS", [MM_SHMEMPAGES] = "MM_SHMEMPAGES",
	};

	for (int i = 0; i < NR_MM_COUNTERS; i++)
		if (walk->rss[i] != atomic_long_read(&mm->rss_stat[i]))
			return mm_check_failed("memory.c I3", "%s is %ld, the page tables have %ld",
					       names[i], atomic_long_read(&mm->rss_stat[i]),
					       walk->rss[i]);
	return 0;
}

static int check_one_mm(struct mm_walk *walk, struct mm_struct *mm)
{
	unsigned long addr = 0, pages = 0, locked = 0;
	int error = vma_check(mm);
	pte_t *pmd;

	if (error)
		return mm_check_failed("vma.c", "I%d", error);
	for (struct vm_area_struct *vma = mm->mmap; vma; vma = vma->vm_next) {
		error = anon_vma_check(vma);
		if (error)
			return mm_check_failed("anon_vma.c", "A%d, VMA at 0x%lx", error,
					       vma->vm_start);
		pages += vma_pages(vma);
		locked += vma->vm_flags & VM_LOCKED ? vma_pages(vma) : 0;
		walk->committed += vma->vm_flags & VM_ACCOUNT ? vma_pages(vma) : 0;
	}
	if (pages != mm->total_vm)
		return mm_check_failed("vm_area.c P1", "total_vm is %lu, the VMAs have %lu",
				       mm->total_vm, pages);
	if (locked != mm->locked_vm)
		return mm_check_failed("mlock.c K3", "locked_vm is %lu, the VMAs have %lu",
				       mm->locked_vm, locked);
	for (int i = 0; i < NR_MM_COUNTERS; i++)
		walk->rss[i] = 0;
	for (; (pmd = next_pmd(mm, &addr, USER_PGTABLES_CEILING)); addr += PMD_SIZE) {
		error = check_table(walk, mm, pmd, addr);
		if (error)
			return error;
	}
	return check_rss(walk, mm);
}

static int check_mapcounts(const struct mm_walk *walk)
{
	for (unsigned long pfn = min_pfn; pfn < max_pfn; pfn++) {
		const struct folio *folio = pfn_folio(pfn);
		const struct entries_seen *seen = &walk->seen[pfn - min_pfn];

		if (folio->flags & (BIT(PG_reserved) | BIT(PG_table) | BIT(PG_slab) | BIT(PG_tail)))
			continue;
		if (seen->all != folio_mapcount(folio))
			return mm_check_failed("rmap.c R1", "frame 0x%lx: mapcount %d, %d entries",
					       pfn, folio_mapcount(folio), seen->all);
		if (seen->locked != atomic_read(&folio->mlock_count) ||
		    !seen->locked == folio_test_mlocked(folio))
			return mm_check_failed("mlock.c K1", "frame 0x%lx: count %d, %d entries",
					       pfn, atomic_read(&folio->mlock_count),
					       seen->locked);
	}
	return 0;
}

/* --- all of them --- */

static int by_address(const void *a, const void *b)
{
	const struct mm_struct *x = *(struct mm_struct *const *)a,
		*y = *(struct mm_struct *const *)b;

	return x < y ? -1 : x > y;
}

static int check_sums(const struct mm_walk *walk)
{
	long shmem = shmem_committed_pages();

	if (walk->committed + shmem != atomic_long_read(&vm_committed_as))
		return mm_check_failed("vm_area.c P2",
				       "%ld pages are promised, the VMAs have %ld, shmem %ld",
				       atomic_long_read(&vm_committed_as), walk->committed, shmem);
	return check_mapcounts(walk) ? -EIO : check_swap_counts(&walk->swap);
}

static int check_locked(struct mm_walk *walk, struct mm_struct **mms, int nr)
{
	int error = 0;

	if (walk->together)
		memset(walk->seen, 0, (max_pfn - min_pfn) * sizeof(*walk->seen));
	swap_seen_reset(&walk->swap);
	walk->committed = 0;
	for (int i = 0; i < nr && !error; i++)
		error = check_one_mm(walk, mms[i]);
	if (walk->together)
		shmem_swap_seen(&walk->swap);
	return error || !walk->together ? error : check_sums(walk);
}

/*
 * Pages mapped, and moves of shared memory; who has taken an entry and not yet counted it off does
 * so before.
 */
static unsigned long settled_rss(struct mm_struct **mms, int nr)
{
	unsigned long pages = shmem_all_moves();

	for (int i = 0; i < nr; i++) {
		unsigned long addr = 0;
		pte_t *pmd;

		for (; (pmd = next_pmd(mms[i], &addr, USER_PGTABLES_CEILING)); addr += PMD_SIZE) {
			spin_lock(pte_lockptr(pmd));
			spin_unlock(pte_lockptr(pmd));
		}
		pages += get_mm_rss(mms[i]);
	}
	return pages;
}

static int check_group(struct mm_walk *walk, struct mm_struct **mms, int nr)
{
	unsigned long before, after;
	int error;

	for (int i = 0; i < nr; i++)
		down_write_nested(&mms[i]->mmap_lock);
	after = settled_rss(mms, nr);
	do {
		before = after;
		error = check_locked(walk, mms, nr);
		after = settled_rss(mms, nr);
	} while (before != after);
	for (int i = nr - 1; i >= 0; i--)
		mmap_write_unlock(mms[i]);
	return error;
}

static int check_all(struct mm_walk *walk)
{
	int error = 0, group;

	walk->nr = grab_all_mms(walk->mms, nr_mms);
	sort(walk->mms, walk->nr, sizeof(*walk->mms), by_address);
	walk->together = walk->nr <= MAX_TOGETHER;
	group = walk->together ? walk->nr : 1;
	for (int i = 0; i < walk->nr && !error; i += group)
		error = check_group(walk, walk->mms + i, group);
	for (int i = 0; i < walk->nr; i++)
		mmdrop(walk->mms[i]);
	return error;
}

int check_address_spaces(void)
{
	struct mm_walk walk = { .seen = vzalloc((max_pfn - min_pfn) * sizeof(*walk.seen)) };
	bool books = swap_seen_begin(&walk.swap);
	int error = 0;

	down_write(&mm_gate);
	walk.mms = vzalloc(nr_mms * sizeof(struct mm_struct *));
	/* Without memory for the books there is nothing to say against the mms. */
	if (walk.mms && walk.seen && books)
		error = check_all(&walk);
	up_write(&mm_gate);
	swap_seen_end(&walk.swap);
	vfree(walk.seen);
	vfree(walk.mms);
	return error;
}

static struct mm_checker mm_checker = { .name = "address spaces", .check = check_address_spaces };

static void check_mm_init(void)
{
	register_mm_checker(&mm_checker);
}
core_initcall(check_mm_init);
