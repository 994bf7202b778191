// SPDX-License-Identifier: MIT
/*
 * Who maps a folio.
 *
 *   anonymous  folio->mapping = anon_vma | FOLIO_MAPPING_ANON, folio->index as the VMA counts
 *   file       folio->mapping = address_space; its i_mmap holds every VMA of the file in an
 *              interval tree: red-black by first page, each node knowing the highest last
 *              page below it
 *
 * R1 mapcount equals the number of present entries that map the folio; each holds a reference.
 * R2 PG_anon_exclusive is set only while one entry maps the folio and no other mm can get at it;
 *    only such a folio may be mapped writable in a private mapping.
 * R3 A VMA with a file is in the file's i_mmap from vma_link() to vma_unlink().
 */
#include "mm/rmap.h"

#include "arch/riscv/tlb.h"
#include "fs/file.h"
#include "kernel/init.h"
#include "kernel/panic.h"
#include "mm/filemap.h"
#include "mm/memory.h"
#include "mm/pgtable.h"
#include "mm/slab.h"
#include "mm/vmscan.h"
#include "mm/vmstat.h"

static struct kmem_cache *anon_vma_cachep;

static void rmap_init(void)
{
	anon_vma_cachep = kmem_cache_create("anon_vma", sizeof(struct anon_vma), 0, NULL);
}
core_initcall(rmap_init);

static void put_anon_vma(struct anon_vma *anon_vma)
{
	if (atomic_dec_and_test(&anon_vma->refcount))
		kmem_cache_free(anon_vma_cachep, anon_vma);
}

int __anon_vma_prepare(struct vm_area_struct *vma)
{
	struct anon_vma *new = kmem_cache_alloc(anon_vma_cachep, GFP_KERNEL);

	if (!new)
		return -ENOMEM;
	atomic_set(&new->refcount, 1);
	/* Two threads may fault in the same VMA, both with mmap_lock for reading. */
	spin_lock(&vma->vm_mm->page_table_lock);
	if (!vma->anon_vma) {
		vma->anon_vma = new;
		new = NULL;
	}
	spin_unlock(&vma->vm_mm->page_table_lock);
	if (new)
		put_anon_vma(new);
	return 0;
}

void anon_vma_clone(struct vm_area_struct *dst, const struct vm_area_struct *src)
{
	dst->anon_vma = src->anon_vma;
	if (dst->anon_vma)
		atomic_inc(&dst->anon_vma->refcount);
}

void unlink_anon_vmas(struct vm_area_struct *vma)
{
	if (vma->anon_vma)
		put_anon_vma(vma->anon_vma);
	vma->anon_vma = NULL;
}

void folio_add_new_anon_rmap(struct folio *folio, struct vm_area_struct *vma, unsigned long address)
{
	/* Nobody else knows the folio yet: plain stores. */
	folio->flags |= BIT(PG_swapbacked) | BIT(PG_anon_exclusive);
	folio->mapping = (void *)((unsigned long)vma->anon_vma | FOLIO_MAPPING_ANON);
	folio->index = linear_page_index(vma, address);
	atomic_set(&folio->_mapcount, 1);
	inc_state(NR_ANON_MAPPED);
	if (unlikely(vma->vm_flags & VM_LOCKED))
		mlock_folio(folio);
}

void folio_add_file_rmap(struct folio *folio, const struct vm_area_struct *vma)
{
	if (atomic_inc_return(&folio->_mapcount) == 1)
		inc_state(NR_FILE_MAPPED);
	if (unlikely(vma->vm_flags & VM_LOCKED))
		mlock_folio(folio);
}

void folio_dup_rmap(struct folio *folio)
{
	DEBUG_BUG_ON(!folio_mapped(folio));
	atomic_inc(&folio->_mapcount);
	if (folio_test_anon_exclusive(folio))
		folio_clear_anon_exclusive(folio);
}

void folio_remove_rmap(struct folio *folio, const struct vm_area_struct *vma)
{
	DEBUG_BUG_ON(!folio_mapped(folio));
	if (unlikely(vma->vm_flags & VM_LOCKED))
		munlock_folio(folio);
	if (atomic_dec_and_test(&folio->_mapcount))
		dec_state(folio_test_anon(folio) ? NR_ANON_MAPPED : NR_FILE_MAPPED);
}

/* --- i_mmap --- */

static inline struct vm_area_struct *vma_of(const struct rb_node *node)
{
	return rb_entry(node, struct vm_area_struct, i_mmap_rb);
}

static pgoff_t last_page(const struct vm_area_struct *vma)
{
	return vma->vm_pgoff + vma_pages(vma) - 1;
}

static pgoff_t subtree_last(const struct rb_node *node)
{
	return node ? vma_of(node)->i_mmap_subtree_last : 0;
}

static bool compute_subtree_last(struct rb_node *node)
{
	struct vm_area_struct *vma = vma_of(node);
	pgoff_t last = max(last_page(vma),
			   max(subtree_last(node->rb_left), subtree_last(node->rb_right)));

	if (vma->i_mmap_subtree_last == last)
		return false;
	vma->i_mmap_subtree_last = last;
	return true;
}

static const struct rb_augment_callbacks i_mmap_augment = { compute_subtree_last };

