// SPDX-License-Identifier: MIT
/*
 * Links between VMAs and anon_vmas.  After a fork of a fork:
 *
 *	grandparent A      parent B           child C
 *	      │             │     │          │   │   │
 *	   anon_vma a <─────┘  anon_vma b <──┘   │  anon_vma c
 *	      ^ <────────────────────────────────┘
 *
 * C may map folios of a, b and c, so it has three links; a walk over a folio of c meets C alone.
 * With forks n deep a VMA has at most n + 1 links; where the generations between have died, an
 * anon_vma that has no VMA of its own and at most one child left is taken over by the next child
 * instead of making one more, so that a shell that forks itself for years stays short.
 *
 * A root is its own parent, so it is never taken over.
 *
 * Visitors come from a folio.  What the folio points to stays there as long as somebody maps the
 * folio, so a visitor may take a reference only while he sees it mapped; a short lock, chosen by
 * address, keeps who frees an anon_vma from doing so in between.
 *
 * A1 Each link of a VMA is in its anon_vma's tree, under the VMA's present pages.
 * A2 vma->anon_vma is one of those that the VMA has a link to, or NULL with no links at all.
 * A3 An anon_vma has a reference for its tree not being empty, and one to its root for itself.
 */
#include "mm/anon_vma.h"

#include "kernel/errno.h"
#include "kernel/init.h"
#include "kernel/panic.h"
#include "lib/hash.h"
#include "mm/slab.h"

#define KEEP_BITS	4

static struct kmem_cache *anon_vma_cachep, *anon_vma_chain_cachep;

/* Between a visitor's look at a folio and his reference; between the last reference and the end. */
static struct spinlock keep_locks[1 << KEEP_BITS] = {
	[0 ... (1 << KEEP_BITS) - 1] = SPINLOCK_INIT(RANK_MAPLE),
};

static void anon_vma_ctor(void *object)
{
	struct anon_vma *anon_vma = object;

	init_rwsem(&anon_vma->rwsem, RANK_ANON_VMA);
}

static void anon_vma_init(void)
{
	anon_vma_cachep = kmem_cache_create("anon_vma", sizeof(struct anon_vma), 0, anon_vma_ctor);
	anon_vma_chain_cachep = kmem_cache_create("anon_vma_chain", sizeof(struct anon_vma_chain),
						  0, NULL);
}
core_initcall(anon_vma_init);

/* --- objects --- */

static struct spinlock *keep_lock(const struct anon_vma *anon_vma)
{
	return &keep_locks[hash_ptr(anon_vma, KEEP_BITS)];
}

/* @parent NULL: a root.  NULL: no memory. */
static struct anon_vma *anon_vma_alloc(struct anon_vma *parent)
{
	struct anon_vma *anon_vma = kmem_cache_alloc(anon_vma_cachep, GFP_KERNEL);

	if (!anon_vma)
		return NULL;
	atomic_set(&anon_vma->refcount, 1);
	anon_vma->num_children = parent ? 0 : 1;
	anon_vma->num_active_vmas = 0;
	anon_vma->root = parent ? parent->root : anon_vma;
	anon_vma->parent = parent ? parent : anon_vma;
	anon_vma->rb_root = RB_ROOT;
	if (parent)
		atomic_inc(&anon_vma->root->refcount);
	return anon_vma;
}

static bool put_one(struct anon_vma *anon_vma)
{
	struct spinlock *keep = keep_lock(anon_vma);

	if (!atomic_dec_and_test(&anon_vma->refcount))
		return false;
	/* A visitor who saw a folio mapped looks at the count: wait until he has. */
	spin_lock(keep);
	spin_unlock(keep);
	kmem_cache_free(anon_vma_cachep, anon_vma);
	return true;
}

static void put_anon_vma(struct anon_vma *anon_vma)
{
	struct anon_vma *root = anon_vma->root;

	if (put_one(anon_vma) && root != anon_vma)
		put_one(root);
}

