// SPDX-License-Identifier: MIT
/*
 * Changing what addresses mean.  Each call has two halves:
 *
 *   check    arguments, limits, the file's consent; memory for what the second half needs
 *   perform  pages out of the old place, one fence, VMAs cut, removed, joined or inserted
 *
 * and nothing in the second half can fail, so a call that returns an error has changed nothing.
 *
 * P1 total_vm, data_vm, exec_vm and stack_vm are the pages of the VMAs of each kind.
 * P2 vm_committed_as counts the pages of all VMAs with VM_ACCOUNT, and what shmem.c S3 says.
 * P3 Tables are freed only when their range is out of every VMA that rmap can find (mm/pgtable.h).
 */
#include "mm/mmap.h"

#include <linux/capability.h>
#include <linux/mman.h>
#include "arch/riscv/tlb.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "kernel/cred.h"
#include "kernel/init.h"
#include "kernel/resource.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "lib/string.h"
#include "mm/filemap.h"
#include "mm/gup.h"
#include "mm/memory.h"
#include "mm/mmu_gather.h"
#include "mm/page_alloc.h"
#include "mm/pgtable.h"
#include "mm/rmap.h"
#include "mm/shmem.h"
#include "mm/slab.h"

int sysctl_max_map_count = 65530;
int sysctl_overcommit_memory;
unsigned long mmap_min_addr = 65536;
atomic_long_t vm_committed_as;

/* mmap_base leaves at least this for the stack, and at most 5/6 of everything. */
#define MIN_STACK_ROOM	(128UL << 20)
#define MAX_STACK_ROOM	(TASK_SIZE / 6 * 5)

static struct kmem_cache *vm_area_cachep;

static void mmap_init(void)
{
	vm_area_cachep = kmem_cache_create("vm_area_struct", sizeof(struct vm_area_struct), 0,
					   NULL);
}
core_initcall(mmap_init);

/* --- VMAs as objects --- */

struct vm_area_struct *vm_area_alloc(void)
{
	return kmem_cache_alloc(vm_area_cachep, GFP_KERNEL);
}

void vm_area_free(struct vm_area_struct *vma)
{
	if (vma)
		kmem_cache_free(vm_area_cachep, vma);
}

void vma_copy(struct vm_area_struct *dst, const struct vm_area_struct *src)
{
	*dst = *src;
	if (dst->vm_file) {
		get_file(dst->vm_file);
		if (dst->vm_flags & VM_SHARED)
			mapping_dup_writable(dst->vm_file->f_mapping);
	}
	anon_vma_clone(dst, src);
	if (dst->vm_ops && dst->vm_ops->open)
		dst->vm_ops->open(dst);
}

void vma_release(struct vm_area_struct *vma)
{
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
	unlink_anon_vmas(vma);
	if (vma->vm_file) {
		if (vma->vm_flags & VM_SHARED)
			mapping_unmap_writable(vma->vm_file->f_mapping);
		fput(vma->vm_file);
	}
	vm_area_free(vma);
}

/*
 * Entries of mappings by VM_SHARED, VM_EXEC, VM_WRITE, VM_READ.  Sv39 has no entry that is writable
 * but not readable.
 */
