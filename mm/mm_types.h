// SPDX-License-Identifier: MIT
/*
 * The objects of an address space.
 *
 *   task -> mm_struct -> vm_area_struct ...  what the addresses mean (mm/mmap.c)
 *                     -> pgd -> tables       what is there now        (mm/memory.c)
 *
 * An mm has two counts, as in Linux.  mm_users: tasks and others that use the user half; the last
 * mmput() unmaps everything.  mm_count: one for all of mm_users together and one for each hart or
 * kernel thread that merely has the table loaded; the last mmdrop() frees the top table and the mm
 * itself.
 */
#ifndef MM_MM_TYPES_H
#define MM_MM_TYPES_H

#include "arch/riscv/pte.h"
#include "kernel/rwsem.h"
#include "kernel/spinlock.h"
#include "lib/atomic.h"
#include "lib/interval_tree.h"
#include "lib/list.h"
#include "lib/rbtree.h"
#include "lib/types.h"

struct anon_vma;
struct file;
struct folio;
struct vm_fault;

/* vma->vm_flags, Linux's values (they show in no ABI but in crash dumps and books) */
#define VM_READ		0x00000001UL
#define VM_WRITE	0x00000002UL
#define VM_EXEC		0x00000004UL
#define VM_SHARED	0x00000008UL
#define VM_MAYREAD	0x00000010UL	/* mprotect() may give it */
#define VM_MAYWRITE	0x00000020UL
#define VM_MAYEXEC	0x00000040UL
#define VM_MAYSHARE	0x00000080UL	/* mapped MAP_SHARED, if only for reading */
#define VM_GROWSDOWN	0x00000100UL
#define VM_PFNMAP	0x00000400UL	/* its pages have no counts: the vDSO */
#define VM_LOCKED	0x00002000UL
#define VM_IO		0x00004000UL
#define VM_SEQ_READ	0x00008000UL	/* madvise */
#define VM_RAND_READ	0x00010000UL
#define VM_DONTCOPY	0x00020000UL	/* not inherited by fork */
#define VM_DONTEXPAND	0x00040000UL	/* mremap() does not grow it */
#define VM_LOCKONFAULT	0x00080000UL	/* VM_LOCKED, but nothing is faulted in for it */
#define VM_ACCOUNT	0x00100000UL	/* counted in vm_committed_as */
#define VM_NORESERVE	0x00200000UL
#define VM_WIPEONFORK	0x02000000UL	/* the child sees zeros */
#define VM_DONTDUMP	0x04000000UL
#define VM_SOFTDIRTY	0x08000000UL	/* new since clear_refs: all of it counts as written */

#define VM_ACCESS_FLAGS	(VM_READ | VM_WRITE | VM_EXEC)
#define VM_MAYACCESS	(VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)
#define VM_LOCKED_MASK	(VM_LOCKED | VM_LOCKONFAULT)
#define VM_SPECIAL	(VM_IO | VM_DONTEXPAND | VM_PFNMAP)	/* never merged nor locked */
#define VM_DATA_DEFAULT_FLAGS (VM_READ | VM_WRITE | VM_MAYACCESS)
#define VM_STACK_FLAGS	(VM_GROWSDOWN | VM_DATA_DEFAULT_FLAGS | VM_ACCOUNT)

/*
 * A run of pages with one meaning: [vm_start, vm_end), page aligned.  Fields: mmap_lock, written
 * under the write lock.
 */
struct vm_area_struct {
	unsigned long vm_start, vm_end;
	unsigned long vm_flags;			/* VM_* */
	pte_t vm_page_prot;			/* for new entries; without W in private mappings */
	struct mm_struct *vm_mm;
	struct vm_area_struct *vm_next, *vm_prev;	/* by address */
	struct rb_node vm_rb;
	unsigned long rb_subtree_gap;		/* largest free gap before a VMA of the subtree */
	struct interval_node i_mmap;		/* of vm_file's mapping; i_mmap_rwsem */
	struct list_head anon_vma_chain;	/* mm/anon_vma.h; page_table_lock to add */
	struct anon_vma *anon_vma;		/* NULL: no anonymous page yet; page_table_lock */
	const struct vm_operations_struct *vm_ops;	/* NULL: anonymous */
	pgoff_t vm_pgoff;			/* of vm_start: in vm_file, or its page number */
	struct file *vm_file;			/* counted; NULL: anonymous or special */
	void *vm_private_data;
	atomic_long_t swap_readahead_info;	/* the last window: mm/swap_state.c */
};

/* mm->flags, bit numbers */
#define MMF_OOM_VICTIM	0	/* was given to the reaper */
#define MMF_UNSTABLE	1	/* pages are gone that its users had stored to */
#define MMF_OOM_SKIP	2	/* there is nothing to be had by killing */