static struct anon_vma_chain *chain_alloc(void)
{
	return kmem_cache_alloc(anon_vma_chain_cachep, GFP_KERNEL);
}

static void chain_free(struct anon_vma_chain *avc)
{
	if (avc)
		kmem_cache_free(anon_vma_chain_cachep, avc);
}

/* --- links --- */

static void tree_insert(struct anon_vma_chain *avc)
{
	const struct vm_area_struct *vma = avc->vma;

	avc->node.start = vma->vm_pgoff;
	avc->node.last = vma->vm_pgoff + vma_pages(vma) - 1;
	interval_tree_insert(&avc->node, &avc->anon_vma->rb_root);
}

/* The lock is held, and what protects the VMA's list. */
static void chain_link(struct vm_area_struct *vma, struct anon_vma_chain *avc,
		       struct anon_vma *anon_vma)
{
	avc->vma = vma;
	avc->anon_vma = anon_vma;
	list_add(&avc->same_vma, &vma->anon_vma_chain);
	tree_insert(avc);
}

void anon_vma_trees_remove(struct vm_area_struct *vma)
{
	struct anon_vma_chain *avc;

	list_for_each_entry(avc, &vma->anon_vma_chain, same_vma)
		interval_tree_remove(&avc->node, &avc->anon_vma->rb_root);
}

void anon_vma_trees_insert(struct vm_area_struct *vma)
{
	struct anon_vma_chain *avc;

	list_for_each_entry(avc, &vma->anon_vma_chain, same_vma)
		tree_insert(avc);
}

/* --- the first anonymous page --- */

/* Would the two be one VMA but for their protection?  Then one anon_vma lets them merge one day. */
static bool anon_vma_compatible(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	return a->vm_end == b->vm_start && a->vm_file == b->vm_file &&
	       !((a->vm_flags ^ b->vm_flags) & ~(VM_ACCESS_FLAGS | VM_SOFTDIRTY)) &&
	       b->vm_pgoff == a->vm_pgoff + vma_pages(a);
}

/*
 * @old's, if @a and @b, of which it is one, are compatible.  Only a VMA's own first one: what came
 * by fork is shared with others already.
 */
static struct anon_vma *reusable_anon_vma(struct vm_area_struct *old,
					  const struct vm_area_struct *a,
					  const struct vm_area_struct *b)
{
	struct anon_vma *anon_vma = READ_ONCE(old->anon_vma);

	return anon_vma && anon_vma_compatible(a, b) && list_is_singular(&old->anon_vma_chain) ?
		anon_vma : NULL;
}

static struct anon_vma *find_mergeable_anon_vma(struct vm_area_struct *vma)
{
	struct anon_vma *anon_vma = NULL;

	if (vma->vm_next)
		anon_vma = reusable_anon_vma(vma->vm_next, vma, vma->vm_next);
	if (!anon_vma && vma->vm_prev)
		anon_vma = reusable_anon_vma(vma->vm_prev, vma->vm_prev, vma);
	return anon_vma;
}

int __anon_vma_prepare(struct vm_area_struct *vma)
{
	struct anon_vma_chain *avc = chain_alloc();
	struct anon_vma *anon_vma, *made = NULL;

	if (!avc)
		return -ENOMEM;
	anon_vma = find_mergeable_anon_vma(vma);
	if (!anon_vma)
		anon_vma = made = anon_vma_alloc(NULL);
	if (!anon_vma) {
		chain_free(avc);
		return -ENOMEM;
	}
	anon_vma_lock_write(anon_vma);
	/* Two threads may fault in the same VMA, both with mmap_lock for reading. */
	spin_lock(&vma->vm_mm->page_table_lock);
	if (!vma->anon_vma) {
		chain_link(vma, avc, anon_vma);
		anon_vma->num_active_vmas++;
		WRITE_ONCE(vma->anon_vma, anon_vma);
		made = NULL;
		avc = NULL;
	}
	spin_unlock(&vma->vm_mm->page_table_lock);
	anon_vma_unlock_write(anon_vma);
	if (made)
		put_anon_vma(made);
	chain_free(avc);
	return 0;
}

