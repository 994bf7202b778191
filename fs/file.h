// SPDX-License-Identifier: MIT
/*
 * struct file: an open file; descriptors (fs/fdtable.h) point to it. It is freed when its last
 * reference goes.
 */
#ifndef FS_FILE_H
#define FS_FILE_H

#include "fs/inode.h"
#include "fs/iov_iter.h"
#include "fs/path.h"
#include "fs/readdir.h"
#include "kernel/mutex.h"
#include "lib/atomic.h"
#include "lib/types.h"

struct cred;
struct files_struct;
struct file_lock;
struct kstatfs;
struct poll_table;
struct vm_area_struct;

/* file->f_mode */
#define FMODE_READ		0x1u
#define FMODE_WRITE		0x2u
#define FMODE_LSEEK		0x4u
#define FMODE_PREAD		0x8u
#define FMODE_PWRITE		0x10u
#define FMODE_EXEC		0x20u
#define FMODE_PATH		0x4000u		/* O_PATH: a place, no content */
#define FMODE_ATOMIC_POS	0x8000u		/* f_pos is locked when shared */
#define FMODE_WRITER		0x10000u	/* counted in i_writecount */
#define FMODE_NOWAIT		0x20000u
#define FMODE_OPENED		0x80000u	/* open() succeeded: release() is due */

struct file {
	const struct file_operations *f_op;
	struct inode *f_inode;
	unsigned int f_flags;		/* O_* */
	unsigned int f_mode;		/* FMODE_* */
	atomic_long_t f_count;
	loff_t f_pos;			/* f_pos_lock, when shared */
	struct path f_path;
	struct address_space *f_mapping;
	void *private_data;		/* the driver's own */
	struct mutex f_pos_lock;
	struct file_ra_state f_ra;
	const struct cred *f_cred;	/* who opened it */
	int f_owner;			/* F_SETOWN: pid, or minus a process group */
	/* write errors before this one were reported here, or before the open */
	errseq_t f_wb_err;
	errseq_t f_sb_err;		/* the same of the whole file system, for syncfs */
};

/* One read or write under way. */
struct kiocb {
	struct file *ki_filp;
	loff_t ki_pos;
	int ki_flags;
};

#define IOCB_APPEND	0x2
#define IOCB_DIRECT	0x4
#define IOCB_DSYNC	0x8
#define IOCB_SYNC	0x10
#define IOCB_NOWAIT	0x20

struct file_operations {
	loff_t (*llseek)(struct file *file, loff_t offset, int whence);
	/* Bytes or -errno; move ki_pos. */
	ssize_t (*read_iter)(struct kiocb *iocb, struct iov_iter *to);
	ssize_t (*write_iter)(struct kiocb *iocb, struct iov_iter *from);
	int (*iterate_shared)(struct file *file, struct dir_context *ctx);
	unsigned int (*poll)(struct file *file, struct poll_table *pt);
	long (*unlocked_ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	/* May replace file->f_op. */
	int (*open)(struct inode *inode, struct file *file);
	int (*flush)(struct file *file, struct files_struct *files);	/* each close(2) */
	/* the last reference went */
	void (*release)(struct inode *inode, struct file *file);
	/* Byte range [start, end]; @datasync: only what is needed to find the data. */
	int (*fsync)(struct file *file, loff_t start, loff_t end, int datasync);
	long (*fallocate)(struct file *file, int mode, loff_t offset, loff_t len);
};

static inline struct inode *file_inode(const struct file *file)
{
	return file->f_inode;
}

static inline struct dentry *file_dentry(const struct file *file)
{
	return file->f_path.dentry;
}

static inline struct file *get_file(struct file *file)
{
	atomic_long_inc(&file->f_count);
	return file;
}

static inline long file_count(const struct file *file)
{
	return atomic_long_read(&file->f_count);
}

void __fput(struct file *file);

/* May sleep. */
static inline void fput(struct file *file)
{
	if (atomic_long_dec_and_test(&file->f_count))
		__fput(file);
}

/*
 * For fs/open.c: a file that refers to nothing yet, or ERR_PTR; its place; and its end if the open
 * fails.
 */
struct file *alloc_empty_file(unsigned int flags);
void file_set_path(struct file *file, const struct path *path);
void discard_file(struct file *file);
/*
 * An open file of @flags without a descriptor; takes over the references of @path. Calls no open().
 * Or ERR_PTR.
 */
struct file *alloc_file(const struct path *path, unsigned int flags,
			const struct file_operations *fops);
/*
 * A file without a name in the tree ("anon_inode:…", "pipe:[5]"): takes over @inode. Or ERR_PTR.
 */
struct file *alloc_file_pseudo(struct inode *inode, struct vfsmount *mnt, const char *name,
			       unsigned int flags, const struct file_operations *fops);
unsigned long nr_files(void);			/* open in the whole system */

void init_sync_kiocb(struct kiocb *iocb, struct file *file);

static inline void file_accessed(struct file *file)
{
	if (!(file->f_flags & 01000000))	/* O_NOATIME */
		touch_atime(&file->f_path);
}

/* --- reading and writing (fs/read_write.c).  Bytes or -errno; may sleep. --- */
ssize_t vfs_read(struct file *file, char __user *buf, size_t count, loff_t *pos);
ssize_t vfs_write(struct file *file, const char __user *buf, size_t count, loff_t *pos);
ssize_t kernel_read(struct file *file, void *buf, size_t count, loff_t *pos);
ssize_t kernel_write(struct file *file, const void *buf, size_t count, loff_t *pos);
loff_t vfs_llseek(struct file *file, loff_t offset, int whence);
/*
 * Ready-made llseek operations: by i_size; any position, for files that have no end (their text is
 * made when it is read, or they are memory by address); none (-ESPIPE); where it is; by default.
 */
loff_t generic_file_llseek(struct file *file, loff_t offset, int whence);
loff_t no_seek_end_llseek(struct file *file, loff_t offset, int whence);
loff_t no_llseek(struct file *file, loff_t offset, int whence);
loff_t noop_llseek(struct file *file, loff_t offset, int whence);
loff_t default_llseek(struct file *file, loff_t offset, int whence);
/* After a write of @count bytes: O_SYNC and O_DSYNC.  count or -errno.  i_rwsem not held. */
ssize_t generic_write_sync(struct kiocb *iocb, ssize_t count);

/* --- fs/sync.c --- */
int vfs_fsync_range(struct file *file, loff_t start, loff_t end, int datasync);
int vfs_fsync(struct file *file, int datasync);
/* Writes and waits for data and the inode. */
int generic_file_fsync(struct file *file, loff_t start, loff_t end, int datasync);
void ksys_sync(void);

/* --- fs/truncate.c --- */
/* fallocate(2) with its checks; @mode: FALLOC_FL_*.  Takes i_rwsem. */
long vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len);

/* --- fs/ioctl.c --- */
long vfs_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

#endif
