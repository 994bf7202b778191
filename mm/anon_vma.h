// SPDX-License-Identifier: MIT
/*
 * Which VMAs may map an anonymous folio.
 *
 * A folio points to the anon_vma of the VMA that it was made for.  That VMA may have been split,
 * moved and forked since; every VMA that came of it has a link (anon_vma_chain) to that anon_vma,
 * and so is in its interval tree, by the pages it may map:
 *
 *	vma ──< anon_vma_chain >── anon_vma <── folio->mapping
 *
 * The child that fork makes gets links to all the anon_vmas of its parent, since it may map their
 * folios, and an anon_vma of its own for the folios to come, which its parent cannot map.  So a
 * folio's walk meets only VMAs that may map it.
 *
 * All anon_vmas that descend from one share its lock, the root's.
 */
#ifndef MM_ANON_VMA_H
#define MM_ANON_VMA_H

#include "kernel/rwsem.h"
#include "lib/interval_tree.h"
#include "mm/folio.h"
#include "mm/mm_types.h"

struct anon_vma {
	struct anon_vma *root;		/* itself, or the first ancestor */
	struct rw_semaphore rwsem;	/* the root's covers all below: trees and numbers */
	/* one while there are links, one for each anon_vma whose root it is, and each visitor's */
	atomic_t refcount;
	unsigned int num_children;	/* whose parent it is; a root is its own parent */
	unsigned int num_active_vmas;	/* whose vma->anon_vma it is */
	struct anon_vma *parent;
	struct rb_root rb_root;		/* anon_vma_chain.node, by vma's pages */
};

struct anon_vma_chain {
	struct vm_area_struct *vma;
	struct anon_vma *anon_vma;
	struct list_head same_vma;	/* vma->anon_vma_chain; mmap_lock, page_table_lock */
	struct interval_node node;
};

/*
 * Sees to it that @vma->anon_vma is there; that of a neighbour with which @vma could merge is
 * taken.  mmap_lock held.  0 or -ENOMEM.
 */
int __anon_vma_prepare(struct vm_area_struct *vma);

static inline int anon_vma_prepare(struct vm_area_struct *vma)
{
	return likely(vma->anon_vma) ? 0 : __anon_vma_prepare(vma);
}

/*
 * Memory for all the links that @dst (its own list empty) needs to become another VMA like @src.  0
 * or -ENOMEM.  mmap_lock held for writing, up to anon_vma_clone().
 */
int anon_vma_reserve(struct vm_area_struct *dst, const struct vm_area_struct *src);
/*
 * @dst, whose range is set, may map what @src may: a split, a move.  Reserved before; the lock is
 * held.
 */
void anon_vma_clone(struct vm_area_struct *dst, struct vm_area_struct *src);
/*
 * fork: @vma, the copy of @pvma, may map what that has, and gets an anon_vma for what comes.  0 or
 * -ENOMEM.
 */
int anon_vma_fork(struct vm_area_struct *vma, struct vm_area_struct *pvma);
/* @vma maps nothing any more, or never did.  Takes the lock. */
void unlink_anon_vmas(struct vm_area_struct *vma);
/* A merge: @to, without links, takes over those of @from.  Both out of the trees, lock held. */
void anon_vma_take(struct vm_area_struct *to, struct vm_area_struct *from);

/* Before and after @vma changes its bounds; lock held. */
void anon_vma_trees_remove(struct vm_area_struct *vma);
void anon_vma_trees_insert(struct vm_area_struct *vma);

/* The lock of @anon_vma's whole family; NULL: nothing to lock.  May sleep. */
static inline void anon_vma_lock_write(struct anon_vma *anon_vma)
{
	if (anon_vma)
		down_write(&anon_vma->root->rwsem);
}

static inline void anon_vma_unlock_write(struct anon_vma *anon_vma)
{
	if (anon_vma)
		up_write(&anon_vma->root->rwsem);
}

/*
 * The anon_vma of a locked anonymous folio, locked for reading and kept; NULL: nobody maps it.  May
 * sleep.
 */
struct anon_vma *folio_lock_anon_vma_read(const struct folio *folio);
void folio_unlock_anon_vma_read(struct anon_vma *anon_vma);

/* May @vma join a neighbour that has @anon_vma: is it the same, or the only one there is? */
static inline bool anon_vma_mergeable(const struct anon_vma *anon_vma,
				      const struct vm_area_struct *vma)
{
	return anon_vma == vma->anon_vma ||
	       (!anon_vma && list_is_singular(&vma->anon_vma_chain));
}

/* Asserts A1 and A2 of anon_vma.c for @vma: the number of the first that is broken, or 0. */
int anon_vma_check(struct vm_area_struct *vma);

#endif