pte_t vm_get_page_prot(unsigned long vm_flags)
{
	static const pte_t protection_map[16] = {
		[VM_READ] = PAGE_READ,
		[VM_WRITE] = PAGE_READ,
		[VM_WRITE | VM_READ] = PAGE_READ,
		[VM_EXEC] = PAGE_EXEC,
		[VM_EXEC | VM_READ] = PAGE_READ_EXEC,
		[VM_EXEC | VM_WRITE] = PAGE_READ_EXEC,
		[VM_EXEC | VM_WRITE | VM_READ] = PAGE_READ_EXEC,
		[VM_SHARED | VM_READ] = PAGE_READ,
		[VM_SHARED | VM_WRITE] = PAGE_WRITE,
		[VM_SHARED | VM_WRITE | VM_READ] = PAGE_WRITE,
		[VM_SHARED | VM_EXEC] = PAGE_EXEC,
		[VM_SHARED | VM_EXEC | VM_READ] = PAGE_READ_EXEC,
		[VM_SHARED | VM_EXEC | VM_WRITE] = PAGE_WRITE_EXEC,
		[VM_SHARED | VM_EXEC | VM_WRITE | VM_READ] = PAGE_WRITE_EXEC,
	};
	unsigned long key = vm_flags & (VM_ACCESS_FLAGS | VM_SHARED);

	return key & VM_ACCESS_FLAGS ? protection_map[key] : PAGE_NONE;
}

void vma_set_page_prot(struct vm_area_struct *vma)
{
	unsigned long vm_flags = vma->vm_flags;

	/* Where the file wants to be told of the first store to a page, that must fault. */
	if ((vm_flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE) && vma->vm_ops &&
	    vma->vm_ops->page_mkwrite)
		vm_flags &= ~VM_SHARED;
	vma->vm_page_prot = vm_get_page_prot(vm_flags);
}

/* --- bookkeeping and limits --- */

static bool is_stack_mapping(unsigned long vm_flags)
{
	return vm_flags & VM_GROWSDOWN;
}

static bool is_data_mapping(unsigned long vm_flags)
{
	return (vm_flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE;
}

void vm_stat_account(struct mm_struct *mm, unsigned long vm_flags, long pages)
{
	mm->total_vm += pages;
	if ((vm_flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) == VM_EXEC)
		mm->exec_vm += pages;
	else if (is_stack_mapping(vm_flags))
		mm->stack_vm += pages;
	else if (is_data_mapping(vm_flags))
		mm->data_vm += pages;
}

bool may_expand_vm(struct mm_struct *mm, unsigned long vm_flags, unsigned long pages)
{
	if (mm->total_vm + pages > rlimit(RLIMIT_AS) >> PAGE_SHIFT)
		return false;
	return !is_data_mapping(vm_flags) ||
	       mm->data_vm + pages <= rlimit(RLIMIT_DATA) >> PAGE_SHIFT;
}

int vm_enough_memory(unsigned long pages)
{
	if (sysctl_overcommit_memory != 1 && pages > totalram_pages())
		return -ENOMEM;
	atomic_long_add(pages, &vm_committed_as);
	return 0;
}

void vm_unacct_memory(unsigned long pages)
{
	atomic_long_sub(pages, &vm_committed_as);
}

static bool accountable_mapping(unsigned long vm_flags)
{
	return (vm_flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE;
}

/* Pages of [start, end) that are mapped already. */
static unsigned long count_vma_pages_range(struct mm_struct *mm, unsigned long start,
					   unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	unsigned long pages = 0;

	for (; vma && vma->vm_start < end; vma = vma->vm_next)
		pages += (min(end, vma->vm_end) - max(start, vma->vm_start)) >> PAGE_SHIFT;
	return pages;
}

static void update_hiwater(struct mm_struct *mm)
{
	mm->hiwater_rss = max(mm->hiwater_rss, get_mm_rss(mm));
	mm->hiwater_vm = max(mm->hiwater_vm, mm->total_vm);
}

/* --- unmapping --- */

/*
 * Can [start, end) be unmapped?  A hole in one VMA leaves two: *@spare is for the second.  0 or
 * -ENOMEM.
 */
static int unmap_prepare(struct mm_struct *mm, unsigned long start, unsigned long end,
			 struct vm_area_struct **spare)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, start, end);

	*spare = NULL;
	if (!vma || start <= vma->vm_start || end >= vma->vm_end)
		return 0;
	if (mm->map_count >= sysctl_max_map_count)
		return -ENOMEM;
	*spare = vm_area_alloc();
	return *spare ? 0 : -ENOMEM;
}

