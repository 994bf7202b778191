// SPDX-License-Identifier: MIT
/*
 * Changing what addresses mean.  Each call has two halves:
 *
 *   check    arguments, limits, the file's consent; memory for what the second half needs
 *   perform  pages out of the old place, one fence, VMAs cut, removed, joined or inserted
 *
 * and nothing in the second half can fail, so a call that returns an error has changed nothing.
 */
#include "mm/mmap.h"

#include <linux/capability.h>
#include <linux/mman.h>
#include <linux/personality.h>
#include "arch/riscv/tlb.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/mount.h"
#include "kernel/cred.h"
#include "kernel/resource.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/filemap.h"
#include "mm/gup.h"
#include "mm/memory.h"
#include "mm/mlock.h"
#include "mm/overcommit.h"
#include "mm/rmap.h"

unsigned long mmap_min_addr = 65536;

/*
 * The flags of mmap(2) that MAP_SHARED has always taken, and ignored if it did not know them.
 * MAP_SHARED_VALIDATE knows these and no more.
 */
#define LEGACY_MAP_MASK								\
	(MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_DENYWRITE |	\
	 MAP_EXECUTABLE | MAP_UNINITIALIZED | MAP_GROWSDOWN | MAP_LOCKED |	\
	 MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB |	\
	 MAP_HUGE_2MB | MAP_HUGE_1GB)

/* --- mapping --- */

static bool range_is_free(struct mm_struct *mm, unsigned long addr, unsigned long len)
{
	struct vm_area_struct *prev, *next = find_vma_prev(mm, addr, &prev);

	return (!next || addr + len <= vm_start_gap(next)) && (!prev || addr >= prev->vm_end);
}

static unsigned long find_room(struct mm_struct *mm, unsigned long addr, unsigned long len)
{
	unsigned long low = max(mmap_min_addr, (unsigned long)PAGE_SIZE), found;

	addr = PAGE_ALIGN(addr);
	if (addr >= low && addr <= TASK_SIZE - len && range_is_free(mm, addr, len))
		return addr;
	found = vm_unmapped_area(mm, len, low, mm->mmap_base);
	if (!found)
		found = vm_unmapped_area(mm, len, low, TASK_SIZE);
	return found ? found : (unsigned long)-ENOMEM;
}

unsigned long get_unmapped_area(struct mm_struct *mm, unsigned long addr, unsigned long len,
				unsigned long flags)
{
	if (len > TASK_SIZE || len > TASK_SIZE - mmap_min_addr)
		return -ENOMEM;
	if (!(flags & MAP_FIXED))
		return find_room(mm, addr, len);
	if (addr > TASK_SIZE - len)
		return -ENOMEM;
	if (offset_in_page(addr))
		return -EINVAL;
	if (addr < mmap_min_addr && !capable(CAP_SYS_RAWIO))
		return -EPERM;
	return addr;
}

/* A hint that is too low means as low as possible. */
static unsigned long round_hint_to_min(unsigned long hint)
{
	hint &= PAGE_MASK;
	return hint && hint < mmap_min_addr ? PAGE_ALIGN(mmap_min_addr) : hint;
}

static unsigned long calc_vm_flags(struct mm_struct *mm, unsigned long prot, unsigned long flags)
{
	unsigned long vm_flags = mm->def_flags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;

	/* PROT_* and VM_* have the same values. */
	vm_flags |= prot & (PROT_READ | PROT_WRITE | PROT_EXEC);
	if (flags & MAP_GROWSDOWN)
		vm_flags |= VM_GROWSDOWN;
	if (flags & MAP_LOCKED)
		vm_flags |= VM_LOCKED;
	if (flags & MAP_NORESERVE && sysctl_overcommit_memory != OVERCOMMIT_NEVER)
		vm_flags |= VM_NORESERVE;
	return vm_flags;
}

/* A shared mapping's stores go to the file: does it permit that?  Sets flags in *@vm_flags. */
static int check_shared_mapping(struct file *file, unsigned long prot, unsigned long *vm_flags)
{
	bool writable = file->f_mode & FMODE_WRITE;

	if (prot & PROT_WRITE && !writable)
		return -EACCES;
	if (file_inode(file)->i_flags & S_APPEND && writable)
		return -EACCES;
	*vm_flags |= VM_SHARED | VM_MAYSHARE;
	if (!writable)
		*vm_flags &= ~(VM_MAYWRITE | VM_SHARED);
	return 0;
}