/* --- copies --- */

static void chain_free_reserved(struct vm_area_struct *vma)
{
	struct anon_vma_chain *avc, *next;

	list_for_each_entry_safe(avc, next, &vma->anon_vma_chain, same_vma)
		chain_free(avc);
	INIT_LIST_HEAD(&vma->anon_vma_chain);
}

int anon_vma_reserve(struct vm_area_struct *dst, const struct vm_area_struct *src)
{
	struct anon_vma_chain *pavc, *avc;

	list_for_each_entry(pavc, &src->anon_vma_chain, same_vma) {
		avc = chain_alloc();
		if (!avc) {
			chain_free_reserved(dst);
			return -ENOMEM;
		}
		avc->anon_vma = NULL;
		list_add(&avc->same_vma, &dst->anon_vma_chain);
	}
	return 0;
}

/* Nobody's own, and its only child may as well be the same one. */
static bool may_take_over(const struct anon_vma *anon_vma)
{
	return anon_vma->num_children < 2 && !anon_vma->num_active_vmas;
}

/* Turns the reserved links into links to all of @src's.  Lock held. */
static void clone_links(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	struct anon_vma_chain *pavc, *avc;
	LIST_HEAD(reserved);

	list_splice_init(&dst->anon_vma_chain, &reserved);
	/* From the root on, so that the order of the list stays. */
	list_for_each_entry_reverse(pavc, &src->anon_vma_chain, same_vma) {
		BUG_ON(list_empty(&reserved));
		avc = list_first_entry(&reserved, struct anon_vma_chain, same_vma);
		list_del(&avc->same_vma);
		chain_link(dst, avc, pavc->anon_vma);
		if (!dst->anon_vma && may_take_over(pavc->anon_vma))
			dst->anon_vma = pavc->anon_vma;
	}
	if (dst->anon_vma)
		dst->anon_vma->num_active_vmas++;
}

void anon_vma_clone(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	dst->anon_vma = src->anon_vma;
	clone_links(dst, src);
}

/* An anon_vma that only @vma and its descendants have.  0 or -ENOMEM. */
static int fork_own(struct vm_area_struct *vma, struct anon_vma *parent)
{
	struct anon_vma *anon_vma = anon_vma_alloc(parent);
	struct anon_vma_chain *avc = chain_alloc();

	if (!anon_vma || !avc) {
		if (anon_vma)
			put_anon_vma(anon_vma);
		chain_free(avc);
		return -ENOMEM;
	}
	vma->anon_vma = anon_vma;
	anon_vma_lock_write(anon_vma);
	chain_link(vma, avc, anon_vma);
	anon_vma->num_active_vmas++;
	parent->num_children++;
	anon_vma_unlock_write(anon_vma);
	return 0;
}

int anon_vma_fork(struct vm_area_struct *vma, struct vm_area_struct *pvma)
{
	int error;

	if (!pvma->anon_vma)
		return 0;
	error = anon_vma_reserve(vma, pvma);
	if (error)
		return error;
	anon_vma_lock_write(pvma->anon_vma);
	clone_links(vma, pvma);
	anon_vma_unlock_write(pvma->anon_vma);
	if (vma->anon_vma)
		return 0;
	error = fork_own(vma, pvma->anon_vma);
	if (error)
		unlink_anon_vmas(vma);
	return error;
}

void anon_vma_take(struct vm_area_struct *to, struct vm_area_struct *from)
{
	struct anon_vma_chain *avc;

	list_splice_init(&from->anon_vma_chain, &to->anon_vma_chain);
	list_for_each_entry(avc, &to->anon_vma_chain, same_vma)
		avc->vma = to;
	to->anon_vma = from->anon_vma;
	from->anon_vma = NULL;
}

/* --- the end --- */