/*
 * Cuts [start, end) out of the VMAs from @vma on; those that are gone altogether are left on
 * mm->gone.
 */
static void detach_range(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long start,
			 unsigned long end, struct vm_area_struct *spare)
{
	struct vm_area_struct *next;

	for (; vma && vma->vm_start < end; vma = next) {
		unsigned long from = max(start, vma->vm_start), to = min(end, vma->vm_end);

		next = vma->vm_next;
		vm_stat_account(mm, vma->vm_flags, -(long)((to - from) >> PAGE_SHIFT));
		if (vma->vm_flags & VM_ACCOUNT)
			vm_unacct_memory((to - from) >> PAGE_SHIFT);
		if (from == vma->vm_start && to == vma->vm_end) {
			vma_unlink(mm, vma);
			vma->vm_next = mm->gone;
			mm->gone = vma;
		} else if (to == vma->vm_end) {
			vma_resize(mm, vma, vma->vm_start, from);
		} else if (from == vma->vm_start) {
			vma_resize(mm, vma, to, vma->vm_end);
		} else {
			vma_split(mm, vma, to, spare);
			vma_resize(mm, vma, vma->vm_start, from);
		}
	}
}

/* Does what unmap_prepare() has prepared.  Cannot fail. */
static void unmap_perform(struct mm_struct *mm, unsigned long start, unsigned long end,
			  struct vm_area_struct *spare)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, start, end), *prev, *next;
	struct mmu_gather tlb;

	if (!vma)
		return;
	update_hiwater(mm);
	tlb_gather_mmu(&tlb, mm);
	unmap_vmas(&tlb, vma, start, end);
	detach_range(mm, vma, start, end, spare);
	next = find_vma_prev(mm, start, &prev);
	free_pgtables(&tlb, start, end, prev ? prev->vm_end : 0,
		      next ? next->vm_start : USER_PGTABLES_CEILING);
	tlb_finish_mmu(&tlb);
}

void mmap_write_unlock_gone(struct mm_struct *mm)
{
	struct vm_area_struct *vma = mm->gone, *next;

	mm->gone = NULL;
	mmap_write_unlock(mm);
	for (; vma; vma = next) {
		next = vma->vm_next;
		vma_release(vma);
	}
}

int do_munmap(struct mm_struct *mm, unsigned long start, unsigned long len)
{
	struct vm_area_struct *spare;
	int error;

	if (offset_in_page(start) || start > TASK_SIZE || len > TASK_SIZE - start)
		return -EINVAL;
	len = PAGE_ALIGN(len);
	if (!len)
		return -EINVAL;
	error = unmap_prepare(mm, start, start + len, &spare);
	if (!error)
		unmap_perform(mm, start, start + len, spare);
	return error;
}

int vm_munmap(unsigned long start, unsigned long len)
{
	struct mm_struct *mm = current->mm;
	int error;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	error = do_munmap(mm, start, len);
	mmap_write_unlock_gone(mm);
	return error;
}

SYSCALL_DEFINE2(munmap, unsigned long, addr, size_t, len)
{
	return vm_munmap(addr, len);
}

/* --- mapping --- */

static bool range_is_free(struct mm_struct *mm, unsigned long addr, unsigned long len)
{
	struct vm_area_struct *prev, *next = find_vma_prev(mm, addr, &prev);

	return (!next || addr + len <= vm_start_gap(next)) && (!prev || addr >= prev->vm_end);
}

unsigned long get_unmapped_area(struct mm_struct *mm, unsigned long addr, unsigned long len)
{
	unsigned long found;

	if (len > TASK_SIZE - mmap_min_addr)
		return -ENOMEM;
	addr = PAGE_ALIGN(addr);
	if (addr >= mmap_min_addr && addr <= TASK_SIZE - len && range_is_free(mm, addr, len))
		return addr;
	found = vm_unmapped_area(mm, len, mmap_min_addr, mm->mmap_base);
	if (!found)
		found = vm_unmapped_area(mm, len, mmap_min_addr, TASK_SIZE);
	return found ? found : (unsigned long)-ENOMEM;
}

