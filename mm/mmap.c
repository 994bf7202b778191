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
#include "mm/mlock.h"
#include "mm/mmu_gather.h"
#include "mm/overcommit.h"
#include "mm/pgtable.h"
#include "mm/rmap.h"
#include "mm/shmem.h"
#include "mm/slab.h"

int sysctl_max_map_count = 65530;
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
	struct vm_area_struct *vma = kmem_cache_alloc(vm_area_cachep, GFP_KERNEL);

	if (vma)
		INIT_LIST_HEAD(&vma->anon_vma_chain);
	return vma;
}

struct vm_area_struct *vma_alloc_spare(const struct vm_area_struct *vma)
{
	struct vm_area_struct *spare = vm_area_alloc();

	if (spare && anon_vma_reserve(spare, vma)) {
		vm_area_free(spare);
		return NULL;
	}
	return spare;
}

void vm_area_free(struct vm_area_struct *vma)
{
	if (!vma)
		return;
	unlink_anon_vmas(vma);
	kmem_cache_free(vm_area_cachep, vma);
}

void vma_copy(struct vm_area_struct *dst, const struct vm_area_struct *src)
{
	LIST_HEAD(reserved);

	list_splice_init(&dst->anon_vma_chain, &reserved);
	*dst = *src;
	INIT_LIST_HEAD(&dst->anon_vma_chain);
	list_splice(&reserved, &dst->anon_vma_chain);
	dst->anon_vma = NULL;
	if (dst->vm_file) {
		get_file(dst->vm_file);
		if (dst->vm_flags & VM_SHARED)
			mapping_dup_writable(dst->vm_file->f_mapping);
	}
	if (dst->vm_ops && dst->vm_ops->open)
		dst->vm_ops->open(dst);
}

void vma_release(struct vm_area_struct *vma)
{
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
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
	unsigned long data = mm->data_vm + pages, limit = rlimit(RLIMIT_DATA);

	if (mm->total_vm + pages > rlimit(RLIMIT_AS) >> PAGE_SHIFT)
		return false;
	if (!is_data_mapping(vm_flags) || data <= limit >> PAGE_SHIFT)
		return true;
	/* Programs that set 0 mean the heap; Linux asks the hard limit then, and so do we. */
	return !limit && data <= rlimit_max(RLIMIT_DATA) >> PAGE_SHIFT;
}

/* The same for locked memory. */
static void account_locked(struct mm_struct *mm, unsigned long vm_flags, long pages)
{
	if (vm_flags & VM_LOCKED)
		mm->locked_vm += pages;
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
	update_hiwater_rss(mm);
	mm->hiwater_vm = max(mm->hiwater_vm, mm->total_vm);
}

/* --- parts of VMAs --- */

int vma_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	if (addr <= vma->vm_start || addr >= vma->vm_end)
		return 0;
	return vma->vm_ops && vma->vm_ops->may_split ? vma->vm_ops->may_split(vma, addr) : 0;
}

/* Cuts @vma at @addr, if that is inside it.  0 or -errno. */
static int split_at(struct vm_area_struct *vma, unsigned long addr)
{
	int error = vma_may_split(vma, addr);
	struct vm_area_struct *spare;

	if (error || addr <= vma->vm_start || addr >= vma->vm_end)
		return error;
	if (vma->vm_mm->map_count >= sysctl_max_map_count)
		return -ENOMEM;
	spare = vma_alloc_spare(vma);
	if (!spare)
		return -ENOMEM;
	vma_split(vma->vm_mm, vma, addr, spare);
	return 0;
}

int vma_isolate(struct vm_area_struct **vmap, unsigned long start, unsigned long end)
{
	int error = split_at(*vmap, start);

	if (error)
		return error;
	if (start > (*vmap)->vm_start)
		*vmap = (*vmap)->vm_next;
	return split_at(*vmap, end);
}

struct vm_area_struct *vma_modify(struct vm_area_struct *vma, unsigned long start,
				  unsigned long end, unsigned long flags)
{
	struct vm_area_struct *whole = vma_shift_edge(vma->vm_mm, vma, start, end, flags);
	int error;

	if (whole)
		return whole;
	error = vma_isolate(&vma, start, end);
	if (error)
		return ERR_PTR(error);
	vma->vm_flags = flags;
	vma_set_page_prot(vma);
	return vma_merge_neighbours(vma->vm_mm, vma);
}

/* --- unmapping --- */

struct unmapping {
	struct mm_struct *mm;
	unsigned long start, end;
	struct vm_area_struct *first;	/* NULL: nothing is mapped there */
	struct vm_area_struct *spare;	/* a hole in one VMA leaves two: for the second */
};

/* May the VMAs that hold the two ends be cut there? */
static int may_cut(const struct unmapping *u)
{
	struct vm_area_struct *first = u->first;
	struct vm_area_struct *last = first->vm_end < u->end ? find_vma(u->mm, u->end) : first;
	int error = vma_may_split(first, u->start);

	return !error && last ? vma_may_split(last, u->end) : error;
}

