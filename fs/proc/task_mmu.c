// SPDX-License-Identifier: MIT
/* /proc/PID/maps and the memory that a process shows of itself: cmdline, environ, auxv. */
#include "fs/dcache.h"
#include "fs/file.h"
#include "fs/proc/proc.h"
#include "fs/super.h"
#include "kernel/errno.h"
#include "mm/gup.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/slab.h"

static void show_map(struct seq_file *m, struct vm_area_struct *vma)
{
	const struct file *file = vma->vm_file;
	const struct inode *inode = file ? file_inode(file) : NULL;
	const char *name = arch_vma_name(vma);
	size_t begin = m->count;

	seq_printf(m, "%08lx-%08lx %c%c%c%c %08llx %02x:%02x %lu ", vma->vm_start, vma->vm_end,
		   vma->vm_flags & VM_READ ? 'r' : '-', vma->vm_flags & VM_WRITE ? 'w' : '-',
		   vma->vm_flags & VM_EXEC ? 'x' : '-', vma->vm_flags & VM_MAYSHARE ? 's' : 'p',
		   inode ? (u64)vma->vm_pgoff << PAGE_SHIFT : 0,
		   inode ? MAJOR(inode->i_sb->s_dev) : 0, inode ? MINOR(inode->i_sb->s_dev) : 0,
		   inode ? inode->i_ino : 0);
	if (name || file) {
		/* The name begins in column 74, as on Linux. */
		while (m->count - begin < 73 && !seq_has_overflowed(m))
			seq_putc(m, ' ');
		if (name)
			seq_puts(m, name);
		else
			seq_path(m, &file->f_path, "\n");
	}
	seq_putc(m, '\n');
}

int proc_pid_maps(struct seq_file *m, struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	struct vm_area_struct *vma;

	if (!mm)
		return 0;
	if (down_read_killable(&mm->mmap_lock)) {
		mmput(mm);
		return -EINTR;
	}
	for (vma = mm->mmap; vma && !seq_has_overflowed(m); vma = vma->vm_next)
		show_map(m, vma);
	up_read(&mm->mmap_lock);
	mmput(mm);
	return 0;
}

/* Bytes [start, end) of the process's own memory, as far as they are there. */
static int show_memory(struct seq_file *m, struct mm_struct *mm, unsigned long start,
		       unsigned long end)
{
	char *page = kmalloc(PAGE_SIZE, GFP_KERNEL);

	if (!page)
		return -ENOMEM;
	while (start < end && !seq_has_overflowed(m)) {
		size_t want = min(end - start, (unsigned long)PAGE_SIZE);
		size_t n = access_remote_vm(mm, start, page, want, false);

		seq_write(m, page, n);
		start += n;
		if (n < want)
			break;
	}
	kfree(page);
	return 0;
}

int proc_pid_cmdline(struct seq_file *m, struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	int err;

	if (!mm)
		return 0;
	err = show_memory(m, mm, mm->arg_start, mm->arg_end);
	mmput(mm);
	return err;
}

int proc_pid_environ(struct seq_file *m, struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	int err;

	if (!mm)
		return 0;
	err = show_memory(m, mm, mm->env_start, mm->env_end);
	mmput(mm);
	return err;
}

int proc_pid_auxv(struct seq_file *m, struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	size_t words = 0;

	if (!mm)
		return 0;
	/* Up to and with the AT_NULL pair. */
	while (words < AT_VECTOR_SIZE - 2 && mm->saved_auxv[words])
		words += 2;
	seq_write(m, mm->saved_auxv, (words + 2) * sizeof(mm->saved_auxv[0]));
	mmput(mm);
	return 0;
}