/* The address that mmap(2)'s hint and flags lead to, or -errno. */
static unsigned long mmap_address(struct mm_struct *mm, unsigned long addr, unsigned long len,
				  unsigned long flags)
{
	if (!(flags & MAP_FIXED))
		return get_unmapped_area(mm, addr < mmap_min_addr ? 0 : addr & PAGE_MASK, len);
	if (len > TASK_SIZE || addr > TASK_SIZE - len)
		return -ENOMEM;
	if (offset_in_page(addr))
		return -EINVAL;
	if (addr < mmap_min_addr && !capable(CAP_SYS_RAWIO))
		return -EPERM;
	if ((flags & MAP_FIXED_NOREPLACE) == MAP_FIXED_NOREPLACE &&
	    find_vma_intersection(mm, addr, addr + len))
		return -EEXIST;
	return addr;
}

static unsigned long calc_vm_flags(struct mm_struct *mm, unsigned long prot, unsigned long flags)
{
	unsigned long vm_flags = mm->def_flags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;

	/* PROT_* and VM_* have the same values. */
	vm_flags |= prot & (PROT_READ | PROT_WRITE | PROT_EXEC);
	if (flags & MAP_GROWSDOWN)
		vm_flags |= VM_GROWSDOWN;
	if (flags & MAP_NORESERVE && sysctl_overcommit_memory != 2)
		vm_flags |= VM_NORESERVE;
	return vm_flags;
}

/*
 * Does the file permit it?  0 or -errno; takes from *@vm_flags what must not be had later either.
 */
static int check_file_mapping(struct file *file, unsigned long len, unsigned long prot,
			      unsigned long flags, pgoff_t pgoff, unsigned long *vm_flags)
{
	unsigned long type = flags & MAP_TYPE;

	if (pgoff > (MAX_LFS_FILESIZE - len) >> PAGE_SHIFT)
		return -EOVERFLOW;
	if (type == MAP_SHARED_VALIDATE && flags & MAP_SYNC)
		return -EOPNOTSUPP;
	if (type == MAP_SHARED || type == MAP_SHARED_VALIDATE) {
		if (prot & PROT_WRITE && !(file->f_mode & FMODE_WRITE))
			return -EACCES;
		if (file_inode(file)->i_flags & S_APPEND && file->f_mode & FMODE_WRITE)
			return -EACCES;
		*vm_flags |= VM_SHARED | VM_MAYSHARE;
		if (!(file->f_mode & FMODE_WRITE))
			*vm_flags &= ~(VM_MAYWRITE | VM_SHARED);
	} else if (type != MAP_PRIVATE) {
		return -EINVAL;
	}
	if (!(file->f_mode & FMODE_READ))
		return -EACCES;
	if (!file->f_op->mmap)
		return -ENODEV;
	return *vm_flags & VM_GROWSDOWN ? -EINVAL : 0;
}

