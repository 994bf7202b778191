// SPDX-License-Identifier: MIT
/*
 * Whatever makes, copies, cuts or joins a VMA ends here or in vma.c.  What may fail for want of
 * memory is done before anything changes: vma_alloc_spare() has the links to anon_vmas too, so that
 * the split itself cannot fail.
 *
 * P1 total_vm, data_vm, exec_vm and stack_vm are the pages of the VMAs of each kind.
 * P2 vm_committed_as counts the pages of all VMAs with VM_ACCOUNT, and what shmem.c S3 says.
 */
#include "mm/vm_area.h"

#include "fs/file.h"
#include "kernel/init.h"
#include "kernel/resource.h"
#include "kernel/sched.h"
#include "lib/err.h"
#include "mm/filemap.h"
#include "mm/overcommit.h"
#include "mm/rmap.h"
#include "mm/shmem.h"
#include "mm/slab.h"
#include "mm/vma.h"

int sysctl_max_map_count = 65530;

static struct kmem_cache *vm_area_cachep;

static void vm_area_init(void)
{
	vm_area_cachep = kmem_cache_create("vm_area_struct", sizeof(struct vm_area_struct), 0,
					   NULL);
}
core_initcall(vm_area_init);

/* --- memory and references --- */

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

void account_locked(struct mm_struct *mm, unsigned long vm_flags, long pages)
{
	if (vm_flags & VM_LOCKED)
		mm->locked_vm += pages;
}

static bool accountable_mapping(unsigned long vm_flags)
{
	return (vm_flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE;
}

/* --- coming and going --- */

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