/* Out of all trees; links whose anon_vma is empty now stay on the VMA's list. */
static void unlink_from_trees(struct vm_area_struct *vma)
{
	struct anon_vma_chain *avc, *next;

	list_for_each_entry_safe(avc, next, &vma->anon_vma_chain, same_vma) {
		interval_tree_remove(&avc->node, &avc->anon_vma->rb_root);
		if (RB_EMPTY_ROOT(&avc->anon_vma->rb_root)) {
			avc->anon_vma->parent->num_children--;
			continue;
		}
		list_del(&avc->same_vma);
		chain_free(avc);
	}
	if (vma->anon_vma)
		vma->anon_vma->num_active_vmas--;
	vma->anon_vma = NULL;
}

void unlink_anon_vmas(struct vm_area_struct *vma)
{
	struct anon_vma_chain *avc, *next;
	struct rw_semaphore *lock;

	if (list_empty(&vma->anon_vma_chain))
		return;
	avc = list_first_entry(&vma->anon_vma_chain, struct anon_vma_chain, same_vma);
	if (!avc->anon_vma) {
		chain_free_reserved(vma);
		return;
	}
	lock = &avc->anon_vma->root->rwsem;
	down_write(lock);
	unlink_from_trees(vma);
	up_write(lock);
	/* Not under the lock: it may go with the root. */
	list_for_each_entry_safe(avc, next, &vma->anon_vma_chain, same_vma) {
		put_anon_vma(avc->anon_vma);
		chain_free(avc);
	}
	INIT_LIST_HEAD(&vma->anon_vma_chain);
}

/* --- visitors --- */

static struct anon_vma *folio_get_anon_vma(const struct folio *folio)
{
	unsigned long mapping = (unsigned long)READ_ONCE(folio->mapping);
	struct anon_vma *anon_vma = (void *)(mapping & ~FOLIO_MAPPING_ANON);
	struct spinlock *keep = keep_lock(anon_vma);

	spin_lock(keep);
	/* Not mapped: the last VMA may be gone, and the anon_vma with it. */
	if (!folio_mapped(folio) || !atomic_inc_not_zero(&anon_vma->refcount))
		anon_vma = NULL;
	spin_unlock(keep);
	return anon_vma;
}

struct anon_vma *folio_lock_anon_vma_read(const struct folio *folio)
{
	struct anon_vma *anon_vma = folio_get_anon_vma(folio);

	if (!anon_vma)
		return NULL;
	down_read(&anon_vma->root->rwsem);
	if (folio_mapped(folio))
		return anon_vma;
	folio_unlock_anon_vma_read(anon_vma);
	return NULL;
}

void folio_unlock_anon_vma_read(struct anon_vma *anon_vma)
{
	up_read(&anon_vma->root->rwsem);
	put_anon_vma(anon_vma);
}

/* --- for mm_check() --- */

static bool in_tree(const struct anon_vma_chain *avc)
{
	const struct vm_area_struct *vma = avc->vma;
	unsigned long start = vma->vm_pgoff, last = start + vma_pages(vma) - 1;
	struct interval_node *node;

	if (avc->node.start != start || avc->node.last != last)
		return false;
	interval_tree_for_each(node, &avc->anon_vma->rb_root, start, start)
		if (node == &avc->node)
			return true;
	return false;
}

static int check_links(struct vm_area_struct *vma)
{
	bool own = !vma->anon_vma && list_empty(&vma->anon_vma_chain);
	struct anon_vma_chain *avc;

	list_for_each_entry(avc, &vma->anon_vma_chain, same_vma) {
		if (avc->vma != vma || !in_tree(avc))
			return 1;
		own |= avc->anon_vma == vma->anon_vma;
	}
	return own ? 0 : 2;
}

int anon_vma_check(struct vm_area_struct *vma)
{
	int broken;

	if (vma->anon_vma)
		down_read(&vma->anon_vma->root->rwsem);
	broken = check_links(vma);
	if (vma->anon_vma)
		up_read(&vma->anon_vma->root->rwsem);
	return broken;
}