/* The same for memory without a file. */
static int check_anon_mapping(unsigned long flags, unsigned long *vm_flags)
{
	switch (flags & MAP_TYPE) {
	case MAP_PRIVATE:
		return 0;
	case MAP_SHARED:
		*vm_flags |= VM_SHARED | VM_MAYSHARE;
		return *vm_flags & VM_GROWSDOWN ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

/*
 * What a new VMA shows: vm_file, which agrees and is counted then, maybe another one than before; a
 * file of its own for shared memory; or nothing.  0 or -errno.
 */
static int vma_get_content(struct vm_area_struct *vma)
{
	struct file *file = vma->vm_file;
	int error = 0;

	if (file) {
		get_file(file);
		error = file->f_op->mmap(file, vma);
	} else if (vma->vm_flags & VM_SHARED) {
		error = shmem_zero_setup(vma);
	}
	if (!error && vma->vm_flags & VM_SHARED)
		error = mapping_map_writable(vma->vm_file->f_mapping);
	if (error && vma->vm_file)
		fput(vma->vm_file);
	return error;
}

/* A VMA for the range, in no tree yet, its pages promised.  ERR_PTR: nothing is promised. */
static struct vm_area_struct *vma_create(struct mm_struct *mm, struct file *file,
					 unsigned long addr, unsigned long len,
					 unsigned long vm_flags, pgoff_t pgoff)
{
	struct vm_area_struct *vma;
	int error;

	if (accountable_mapping(vm_flags)) {
		if (vm_enough_memory(len >> PAGE_SHIFT))
			return ERR_PTR(-ENOMEM);
		vm_flags |= VM_ACCOUNT;
	}
	vma = vm_area_alloc();
	error = -ENOMEM;
	if (!vma)
		goto unacct;
	*vma = (struct vm_area_struct){
		.vm_start = addr, .vm_end = addr + len, .vm_flags = vm_flags | VM_SOFTDIRTY,
		.vm_mm = mm, .vm_pgoff = pgoff, .vm_file = file,
	};
	error = vma_get_content(vma);
	if (error)
		goto free;
	vma_set_page_prot(vma);
	return vma;
free:
	vm_area_free(vma);
unacct:
	if (vm_flags & VM_ACCOUNT)
		vm_unacct_memory(len >> PAGE_SHIFT);
	return ERR_PTR(error);
}

/* Gives a VMA that vma_create() made its place, which is free.  Cannot fail. */
static void vma_insert(struct mm_struct *mm, struct vm_area_struct *vma)
{
	vm_stat_account(mm, vma->vm_flags, vma_pages(vma));
	if (vma_merge_range(mm, vma))
		vma_release(vma);
	else
		vma_link(mm, vma);
}

/* Maps [addr, addr + len), whatever was there.  0 or -errno. */
static int mmap_region(struct mm_struct *mm, struct file *file, unsigned long addr,
		       unsigned long len, unsigned long vm_flags, pgoff_t pgoff)
{
	unsigned long pages = len >> PAGE_SHIFT;
	struct vm_area_struct *vma, *spare;
	int error;

	if (!may_expand_vm(mm, vm_flags, pages) &&
	    !may_expand_vm(mm, vm_flags, pages - count_vma_pages_range(mm, addr, addr + len)))
		return -ENOMEM;
	vma = vma_create(mm, file, addr, len, vm_flags, pgoff);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	error = unmap_prepare(mm, addr, addr + len, &spare);
	if (error) {
		if (vma->vm_flags & VM_ACCOUNT)
			vm_unacct_memory(pages);
		vma_release(vma);
		return error;
	}
	unmap_perform(mm, addr, addr + len, spare);
	vma_insert(mm, vma);
	return 0;
}

/* The checks of mmap(2) in its order, then the mapping.  Locked. */
static unsigned long do_mmap(struct mm_struct *mm, struct file *file, unsigned long addr,
			     unsigned long len, unsigned long prot, unsigned long flags,
			     pgoff_t pgoff)
{
	unsigned long vm_flags;
	int error;

	if (!len)
		return -EINVAL;
	if (flags & MAP_FIXED_NOREPLACE)
		flags |= MAP_FIXED | MAP_FIXED_NOREPLACE;
	len = PAGE_ALIGN(len);
	if (!len)
		return -ENOMEM;
	if (pgoff + (len >> PAGE_SHIFT) < pgoff)
		return -EOVERFLOW;
	if (mm->map_count > sysctl_max_map_count)
		return -ENOMEM;
	addr = mmap_address(mm, addr, len, flags);
	if (IS_ERR_VALUE(addr))
		return addr;
	vm_flags = calc_vm_flags(mm, prot, flags);
	if (file)
		error = check_file_mapping(file, len, prot, flags, pgoff, &vm_flags);
	else
		error = check_anon_mapping(flags, &vm_flags);
	if (!file)
		pgoff = vm_flags & VM_SHARED ? 0 : addr >> PAGE_SHIFT;
	if (!error)
		error = mmap_region(mm, file, addr, len, vm_flags, pgoff);
	return error ? (unsigned long)error : addr;
}

unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long off)
{
	struct mm_struct *mm = current->mm;
	unsigned long ret;

	if (offset_in_page(off))
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = do_mmap(mm, file, addr, len, prot, flags, off >> PAGE_SHIFT);
	mmap_write_unlock_gone(mm);
	if (flags & (MAP_POPULATE | MAP_LOCKED) && !(flags & MAP_NONBLOCK) && !IS_ERR_VALUE(ret))
		mm_populate(mm, ret, PAGE_ALIGN(len));
	return ret;
}

SYSCALL_DEFINE6(mmap, unsigned long, addr, unsigned long, len, unsigned long, prot, unsigned long,
		flags, int, fd, unsigned long, off)
{
	struct file *file = NULL;
	unsigned long ret;

	if (offset_in_page(off))
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		file = fget(fd);
		if (!file)
			return -EBADF;
	}
	ret = -EINVAL;
	if (!(flags & MAP_HUGETLB))
		ret = vm_mmap(file, addr, len, prot, flags, off);
	if (file)
		fput(file);
	return ret;
}

