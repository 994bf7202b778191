// SPDX-License-Identifier: MIT
/*
 * What the files about a process's memory have in common.  Who opens one keeps the address space
 * that the process had then, but not its pages: after exec or exit the file is empty.
 */
#ifndef FS_PROC_TASK_MMU_H
#define FS_PROC_TASK_MMU_H

#include "fs/file.h"
#include "fs/seq_file.h"

struct mm_struct;
struct vm_area_struct;

/*
 * For ->open: the mm of an inode's process with an mm_count, for mmdrop().  NULL: it has none;
 * ERR_PTR(-ESRCH) or ERR_PTR(-EACCES).
 */
struct mm_struct *proc_mem_open(struct inode *inode);
/* ->open and ->release of a file that has nothing else: the mm is its private_data. */
int proc_mm_open(struct inode *inode, struct file *file);
void proc_mm_release(struct inode *inode, struct file *file);

/* An open file that goes over the VMAs; m->private. */
struct proc_maps {
	struct inode *inode;
	struct mm_struct *mm;		/* by mm_count; NULL: none */
	bool locked;			/* from start to stop: mmap_lock and an mm_users are held */
};

int proc_maps_open(struct inode *inode, struct file *file, const struct seq_operations *op);
void proc_maps_release(struct inode *inode, struct file *file);
/* Of seq_operations; the position is the address where the next VMA is looked for. */
void *proc_maps_start(struct seq_file *m, loff_t *pos);
void *proc_maps_next(struct seq_file *m, void *v, loff_t *pos);
void proc_maps_stop(struct seq_file *m, void *v);

/* A line of maps up to its name, and all of one. */
void show_map_prefix(struct seq_file *m, unsigned long start, unsigned long end,
		     unsigned long vm_flags, u64 offset, dev_t dev, ino_t ino);
void show_map_vma(struct seq_file *m, struct vm_area_struct *vma);

extern const struct file_operations proc_maps_fops, proc_smaps_fops, proc_smaps_rollup_fops;
extern const struct file_operations proc_pagemap_fops, proc_clear_refs_fops;
extern const struct file_operations proc_cmdline_fops, proc_environ_fops, proc_auxv_fops;

#endif