/* Can u->start to u->end be unmapped?  0 or -errno. */
static int unmap_prepare(struct unmapping *u)
{
	struct vm_area_struct *vma = find_vma_intersection(u->mm, u->start, u->end);
	bool hole = vma && vma->vm_start < u->start && u->end < vma->vm_end;
	int error;

	u->first = vma;
	if (!vma)
		return 0;
	if (hole && u->mm->map_count >= sysctl_max_map_count)
		return -ENOMEM;
	error = may_cut(u);
	if (error || !hole)
		return error;
	u->spare = vma_alloc_spare(vma);
	return u->spare ? 0 : -ENOMEM;
}

/* Cuts [from, to) out of @vma; if that is all of it, it is left on mm->gone. */
static void detach_part(struct unmapping *u, struct vm_area_struct *vma, unsigned long from,
			unsigned long to)
{
	struct mm_struct *mm = u->mm;

	if (from == vma->vm_start && to == vma->vm_end) {
		vma_unlink(mm, vma);
		vma->vm_next = mm->gone;
		mm->gone = vma;
	} else if (to == vma->vm_end) {
		vma_resize(mm, vma, vma->vm_start, from);
	} else if (from == vma->vm_start) {
		vma_resize(mm, vma, to, vma->vm_end);
	} else {
		vma_split(mm, vma, to, u->spare);
		vma_resize(mm, vma, vma->vm_start, from);
	}
}

static void detach_range(struct unmapping *u)
{
	struct vm_area_struct *vma, *next;

	for (vma = u->first; vma && vma->vm_start < u->end; vma = next) {
		unsigned long from = max(u->start, vma->vm_start), to = min(u->end, vma->vm_end);
		long pages = (to - from) >> PAGE_SHIFT;

		next = vma->vm_next;
		vm_stat_account(u->mm, vma->vm_flags, -pages);
		account_locked(u->mm, vma->vm_flags, -pages);
		if (vma->vm_flags & VM_ACCOUNT)
			vm_unacct_memory(pages);
		detach_part(u, vma, from, to);
	}
}

/* Does what unmap_prepare() has prepared.  Cannot fail. */
static void unmap_perform(struct unmapping *u)
{
	struct vm_area_struct *prev, *next;
	struct mmu_gather tlb;

	if (!u->first)
		return;
	update_hiwater(u->mm);
	tlb_gather_mmu(&tlb, u->mm);
	unmap_vmas(&tlb, u->first, u->start, u->end);
	detach_range(u);
	next = find_vma_prev(u->mm, u->start, &prev);
	free_pgtables(&tlb, u->start, u->end, prev ? prev->vm_end : 0,
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
	struct unmapping u = { .mm = mm, .start = start, .end = start + PAGE_ALIGN(len) };
	int error;

	if (offset_in_page(start) || start > TASK_SIZE || len > TASK_SIZE - start)
		return -EINVAL;
	if (u.end == start)
		return -EINVAL;
	error = unmap_prepare(&u);
	if (!error)
		unmap_perform(&u);
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

struct vm_area_struct *vma_create(struct mm_struct *mm, struct file *file, unsigned long addr,
				  unsigned long len, unsigned long vm_flags, pgoff_t pgoff)
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
		.anon_vma_chain = LIST_HEAD_INIT(vma->anon_vma_chain),
	};
	error = vma_get_content(vma);
	if (error)
		goto free;
	if (vma->vm_flags & VM_SPECIAL)
		vma->vm_flags &= ~VM_LOCKED_MASK;
	vma_set_page_prot(vma);
	return vma;
free:
	vm_area_free(vma);
unacct:
	if (vm_flags & VM_ACCOUNT)
		vm_unacct_memory(len >> PAGE_SHIFT);
	return ERR_PTR(error);
}

void vma_insert(struct mm_struct *mm, struct vm_area_struct *vma)
{
	vm_stat_account(mm, vma->vm_flags, vma_pages(vma));
	account_locked(mm, vma->vm_flags, vma_pages(vma));
	if (vma_merge_range(mm, vma))
		vma_release(vma);
	else
		vma_link(mm, vma);
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

void exit_mmap(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *next;
	struct mmu_gather tlb;

	mmap_write_lock(mm);
	tlb_gather_mmu(&tlb, mm);
	unmap_vmas(&tlb, mm->mmap, 0, USER_PGTABLES_CEILING);
	for (vma = mm->mmap; vma; vma = vma->vm_next)
		rmap_unlink_vma(vma);
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
	mm->map_count = mm->total_vm = mm->locked_vm = 0;
	mmap_write_unlock(mm);
	for (; vma; vma = next) {
		next = vma->vm_next;
		vma_release(vma);
	}
}