/* --- the heap --- */

/* Anonymous private memory at a free place.  0 or -ENOMEM.  Locked. */
static int do_brk_flags(struct mm_struct *mm, unsigned long addr, unsigned long len,
			unsigned long flags)
{
	flags |= VM_DATA_DEFAULT_FLAGS | mm->def_flags;
	if (mm->map_count > sysctl_max_map_count)
		return -ENOMEM;
	return mmap_region(mm, NULL, addr, len, flags, addr >> PAGE_SHIFT);
}

int vm_brk_flags(unsigned long addr, unsigned long len, unsigned long flags)
{
	struct mm_struct *mm = current->mm;
	int error;

	len = PAGE_ALIGN(len);
	if (!len)
		return 0;
	if (addr > TASK_SIZE || len > TASK_SIZE - addr)
		return -ENOMEM;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	error = do_brk_flags(mm, addr, len, flags);
	mmap_write_unlock_gone(mm);
	return error;
}

static bool brk_allowed(struct mm_struct *mm, unsigned long brk)
{
	unsigned long limit = rlimit(RLIMIT_DATA);

	return limit == RLIM_INFINITY ||
	       brk - mm->start_brk + (mm->end_data - mm->start_data) <= limit;
}

/* Moves the end of the heap; false: it stays. */
static bool move_brk(struct mm_struct *mm, unsigned long brk)
{
	unsigned long newbrk = PAGE_ALIGN(brk), oldbrk = PAGE_ALIGN(mm->brk);
	struct vm_area_struct *next;

	if (brk < mm->start_brk || brk > TASK_SIZE || !brk_allowed(mm, brk))
		return false;
	if (newbrk < oldbrk)
		return !do_munmap(mm, newbrk, oldbrk - newbrk);
	if (newbrk == oldbrk)
		return true;
	next = find_vma(mm, oldbrk);
	if (next && newbrk + PAGE_SIZE > vm_start_gap(next))
		return false;
	return !do_brk_flags(mm, oldbrk, newbrk - oldbrk, 0);
}

SYSCALL_DEFINE1(brk, unsigned long, brk)
{
	struct mm_struct *mm = current->mm;
	unsigned long now;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	if (move_brk(mm, brk))
		mm->brk = brk;
	now = mm->brk;
	mmap_write_unlock_gone(mm);
	return now;
}

/* --- stack and special mappings --- */

