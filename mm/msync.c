// SPDX-License-Identifier: MIT
/*
 * msync(2).  MS_SYNC writes the dirty folios of shared file mappings and waits until they are on
 * the disk, its cache included.  MS_ASYNC starts nothing: a page that was stored to is dirty from
 * its first store on (folio_mkclean), so the flusher finds it by itself.  MS_INVALIDATE has
 * nothing to invalidate, since read() and all mappings see the same folio; it only refuses locked
 * memory.
 *
 * A hole does not stop the call: what is mapped behind it is done, and -ENOMEM comes at the end.
 */
#include "mm/msync.h"

#include <linux/mman.h>
#include "fs/file.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/mmap.h"

static bool must_write(const struct vm_area_struct *vma, int flags)
{
	return flags & MS_SYNC && vma->vm_file && vma->vm_flags & VM_SHARED;
}

/*
 * Writes what [start, end) of @vma, or as much of it as @vma has, shows of its file.  Called with
 * mmap_lock held; returns without, since I/O is waited for and @vma may be gone after it.
 */
static int sync_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long start,
		    unsigned long end)
{
	struct file *file = get_file(vma->vm_file);
	loff_t first = linear_offset(vma, start);
	loff_t last = linear_offset(vma, min(end, vma->vm_end) - 1);
	int error;

	mmap_read_unlock(mm);
	error = vfs_fsync_range(file, first, last, 1);
	fput(file);
	return error;
}

int do_msync(struct mm_struct *mm, unsigned long start, unsigned long end, int flags)
{
	struct vm_area_struct *vma;
	int hole = 0, error;

	mmap_read_lock(mm);
	while (start < end) {
		unsigned long stop;

		error = -ENOMEM;
		vma = find_vma(mm, start);
		if (!vma)
			goto unlock;
		if (start < vma->vm_start) {
			if (flags == MS_ASYNC || vma->vm_start >= end)
				goto unlock;
			start = vma->vm_start;
			hole = -ENOMEM;
		}
		error = -EBUSY;
		if (flags & MS_INVALIDATE && vma->vm_flags & VM_LOCKED)
			goto unlock;
		stop = vma->vm_end;
		if (must_write(vma, flags)) {
			error = sync_vma(mm, vma, start, end);
			if (error)
				return error;
			mmap_read_lock(mm);
		}
		start = stop;
	}
	error = hole;
unlock:
	mmap_read_unlock(mm);
	return error;
}

SYSCALL_DEFINE3(msync, unsigned long, start, size_t, len, int, flags)
{
	unsigned long end = start + PAGE_ALIGN(len);

	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || offset_in_page(start))
		return -EINVAL;
	if (flags & MS_ASYNC && flags & MS_SYNC)
		return -EINVAL;
	if (end < start)
		return -ENOMEM;
	return do_msync(current->mm, start, end, flags);
}
