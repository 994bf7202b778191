// SPDX-License-Identifier: MIT
/*
 * madvise(2).  Advice that changes a VMA's flags needs mmap_lock for writing, and may split; the
 * rest only looks at VMAs.  A hole in the range does not stop the call: the mapped rest is advised
 * and -ENOMEM comes at the end.
 */
#include "mm/madvise.h"

#include <linux/fadvise.h>
#include <linux/falloc.h>
#include <linux/mman.h>
#include "fs/file.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "lib/err.h"
#include "mm/advise_pages.h"
#include "mm/fadvise.h"
#include "mm/gup.h"
#include "mm/memory.h"
#include "mm/mincore.h"
#include "mm/mmap.h"

static bool known_behavior(int behavior)
{
	switch (behavior) {
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_FREE:
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
	case MADV_REMOVE:
	case MADV_DONTFORK:
	case MADV_DOFORK:
	case MADV_WIPEONFORK:
	case MADV_KEEPONFORK:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
		return true;
	default:
		return false;
	}
}

/* Only advice that VMAs remember changes them. */
static bool needs_write_lock(int behavior)
{
	switch (behavior) {
	case MADV_WILLNEED:
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_FREE:
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
	case MADV_REMOVE:
		return false;
	default:
		return true;
	}
}

static int madvise_dontneed(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			    int behavior)
{
	unsigned long forbidden = VM_PFNMAP | (behavior == MADV_DONTNEED ? VM_LOCKED : 0);

	if (vma->vm_flags & forbidden)
		return -EINVAL;
	zap_page_range(vma, start, end);
	return 0;
}

static int madvise_free(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	if (vma->vm_flags & (VM_LOCKED | VM_PFNMAP) || !vma_is_anonymous(vma))
		return -EINVAL;
	free_page_range(vma, start, end);
	return 0;
}

static int madvise_cold(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			int behavior)
{
	bool pageout = behavior == MADV_PAGEOUT;

	if (vma->vm_flags & (VM_LOCKED | VM_PFNMAP))
		return -EINVAL;
	/* Who may not know what of a file is in memory may not make it go, either. */
	if (pageout && !can_do_mincore(vma))
		return 0;
	return cold_page_range(vma, start, end, pageout);
}

/* Unlike MAP_POPULATE this says what went wrong: EINVAL for the mapping, EFAULT for its file. */
static int madvise_populate(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			    int behavior)
{
	unsigned int flags = behavior == MADV_POPULATE_WRITE ? FOLL_WRITE : 0;

	if (check_vma_flags(vma, flags))
		return -EINVAL;
	return faultin_page_range(vma, start, end, flags);
}

/*
 * Punches a hole into the file: reads there are zeroes afterwards, for everybody.  Drops mmap_lock
 * meanwhile, since the file system takes locks that come before it.
 */
static int madvise_remove(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct mm_struct *mm = vma->vm_mm;
	struct file *file = vma->vm_file;
	loff_t offset = linear_offset(vma, start);
	int error;

	if (vma->vm_flags & VM_LOCKED || !file)
		return -EINVAL;
	if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) != (VM_SHARED | VM_MAYWRITE))
		return -EACCES;
	get_file(file);
	mmap_read_unlock(mm);
	error = vfs_fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
			      end - start);
	fput(file);
	mmap_read_lock(mm);
	return error;
}

/* Anonymous memory that is not there needs no reading in. */
static int madvise_willneed(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct file *file = vma->vm_file;

	if (!file)
		return 0;
	vfs_fadvise(file, linear_offset(vma, start), end - start, POSIX_FADV_WILLNEED);
	return 0;
}

/* @vma's flags under the advice, or -EINVAL. */
static long advised_flags(const struct vm_area_struct *vma, int behavior)
{
	unsigned long flags = vma->vm_flags;

	switch (behavior) {
	case MADV_NORMAL:
		return flags & ~(VM_RAND_READ | VM_SEQ_READ);
	case MADV_SEQUENTIAL:
		return (flags & ~VM_RAND_READ) | VM_SEQ_READ;
	case MADV_RANDOM:
		return (flags & ~VM_SEQ_READ) | VM_RAND_READ;
	case MADV_DONTFORK:
		return flags | VM_DONTCOPY;
	case MADV_DOFORK:
		return flags & VM_IO ? -EINVAL : (long)(flags & ~VM_DONTCOPY);
	case MADV_WIPEONFORK:
		return vma->vm_file || flags & VM_SHARED ? -EINVAL : (long)(flags | VM_WIPEONFORK);
	case MADV_KEEPONFORK:
		return flags & ~VM_WIPEONFORK;
	case MADV_DONTDUMP:
		return flags | VM_DONTDUMP;
	default:
		return flags & VM_SPECIAL ? -EINVAL : (long)(flags & ~VM_DONTDUMP);
	}
}

static int madvise_update(struct vm_area_struct **vmap, unsigned long start, unsigned long end,
			  int behavior)
{
	struct vm_area_struct *vma = *vmap;
	long flags = advised_flags(vma, behavior);

	if (flags < 0)
		return flags;
	if ((unsigned long)flags == vma->vm_flags)
		return 0;
	vma = vma_modify(vma, start, end, flags);
	if (IS_ERR(vma))
		return PTR_ERR(vma) == -ENOMEM ? -EAGAIN : PTR_ERR(vma);
	*vmap = vma;
	return 0;
}

/* Advises [start, end) of *@vmap, which may be another VMA, or freed, afterwards. */
static int madvise_vma(struct vm_area_struct **vmap, unsigned long start, unsigned long end,
		       int behavior)
{
	switch (behavior) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
		return madvise_dontneed(*vmap, start, end, behavior);
	case MADV_FREE:
		return madvise_free(*vmap, start, end);
	case MADV_COLD:
	case MADV_PAGEOUT:
		return madvise_cold(*vmap, start, end, behavior);
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return madvise_populate(*vmap, start, end, behavior);
	case MADV_REMOVE:
		return madvise_remove(*vmap, start, end);
	case MADV_WILLNEED:
		return madvise_willneed(*vmap, start, end);
	default:
		return madvise_update(vmap, start, end, behavior);
	}
}

static int madvise_walk(struct mm_struct *mm, unsigned long start, unsigned long end, int behavior)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	int unmapped = 0, error;

	for (; start < end; vma = find_vma(mm, start)) {
		unsigned long stop;

		if (!vma)
			return -ENOMEM;
		if (start < vma->vm_start) {
			unmapped = -ENOMEM;
			start = vma->vm_start;
			if (start >= end)
				break;
		}
		stop = min(end, vma->vm_end);
		error = madvise_vma(&vma, start, stop, behavior);
		if (error)
			return error;
		start = stop;
	}
	return unmapped;
}

int do_madvise(struct mm_struct *mm, unsigned long start, size_t len, int behavior)
{
	unsigned long end;
	int error;

	if (!known_behavior(behavior) || offset_in_page(start))
		return -EINVAL;
	if (len && !PAGE_ALIGN(len))
		return -EINVAL;
	end = start + PAGE_ALIGN(len);
	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (needs_write_lock(behavior)) {
		if (mmap_write_lock_killable(mm))
			return -EINTR;
		error = madvise_walk(mm, start, end, behavior);
		mmap_write_unlock(mm);
	} else {
		mmap_read_lock(mm);
		error = madvise_walk(mm, start, end, behavior);
		mmap_read_unlock(mm);
	}
	return error;
}

SYSCALL_DEFINE3(madvise, unsigned long, start, size_t, len, int, behavior)
{
	return do_madvise(current->mm, start, len, behavior);
}
