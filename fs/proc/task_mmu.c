// SPDX-License-Identifier: MIT
/*
 * /proc/PID/maps, and the walk over VMAs that smaps shares with it.
 *
 * The position in the file is an address, not a count: a read goes on with the first VMA that ends
 * above where the last one stopped, however the process has changed its mappings meanwhile, and
 * finds it in the tree.  mmap_lock is held while one buffer is filled, not from read to read.
 */
#include "fs/proc/task_mmu.h"

#include <linux/fs.h>
#include "fs/dcache.h"
#include "fs/proc/proc.h"
#include "fs/super.h"
#include "kernel/errno.h"
#include "kernel/ptrace.h"
#include "kernel/sched.h"
#include "lib/err.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/slab.h"

#define POS_END		(-1LL)		/* behind the last VMA */

/* --- opening --- */

struct mm_struct *proc_mem_open(struct inode *inode)
{
	struct task_struct *task = proc_task(inode);
	struct mm_struct *mm;

	if (!task)
		return ERR_PTR(-ESRCH);
	mm = mm_access(task, PTRACE_MODE_FSCREDS);
	put_task_struct(task);
	if (mm && !IS_ERR(mm)) {
		mmgrab(mm);
		mmput(mm);
	}
	return mm;
}

int proc_mm_open(struct inode *inode, struct file *file)
{
	struct mm_struct *mm = proc_mem_open(inode);

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	file->private_data = mm;
	return 0;
}

void proc_mm_release(struct inode *inode, struct file *file)
{
	if (file->private_data)
		mmdrop(file->private_data);
}

int proc_maps_open(struct inode *inode, struct file *file, const struct seq_operations *op)
{
	struct proc_maps *maps = kzalloc(sizeof(*maps), GFP_KERNEL);
	int err = -ENOMEM;

	if (!maps)
		return err;
	maps->inode = inode;
	maps->mm = proc_mem_open(inode);
	err = PTR_ERR_OR_ZERO(maps->mm);
	if (err)
		goto free_maps;
	err = seq_open(file, op);
	if (err)
		goto drop_mm;
	((struct seq_file *)file->private_data)->private = maps;
	return 0;
drop_mm:
	if (maps->mm)
		mmdrop(maps->mm);
free_maps:
	kfree(maps);
	return err;
}

void proc_maps_release(struct inode *inode, struct file *file)
{
	struct proc_maps *maps = ((struct seq_file *)file->private_data)->private;

	if (maps->mm)
		mmdrop(maps->mm);
	kfree(maps);
	seq_release(inode, file);
}

/* --- the walk --- */

/* The VMA at or above *@pos, which moves to its start. */
static struct vm_area_struct *vma_from(struct vm_area_struct *vma, loff_t *pos)
{
	*pos = vma ? (loff_t)vma->vm_start : POS_END;
	return vma;
}

void *proc_maps_start(struct seq_file *m, loff_t *pos)
{
	struct proc_maps *maps = m->private;
	struct mm_struct *mm = maps->mm;
	struct task_struct *task;

	if (*pos == POS_END)
		return NULL;
	task = proc_task(maps->inode);
	if (!task)
		return ERR_PTR(-ESRCH);
	put_task_struct(task);
	if (!mm || !mmget_not_zero(mm))
		return NULL;
	if (mmap_read_lock_killable(mm)) {
		mmput(mm);
		return ERR_PTR(-EINTR);
	}
	maps->locked = true;
	return vma_from(find_vma(mm, *pos), pos);
}

void *proc_maps_next(struct seq_file *m, void *v, loff_t *pos)
{
	return vma_from(vma_next(v), pos);
}

void proc_maps_stop(struct seq_file *m, void *v)
{
	struct proc_maps *maps = m->private;

	if (!maps->locked)
		return;
	maps->locked = false;
	mmap_read_unlock(maps->mm);
	mmput(maps->mm);
}

/* --- the line --- */

void show_map_prefix(struct seq_file *m, unsigned long start, unsigned long end,
		     unsigned long vm_flags, u64 offset, dev_t dev, ino_t ino)
{
	seq_setwidth(m, 72);
	seq_printf(m, "%08lx-%08lx %c%c%c%c %08llx %02x:%02x %lu ", start, end,
		   vm_flags & VM_READ ? 'r' : '-', vm_flags & VM_WRITE ? 'w' : '-',
		   vm_flags & VM_EXEC ? 'x' : '-', vm_flags & VM_MAYSHARE ? 's' : 'p', offset,
		   MAJOR(dev), MINOR(dev), ino);
}

void show_map_vma(struct seq_file *m, struct vm_area_struct *vma)
{
	const struct file *file = vma->vm_file;
	const struct inode *inode = file ? file_inode(file) : NULL;
	const char *name = arch_vma_name(vma);

	show_map_prefix(m, vma->vm_start, vma->vm_end, vma->vm_flags,
			file ? (u64)vma->vm_pgoff << PAGE_SHIFT : 0,
			inode ? inode->i_sb->s_dev : 0, inode ? inode->i_ino : 0);
	if (file || name)
		seq_pad(m, ' ');
	if (file)
		seq_path(m, &file->f_path, "\n");
	else if (name)
		seq_puts(m, name);
	seq_putc(m, '\n');
}

static int show_map(struct seq_file *m, void *v)
{
	show_map_vma(m, v);
	return 0;
}

static const struct seq_operations maps_op = {
	proc_maps_start, proc_maps_next, proc_maps_stop, show_map,
};

static int maps_open(struct inode *inode, struct file *file)
{
	return proc_maps_open(inode, file, &maps_op);
}

const struct file_operations proc_maps_fops = {
	.llseek = no_seek_end_llseek,
	.read_iter = seq_read_iter,
	.open = maps_open,
	.release = proc_maps_release,
};
