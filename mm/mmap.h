// SPDX-License-Identifier: MIT
/*
 * Mapping and unmapping: mmap(2), munmap(2), brk(2) and what exec and fork need of them.  Addresses
 * and lengths in bytes; "locked" is mmap_lock, for writing unless it says otherwise.
 *
 * Everything is checked and allocated first; the step that then changes the tree cannot fail, so an
 * error leaves the address space as it was.
 */
#ifndef MM_MMAP_H
#define MM_MMAP_H

#include "mm/mm_types.h"
#include "mm/vma.h"

extern int sysctl_max_map_count;	/* vm.max_map_count: VMAs per process */
extern int sysctl_overcommit_memory;	/* vm.overcommit_memory: 0 heuristic, 1 always */
extern unsigned long mmap_min_addr;	/* lowest address a mapping may ask for; not 0 */
extern atomic_long_t vm_committed_as;	/* pages promised: Committed_AS */

/* "[heap]", "[stack]", "[vdso]"; NULL: the file's path, or nothing.  Locked for reading. */
const char *arch_vma_name(struct vm_area_struct *vma);

/*
 * What mmap(2) does in current's mm with a file or (NULL) anonymous memory: the address, or -errno.
 * @off in bytes, page aligned.  Takes the lock.
 */
unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long off);
int vm_munmap(unsigned long start, unsigned long len);
/*
 * Anonymous private memory at [addr, addr + len), as brk makes it; @flags: VM_EXEC or 0.  current's
 * mm.
 */
int vm_brk_flags(unsigned long addr, unsigned long len, unsigned long flags);

/*
 * For an mm that exec is building: a stack VMA of one page that ends at @top (page aligned) and
 * grows by faults.  0 or -ENOMEM.  Takes the lock.
 */
int insert_stack_vma(struct mm_struct *mm, unsigned long top);
/* Before the first mmap: sets mmap_base by RLIMIT_STACK. */
void arch_pick_mmap_layout(struct mm_struct *mm);

/* Pages that the kernel owns and shows: NULL-terminated, never freed. */
struct vm_special_mapping {
	const char *name;		/* in /proc/PID/maps */
	struct folio **pages;
};
/*
 * Maps them at @addr, which is free, with @flags (VM_READ, VM_EXEC, VM_MAY*).  0 or -ENOMEM.
 * Locked.
 */
int install_special_mapping(struct mm_struct *mm, unsigned long addr, unsigned long len,
			    unsigned long flags, const struct vm_special_mapping *spec);
/*
 * Free room of @len bytes, as mmap(2) would choose it at the hint @addr (0: none): the address or
 * -ENOMEM.  Locked.
 */
unsigned long get_unmapped_area(struct mm_struct *mm, unsigned long addr, unsigned long len);

/*
 * Unmaps [start, start + len).  0, -EINVAL, -ENOMEM.  Locked, and to be unlocked by
 * mmap_write_unlock_gone().
 */
int do_munmap(struct mm_struct *mm, unsigned long start, unsigned long len);
/*
 * After anything that may have unmapped: releases the VMAs that are gone once the lock is, since
 * the last reference to a file that was removed takes locks that come before mmap_lock.
 */
void mmap_write_unlock_gone(struct mm_struct *mm);
/* The bookkeeping of a VMA that has come or gone (@pages negative). */
void vm_stat_account(struct mm_struct *mm, unsigned long vm_flags, long pages);
bool may_expand_vm(struct mm_struct *mm, unsigned long vm_flags, unsigned long pages);
/*
 * Promises @pages of memory: 0 or -ENOMEM when that much can never be.  vm_unacct_memory takes it
 * back.
 */
int vm_enough_memory(unsigned long pages);
void vm_unacct_memory(unsigned long pages);

/* Raw memory for a VMA; NULL: none.  Given back by vm_area_free() if it never became one. */
struct vm_area_struct *vm_area_alloc(void);
void vm_area_free(struct vm_area_struct *vma);
/* @dst, raw memory, becomes another VMA like @src, in no tree, with references of its own. */
void vma_copy(struct vm_area_struct *dst, const struct vm_area_struct *src);
/* Drops the references of a VMA that is in no tree, and frees it.  May sleep. */
void vma_release(struct vm_area_struct *vma);

/* The stack @vma shall reach down to @address: 0 or -ENOMEM.  Locked for reading is enough. */
int expand_stack(struct vm_area_struct *vma, unsigned long address);

/* The protection bits of new entries: private mappings are made writable by a fault only. */
pte_t vm_get_page_prot(unsigned long vm_flags);
/* Sets vm_page_prot by vm_flags; shared mappings whose first store matters lose W too. */
void vma_set_page_prot(struct vm_area_struct *vma);

/* Takes all of a dying mm's mappings and tables away.  Nobody else uses it. */
void exit_mmap(struct mm_struct *mm);
/*
 * fork: fills the empty @mm from current's.  0, -ENOMEM or -EINTR; what is there then, exit_mmap()
 * takes away.
 */
int dup_mmap(struct mm_struct *mm, struct mm_struct *oldmm);

#endif
