// SPDX-License-Identifier: MIT
/* getdents64(2). */
#include "fs/readdir.h"
#include "arch/riscv/uaccess.h"
#include "fs/dcache.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "kernel/syscall.h"
#include "lib/string.h"

int iterate_dir(struct file *file, struct dir_context *ctx)
{
	struct inode *inode = file->f_inode;
	int error;

	if (!file->f_op->iterate_shared)
		return -ENOTDIR;
	error = down_read_killable(&inode->i_rwsem);
	if (error)
		return error;
	error = -ENOENT;
	if (!(inode->i_flags & S_DEAD)) {
		ctx->pos = file->f_pos;
		error = file->f_op->iterate_shared(file, ctx);
		file->f_pos = ctx->pos;
		file_accessed(file);
	}
	inode_unlock_shared(inode);
	return error;
}

bool dir_emit_dots(struct file *file, struct dir_context *ctx)
{
	struct dentry *dentry = file->f_path.dentry, *parent;
	bool taken;

	if (ctx->pos == 0) {
		if (!dir_emit(ctx, ".", 1, file->f_inode->i_ino, DT_DIR))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		parent = dget_parent(dentry);
		taken = dir_emit(ctx, "..", 2, parent->d_inode->i_ino, DT_DIR);
		dput(parent);
		if (!taken)
			return false;
		ctx->pos = 2;
	}
	return true;
}

/* As getdents64(2) lays it out. */
struct linux_dirent64 {
	u64 d_ino;
	s64 d_off;		/* position of the entry after this one */
	u16 d_reclen;
	u8 d_type;
	char d_name[];
};

struct getdents_callback {
	struct dir_context ctx;
	char __user *next;		/* where the next entry goes */
	char __user *last;		/* the entry whose d_off is still to be set; NULL: none */
	size_t room;
	int error;
};

/* An entry's d_off is known only when the one after it is seen: it is written then. */
static bool set_last_offset(struct getdents_callback *buf, loff_t pos)
{
	return !buf->last || !put_user(pos, user_member(buf->last, struct linux_dirent64, d_off));
}

static bool filldir64(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
		      unsigned int type)
{
	struct getdents_callback *buf = container_of(ctx, struct getdents_callback, ctx);
	size_t reclen = ALIGN(offsetof(struct linux_dirent64, d_name) + len + 1, 8UL);
	char image[ALIGN(offsetof(struct linux_dirent64, d_name) + 256, 8)];
	struct linux_dirent64 *d = (struct linux_dirent64 *)image;

	buf->error = -EINVAL;		/* if not even one entry fits */
	if (reclen > buf->room)
		return false;
	buf->error = -EFAULT;
	memset(image, 0, reclen);
	*d = (struct linux_dirent64){ .d_ino = ino, .d_reclen = reclen, .d_type = type };
	memcpy(d->d_name, name, len);
	if (!set_last_offset(buf, pos) || copy_to_user(buf->next, image, reclen))
		return false;
	buf->error = 0;
	buf->last = buf->next;
	buf->next += reclen;
	buf->room -= reclen;
	return true;
}

SYSCALL_DEFINE3(getdents64, unsigned int, fd, void __user *, dirent, unsigned int, count)
{
	struct getdents_callback buf = { .ctx.actor = filldir64, .next = dirent, .room = count };
	struct fd f = fdget_pos(fd);
	long result;

	if (!f.file)
		return -EBADF;
	result = iterate_dir(f.file, &buf.ctx);
	if (!result)
		result = buf.error;
	if (buf.last) {
		result = buf.next - (char *)dirent;
		if (!set_last_offset(&buf, buf.ctx.pos))
			result = -EFAULT;
	}
	fdput_pos(f);
	return result;
}