static bool file_mmap_ok(struct file *file, pgoff_t pgoff, unsigned long len)
{
	umode_t mode = file_inode(file)->i_mode;
	u64 size = S_ISREG(mode) || S_ISBLK(mode) ? MAX_LFS_FILESIZE : ~0UL;

	return len <= size && pgoff <= (size - len) >> PAGE_SHIFT;
}

/*
 * Does the file permit it?  0 or -errno; takes from *@vm_flags what must not be had later either.
 */
static int check_file_mapping(struct file *file, unsigned long len, unsigned long prot,
			      unsigned long flags, pgoff_t pgoff, unsigned long *vm_flags)
{
	int error = 0;

	if (!file_mmap_ok(file, pgoff, len))
		return -EOVERFLOW;
	switch (flags & MAP_TYPE) {
	case MAP_SHARED_VALIDATE:
		if (flags & ~LEGACY_MAP_MASK)
			return -EOPNOTSUPP;
		fallthrough;
	case MAP_SHARED:
		error = check_shared_mapping(file, prot, vm_flags);
		break;
	case MAP_PRIVATE:
		break;
	default:
		return -EINVAL;
	}
	if (error)
		return error;
	if (!(file->f_mode & FMODE_READ))
		return -EACCES;
	if (path_noexec(&file->f_path) && *vm_flags & VM_EXEC)
		return -EPERM;
	if (path_noexec(&file->f_path))
		*vm_flags &= ~VM_MAYEXEC;
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

int mmap_region(struct mm_struct *mm, struct file *file, unsigned long addr, unsigned long len,
		unsigned long vm_flags, pgoff_t pgoff)
{
	struct unmapping u = { .mm = mm, .start = addr, .end = addr + len };
	unsigned long pages = len >> PAGE_SHIFT;
	struct vm_area_struct *vma;
	int error;

	if (!may_expand_vm(mm, vm_flags, pages) &&
	    !may_expand_vm(mm, vm_flags, pages - count_vma_pages_range(mm, addr, addr + len)))
		return -ENOMEM;
	vma = vma_create(mm, file, addr, len, vm_flags, pgoff);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	error = unmap_prepare(&u);
	if (error) {
		if (vma->vm_flags & VM_ACCOUNT)
			vm_unacct_memory(pages);
		vma->vm_next = mm->gone;
		mm->gone = vma;
		return error;
	}
	unmap_perform(&u);
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
	if (prot & PROT_READ && current->personality & READ_IMPLIES_EXEC &&
	    !(file && path_noexec(&file->f_path)))
		prot |= PROT_EXEC;
	if (flags & MAP_FIXED_NOREPLACE)
		flags |= MAP_FIXED;
	if (!(flags & MAP_FIXED))
		addr = round_hint_to_min(addr);
	len = PAGE_ALIGN(len);
	if (!len)
		return -ENOMEM;
	if (pgoff + (len >> PAGE_SHIFT) < pgoff)
		return -EOVERFLOW;
	if (mm->map_count > sysctl_max_map_count)
		return -ENOMEM;
	addr = get_unmapped_area(mm, addr, len, flags);
	if (IS_ERR_VALUE(addr))
		return addr;
	if (flags & MAP_FIXED_NOREPLACE && find_vma_intersection(mm, addr, addr + len))
		return -EEXIST;
	vm_flags = calc_vm_flags(mm, prot, flags);
	if (flags & MAP_LOCKED && !can_do_mlock())
		return -EPERM;
	if (!mlock_future_allowed(mm, vm_flags, len))
		return -EAGAIN;
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
	bool locked, populate;
	unsigned long ret;

	if (offset_in_page(off))
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = do_mmap(mm, file, addr, len, prot, flags, (long)off >> PAGE_SHIFT);
	locked = flags & MAP_LOCKED || mm->def_flags & VM_LOCKED;
	mmap_write_unlock_gone(mm);
	populate = locked || (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
	if (populate && !IS_ERR_VALUE(ret))
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

/* --- fork --- */

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
	vma->vm_flags &= ~VM_LOCKED_MASK;
	if (!(vma->vm_flags & VM_WIPEONFORK) && anon_vma_fork(vma, mpnt)) {
		vma_release(vma);
		if (account)
			vm_unacct_memory(vma_pages(mpnt));
		return -ENOMEM;
	}
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