enum mm_counter { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES, NR_MM_COUNTERS };

#define AT_VECTOR_SIZE	44		/* words of /proc/PID/auxv: 22 pairs */

struct mm_struct {
	pte_t *pgd;
	unsigned long cpu_bitmap;	/* harts that have pgd loaded: switch_mm(), atomically */
	unsigned long icache_stale;	/* that fence.i when they next load it */
	struct rw_semaphore mmap_lock;

	/* mmap_lock */
	struct vm_area_struct *mmap;	/* lowest */
	struct rb_root mm_rb;
	struct vm_area_struct *gone;	/* cut out, by vm_next: see mmap_write_unlock_gone() */
	unsigned long mmap_base;	/* get_unmapped_area() searches downwards from here */
	int map_count;
	unsigned long total_vm, locked_vm, data_vm, exec_vm, stack_vm;	/* pages */
	bool tlb_flush_batched;		/* reclaim has unmapped and may not have fenced yet */
	unsigned long hiwater_rss, hiwater_vm;	/* pages; updated before they shrink */
	unsigned long def_flags;
	struct file *exe_file;		/* counted */

	struct vm_area_struct *vmacache;	/* last find_vma() hit; READ_ONCE/WRITE_ONCE */
	atomic_long_t rss_stat[NR_MM_COUNTERS];	/* pages */
	atomic_long_t pgtables_bytes;
	struct spinlock page_table_lock;	/* tables above the leaves; vma->anon_vma */
	atomic_t mm_users, mm_count;
	struct list_head mmlist;		/* of all mms */

	/* arg_lock of Linux is page_table_lock here: what exec and prctl set and /proc reads */
	unsigned long start_code, end_code, start_data, end_data;
	unsigned long start_brk, brk, start_stack;
	unsigned long arg_start, arg_end, env_start, env_end;
	unsigned long saved_auxv[AT_VECTOR_SIZE];
	unsigned long vdso;		/* address of its first text page; 0: none */
	unsigned long flags;		/* MMF_*, by atomic bit operations */
	struct mm_struct *oom_next;	/* mm/oom_kill.c */
	unsigned int membarrier_state;	/* kernel/membarrier.c */
	bool has_pinned;		/* a page may be pinned, or was: fork looks (FOLL_PIN) */
	bool dumpable;			/* others with the same ids may look in: kernel/ptrace.h */
};

typedef unsigned int vm_fault_t;

#define VM_FAULT_OOM		0x0001
#define VM_FAULT_SIGBUS		0x0002
#define VM_FAULT_MAJOR		0x0004
#define VM_FAULT_SIGSEGV	0x0040
#define VM_FAULT_NOPAGE		0x0100	/* nothing left to do, no error */
#define VM_FAULT_LOCKED		0x0200	/* ->fault returned its folio locked */
#define VM_FAULT_RETRY		0x0400	/* mmap_lock was dropped: come again with TRIED */
#define VM_FAULT_FALLBACK	0x0800
#define VM_FAULT_DONE_COW	0x1000	/* ->fault copied into cow_folio */
#define VM_FAULT_COMPLETED	0x4000	/* done, and mmap_lock was dropped */
#define VM_FAULT_ERROR		(VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV)

#define FAULT_FLAG_WRITE	0x001
#define FAULT_FLAG_MKWRITE	0x002
#define FAULT_FLAG_ALLOW_RETRY	0x004	/* may drop mmap_lock to wait: VM_FAULT_RETRY */
#define FAULT_FLAG_RETRY_NOWAIT	0x008
#define FAULT_FLAG_KILLABLE	0x010
#define FAULT_FLAG_TRIED	0x020	/* second round */
#define FAULT_FLAG_USER		0x040
#define FAULT_FLAG_REMOTE	0x080	/* another task's mm */
#define FAULT_FLAG_INSTRUCTION	0x100
#define FAULT_FLAG_INTERRUPTIBLE 0x200
#define FAULT_FLAG_UNSHARE	0x400	/* read, but no one else's: see FOLL_PIN */
#define FAULT_FLAG_DEFAULT \
	(FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_KILLABLE | FAULT_FLAG_INTERRUPTIBLE)

/* What the steps of one fault tell each other. */
struct vm_fault {
	struct vm_area_struct *vma;
	pgoff_t pgoff;			/* of address, in the file */
	unsigned long address;		/* page aligned */
	const char *kind;		/* the function that did it, for the trace */
	pte_t *pmd;			/* second-level entry that covers address */
	pte_t *pte;			/* leaf entry; NULL: not looked up, or no table */
	struct spinlock *ptl;		/* of pte's table; held where the step's comment says so */
	pte_t orig_pte;			/* what was seen; compared under ptl before a change */
	struct folio *folio;		/* ->fault puts its folio here, with a reference */
	struct folio *cow_folio;	/* private write: where the copy goes */
	unsigned int flags;		/* FAULT_FLAG_* */
};