void i_mmap_insert(struct vm_area_struct *vma)
{
	struct address_space *mapping;
	struct rb_node **link, *parent = NULL;
	bool leftmost = true;

	if (!vma->vm_file)
		return;
	mapping = vma->vm_file->f_mapping;
	down_write(&mapping->i_mmap_rwsem);
	link = &mapping->i_mmap.rb_root.rb_node;
	while (*link) {
		parent = *link;
		if (vma->vm_pgoff < vma_of(parent)->vm_pgoff) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&vma->i_mmap_rb, parent, link);
	vma->i_mmap_subtree_last = 0;
	rb_insert_augmented_cached(&vma->i_mmap_rb, &mapping->i_mmap, leftmost, &i_mmap_augment);
	up_write(&mapping->i_mmap_rwsem);
}

void i_mmap_remove(struct vm_area_struct *vma)
{
	struct address_space *mapping;

	if (!vma->vm_file)
		return;
	mapping = vma->vm_file->f_mapping;
	down_write(&mapping->i_mmap_rwsem);
	rb_erase_augmented_cached(&vma->i_mmap_rb, &mapping->i_mmap, &i_mmap_augment);
	up_write(&mapping->i_mmap_rwsem);
}

void vma_lock_rmap(struct vm_area_struct *vma)
{
	if (vma->vm_file)
		down_write(&vma->vm_file->f_mapping->i_mmap_rwsem);
}

void vma_unlock_rmap(struct vm_area_struct *vma)
{
	if (vma->vm_file)
		up_write(&vma->vm_file->f_mapping->i_mmap_rwsem);
}

/* Calls @fn for every VMA of the subtree that maps a page of [first, last].  i_mmap_rwsem held. */
static void i_mmap_walk(const struct rb_node *node, pgoff_t first, pgoff_t last,
			void (*fn)(struct vm_area_struct *vma, void *arg), void *arg)
{
	while (node && subtree_last(node) >= first) {
		struct vm_area_struct *vma = vma_of(node);

		i_mmap_walk(node->rb_left, first, last, fn, arg);
		if (vma->vm_pgoff > last)
			return;
		if (last_page(vma) >= first)
			fn(vma, arg);
		node = node->rb_right;
	}
}

/* The present entry of @vma that maps @folio, its table locked; NULL: there is none. */
static pte_t *folio_find_pte(struct vm_area_struct *vma, struct folio *folio, unsigned long *addrp,
			     struct spinlock **ptlp)
{
	unsigned long addr = vma->vm_start + ((folio->index - vma->vm_pgoff) << PAGE_SHIFT);
	pte_t *pmd = mm_find_pmd(vma->vm_mm, addr);
	pte_t *pte = pmd ? pte_offset_map_lock(pmd, addr, ptlp) : NULL;

	if (!pte)
		return NULL;
	if (pte_present(*pte) && pte_pfn(*pte) == folio_pfn(folio)) {
		*addrp = addr;
		return pte;
	}
	spin_unlock(*ptlp);
	return NULL;
}

struct mkclean {
	struct folio *folio;
	int cleaned;
};

static void mkclean_one(struct vm_area_struct *vma, void *arg)
{
	struct mkclean *mkclean = arg;
	struct spinlock *ptl;
	unsigned long addr;
	pte_t *pte;

	if (!(vma->vm_flags & VM_SHARED))
		return;
	pte = folio_find_pte(vma, mkclean->folio, &addr, &ptl);
	if (!pte)
		return;
	if (pte_dirty(*pte) || pte_write(*pte)) {
		ptep_clear_bits(pte, _PAGE_WRITE | _PAGE_DIRTY);
		/*
		 * Before the caller starts the I/O: a store through the old translation would set
		 * no D (PT2).
		 */
		flush_tlb_page(vma->vm_mm, addr);
		mkclean->cleaned++;
	}
	spin_unlock(ptl);
}

int folio_mkclean(struct folio *folio)
{
	struct address_space *mapping = folio_mapping(folio);
	struct mkclean mkclean = { folio, 0 };

	if (!folio_mapped(folio) || !mapping)
		return 0;
	down_read(&mapping->i_mmap_rwsem);
	i_mmap_walk(mapping->i_mmap.rb_root.rb_node, folio->index, folio->index, mkclean_one,
		    &mkclean);
	up_read(&mapping->i_mmap_rwsem);
	return mkclean.cleaned;
}

struct unmap_range {
	pgoff_t first, last;
	bool even_cows;
};

static void unmap_one(struct vm_area_struct *vma, void *arg)
{
	const struct unmap_range *range = arg;
	pgoff_t first = max(range->first, vma->vm_pgoff), last = min(range->last, last_page(vma));

	zap_file_range(vma, vma->vm_start + ((first - vma->vm_pgoff) << PAGE_SHIFT),
		       vma->vm_start + ((last - vma->vm_pgoff + 1) << PAGE_SHIFT),
		       	range->even_cows);
}

void unmap_mapping_pages(struct address_space *mapping, pgoff_t start, pgoff_t nr, bool even_cows)
{
	struct unmap_range range = { start, nr ? start + nr - 1 : ~0UL, even_cows };

	if (range.last < range.first)
		range.last = ~0UL;
	down_read(&mapping->i_mmap_rwsem);
	i_mmap_walk(mapping->i_mmap.rb_root.rb_node, range.first, range.last, unmap_one, &range);
	up_read(&mapping->i_mmap_rwsem);
}