void arch_pick_mmap_layout(struct mm_struct *mm)
{
	unsigned long room = min(rlimit(RLIMIT_STACK), MAX_STACK_ROOM) + stack_guard_gap;

	mm->mmap_base = PAGE_ALIGN(TASK_SIZE - clamp(room, MIN_STACK_ROOM, MAX_STACK_ROOM));
}

int insert_stack_vma(struct mm_struct *mm, unsigned long top)
{
	struct vm_area_struct *vma;

	mmap_write_lock(mm);
	vma = vma_create(mm, NULL, top - PAGE_SIZE, PAGE_SIZE, VM_STACK_FLAGS,
			 (top - PAGE_SIZE) >> PAGE_SHIFT);
	if (!IS_ERR(vma))
		vma_insert(mm, vma);
	mmap_write_unlock(mm);
	return PTR_ERR_OR_ZERO(vma);
}

/* May the stack be @size bytes, @grow pages more than now? */
static bool stack_may_grow(const struct vm_area_struct *vma, unsigned long address)
{
	unsigned long grow = (vma->vm_start - address) >> PAGE_SHIFT;
	struct vm_area_struct *prev = vma->vm_prev;

	if (vma->vm_end - address > rlimit(RLIMIT_STACK) ||
	    !may_expand_vm(vma->vm_mm, vma->vm_flags, grow))
		return false;
	if (address < mmap_min_addr)
		return false;
	/* An inaccessible neighbour is a guard of the user's own. */
	return !prev || prev->vm_flags & VM_GROWSDOWN || !(prev->vm_flags & VM_ACCESS_FLAGS) ||
	       (address >= prev->vm_end && address - prev->vm_end >= stack_guard_gap);
}

int expand_stack(struct vm_area_struct *vma, unsigned long address)
{
	struct mm_struct *mm = vma->vm_mm;
	int error = 0;

	address &= PAGE_MASK;
	/* Two threads may come here, both with mmap_lock for reading. */
	spin_lock(&mm->page_table_lock);
	if (address < vma->vm_start) {
		unsigned long grow = (vma->vm_start - address) >> PAGE_SHIFT;

		if (!stack_may_grow(vma, address) ||
		    (vma->vm_prev && vma->vm_prev->vm_end > address))
			error = -ENOMEM;
		else
			error = vma->vm_flags & VM_ACCOUNT ? vm_enough_memory(grow) : 0;
		if (!error) {
			vm_stat_account(mm, vma->vm_flags, grow);
			vma_resize(mm, vma, address, vma->vm_end);
		}
	}
	spin_unlock(&mm->page_table_lock);
	return error;
}

static vm_fault_t special_mapping_fault(struct vm_fault *vmf)
{
	const struct vm_special_mapping *spec = vmf->vma->vm_private_data;
	struct folio **folio = spec->pages;

	for (pgoff_t n = vmf->pgoff; n && *folio; n--)
		folio++;
	return *folio ? vmf_insert_pfn(vmf, folio_pfn(*folio)) : VM_FAULT_SIGBUS;
}

static const char *special_mapping_name(struct vm_area_struct *vma)
{
	const struct vm_special_mapping *spec = vma->vm_private_data;

	return spec->name;
}

static const struct vm_operations_struct special_mapping_vmops = {
	.fault = special_mapping_fault,
	.name = special_mapping_name,
};

int install_special_mapping(struct mm_struct *mm, unsigned long addr, unsigned long len,
			    unsigned long flags, const struct vm_special_mapping *spec)
{
	struct vm_area_struct *vma;

	vma = vma_create(mm, NULL, addr, len, flags | VM_PFNMAP | VM_DONTEXPAND, 0);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	vma->vm_ops = &special_mapping_vmops;
	vma->vm_private_data = (void *)spec;
	vma_insert(mm, vma);
	return 0;
}