struct vm_operations_struct {
	void (*open)(struct vm_area_struct *vma);	/* a copy came to be: fork, split */
	void (*close)(struct vm_area_struct *vma);
	/* May it be cut in two at @addr?  0 or -errno; NULL: it may. */
	int (*may_split)(struct vm_area_struct *vma, unsigned long addr);
	/*
	 * Finds the folio at vmf->pgoff, reads it in if need be.  mmap_lock held for reading.  0
	 * with a referenced folio in vmf->folio, VM_FAULT_LOCKED if it is locked too, with
	 * VM_FAULT_MAJOR if it waited for a disk; or an error, or VM_FAULT_RETRY.
	 */
	vm_fault_t (*fault)(struct vm_fault *vmf);
	/*
	 * Fault-around: maps what is cached of file pages [start_pgoff, end_pgoff], all under
	 * vmf->pmd, with do_set_pte(), without sleeping.  VM_FAULT_NOPAGE if vmf->address itself is
	 * mapped now.
	 */
	vm_fault_t (*map_pages)(struct vm_fault *vmf, pgoff_t start_pgoff, pgoff_t end_pgoff);
	/*
	 * A shared page is about to become writable: may allocate blocks, may refuse (SIGBUS).
	 * VM_FAULT_LOCKED with the folio locked and still the file's, or VM_FAULT_NOPAGE if it was
	 * truncated meanwhile.
	 */
	vm_fault_t (*page_mkwrite)(struct vm_fault *vmf);
	const char *(*name)(struct vm_area_struct *vma);	/* for /proc/PID/maps */
};

static inline bool vma_is_anonymous(const struct vm_area_struct *vma)
{
	return !vma->vm_ops;
}

static inline unsigned long vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}

/* Index of @address in the file (or in the anonymous numbering) of @vma. */
static inline pgoff_t linear_page_index(const struct vm_area_struct *vma, unsigned long address)
{
	return ((address - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
}

/* The same in bytes; a position that 63 bits cannot say comes out below 0. */
static inline loff_t linear_offset(const struct vm_area_struct *vma, unsigned long address)
{
	return (linear_page_index(vma, address) << PAGE_SHIFT) + offset_in_page(address);
}

static inline unsigned long get_mm_counter(const struct mm_struct *mm, enum mm_counter member)
{
	long n = atomic_long_read(&mm->rss_stat[member]);

	return n > 0 ? n : 0;
}

static inline void add_mm_counter(struct mm_struct *mm, enum mm_counter member, long pages)
{
	atomic_long_add(pages, &mm->rss_stat[member]);
}

static inline void inc_mm_counter(struct mm_struct *mm, enum mm_counter member)
{
	atomic_long_add(1, &mm->rss_stat[member]);
}

static inline unsigned long get_mm_rss(const struct mm_struct *mm)
{
	return get_mm_counter(mm, MM_FILEPAGES) + get_mm_counter(mm, MM_ANONPAGES) +
	       get_mm_counter(mm, MM_SHMEMPAGES);
}

/* The most that RSS has ever been. */
static inline unsigned long get_mm_hiwater_rss(const struct mm_struct *mm)
{
	return max(mm->hiwater_rss, get_mm_rss(mm));
}

/* Before it shrinks. */
static inline void update_hiwater_rss(struct mm_struct *mm)
{
	mm->hiwater_rss = get_mm_hiwater_rss(mm);
}

static inline void mmap_read_lock(struct mm_struct *mm)
{
	down_read_inline(&mm->mmap_lock);
}

static inline bool mmap_read_trylock(struct mm_struct *mm)
{
	return down_read_trylock(&mm->mmap_lock);
}

static inline int mmap_read_lock_killable(struct mm_struct *mm)
{
	return down_read_killable(&mm->mmap_lock);
}

static inline void mmap_read_unlock(struct mm_struct *mm)
{
	up_read_inline(&mm->mmap_lock);
}

static inline void mmap_write_lock(struct mm_struct *mm)
{
	down_write(&mm->mmap_lock);
}

static inline int mmap_write_lock_killable(struct mm_struct *mm)
{
	return down_write_killable(&mm->mmap_lock);
}

static inline void mmap_write_unlock(struct mm_struct *mm)
{
	up_write(&mm->mmap_lock);
}

#endif