const char *arch_vma_name(struct vm_area_struct *vma)
{
	const struct mm_struct *mm = vma->vm_mm;

	if (vma->vm_file)
		return NULL;
	if (vma->vm_ops && vma->vm_ops->name)
		return vma->vm_ops->name(vma);
	if (vma->vm_start <= mm->brk && vma->vm_end >= mm->start_brk)
		return "[heap]";
	if (vma->vm_start <= mm->start_stack && vma->vm_end >= mm->start_stack)
		return "[stack]";
	return NULL;
}

/* --- fork and exit --- */

/* The child's VMA for the parent's @mpnt, with the pages it cannot fault in.  0 or -ENOMEM. */
static int dup_vma(struct mm_struct *mm, struct vm_area_struct *mpnt)
{
	bool account = mpnt->vm_flags & VM_ACCOUNT;
	struct vm_area_struct *vma;

	if (account && vm_enough_memory(vma_pages(mpnt)))
		return -ENOMEM;
	vma = vm_area_alloc();
	if (!vma) {
		if (account)
			vm_unacct_memory(vma_pages(mpnt));
		return -ENOMEM;
	}
	vma_copy(vma, mpnt);
	vma->vm_mm = mm;
	vma->vm_flags &= ~VM_LOCKED;
	if (vma->vm_flags & VM_WIPEONFORK)
		unlink_anon_vmas(vma);
	vma_link(mm, vma);
	return vma->vm_flags & VM_WIPEONFORK ? 0 : copy_page_range(vma, mpnt);
}

int dup_mmap(struct mm_struct *mm, struct mm_struct *oldmm)
{
	struct vm_area_struct *mpnt;
	int error = 0;

	if (mmap_write_lock_killable(oldmm))
		return -EINTR;
	/*
	 * The rest of the numbers was copied with the struct, maybe before another thread changed
	 * them.
	 */
	mm->total_vm = oldmm->total_vm;
	mm->data_vm = oldmm->data_vm;
	mm->exec_vm = oldmm->exec_vm;
	mm->stack_vm = oldmm->stack_vm;
	for (mpnt = oldmm->mmap; mpnt && !error; mpnt = mpnt->vm_next) {
		if (mpnt->vm_flags & VM_DONTCOPY)
			vm_stat_account(mm, mpnt->vm_flags, -(long)vma_pages(mpnt));
		else if (fatal_signal_pending(current))
			error = -EINTR;
		else
			error = dup_vma(mm, mpnt);
	}
	/*
	 * The parent lost W in many entries: one fence for all, before anybody can write a shared
	 * folio.
	 */
	flush_tlb_mm(oldmm);
	mmap_write_unlock(oldmm);
	return error;
}

void exit_mmap(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *next;
	struct mmu_gather tlb;

	mmap_write_lock(mm);
	tlb_gather_mmu(&tlb, mm);
	unmap_vmas(&tlb, mm->mmap, 0, USER_PGTABLES_CEILING);
	for (vma = mm->mmap; vma; vma = vma->vm_next)
		i_mmap_remove(vma);
	/*
	 * Floor 0: what lies below was freed with the VMAs before, but for tables that reach up to
	 * here.
	 */
	for (vma = mm->mmap; vma; vma = vma->vm_next) {
		if (vma->vm_flags & VM_ACCOUNT)
			vm_unacct_memory(vma_pages(vma));
		free_pgtables(&tlb, vma->vm_start, vma->vm_end, 0,
			      vma->vm_next ? vma->vm_next->vm_start : USER_PGTABLES_CEILING);
	}
	tlb_finish_mmu(&tlb);
	vma = mm->mmap;
	mm->mmap = mm->vmacache = NULL;
	mm->mm_rb = RB_ROOT;
	mm->map_count = mm->total_vm = 0;
	mmap_write_unlock(mm);
	for (; vma; vma = next) {
		next = vma->vm_next;
		vma_release(vma);
	}
}
