// SPDX-License-Identifier: MIT
/*
 * Attributes: who may change which (chmod(2), chown(2), utimensat(2)), what follows from a change,
 * and access times.
 */
#include "arch/riscv/uaccess.h"
#include "fs/char_dev.h"
#include "fs/bdev.h"
#include "fs/dcache.h"
#include "fs/fdtable.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/namei.h"
#include "fs/pipe.h"
#include "fs/super.h"
#include "kernel/cred.h"
#include "kernel/signal.h"
#include "kernel/resource.h"
#include "kernel/syscall.h"
#include "lib/err.h"

struct __kernel_timespec current_time(struct inode *inode)
{
	return ns_to_timespec(ktime_get_real_ns());
}

/* --- of new inodes --- */

void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode)
{
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	if (dir && dir->i_mode & S_ISGID) {
		inode->i_gid = dir->i_gid;
		if (S_ISDIR(mode))
			mode |= S_ISGID;
	}
	inode->i_mode = mode;
}

/* A socket's node can be made and removed, but not opened. */
static int no_open(struct inode *inode, struct file *file)
{
	return -ENXIO;
}

static const struct file_operations no_open_fops = {
	.open = no_open,
};

void init_special_inode(struct inode *inode, umode_t mode, dev_t rdev)
{
	inode->i_mode = mode;
	switch (mode & S_IFMT) {
	case S_IFCHR:
		inode->i_fop = &def_chr_fops;
		inode->i_rdev = rdev;
		break;
	case S_IFBLK:
		inode->i_fop = &def_blk_fops;
		inode->i_rdev = rdev;
		break;
	case S_IFIFO:
		inode->i_fop = &pipefifo_fops;
		break;
	default:
		inode->i_fop = &no_open_fops;
	}
}

/* --- may it be changed --- */

static bool chown_ok(const struct inode *inode, const struct iattr *attr)
{
	if (capable(CAP_CHOWN))
		return true;
	if (current_fsuid() != inode->i_uid)
		return false;
	if (attr->ia_valid & ATTR_UID && attr->ia_uid != inode->i_uid)
		return false;
	return !(attr->ia_valid & ATTR_GID) || attr->ia_gid == inode->i_gid ||
	       in_group_p(attr->ia_gid);
}

int inode_newsize_ok(const struct inode *inode, loff_t size)
{
	if (size <= inode->i_size)
		return 0;
	if ((unsigned long)size > rlimit(RLIMIT_FSIZE)) {
		send_sig(SIGXFSZ, current, false);
		return -EFBIG;
	}
	return size > inode->i_sb->s_maxbytes ? -EFBIG : 0;
}

int setattr_prepare(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	unsigned int valid = attr->ia_valid;
	gid_t gid = valid & ATTR_GID ? attr->ia_gid : inode->i_gid;

	if (valid & ATTR_SIZE) {
		int error = inode_newsize_ok(inode, attr->ia_size);

		if (error)
			return error;
	}
	if (valid & (ATTR_UID | ATTR_GID) && !chown_ok(inode, attr))
		return -EPERM;
	if (valid & ATTR_MODE && !(valid & ATTR_FORCE)) {
		if (!inode_owner_or_capable(inode))
			return -EPERM;
		/* Set-gid for a group that one is not in would give away its rights. */
		if (!in_group_p(gid) && !capable(CAP_FSETID))
			attr->ia_mode &= ~S_ISGID;
	}
	if (valid & (ATTR_MTIME_SET | ATTR_ATIME_SET) && !inode_owner_or_capable(inode))
		return -EPERM;
	return 0;
}

void setattr_copy(struct inode *inode, const struct iattr *attr)
{
	unsigned int valid = attr->ia_valid;

	if (valid & ATTR_UID)
		inode->i_uid = attr->ia_uid;
	if (valid & ATTR_GID)
		inode->i_gid = attr->ia_gid;
	if (valid & ATTR_ATIME)
		inode->i_atime = attr->ia_atime;
	if (valid & ATTR_MTIME)
		inode->i_mtime = attr->ia_mtime;
	if (valid & ATTR_CTIME)
		inode->i_ctime = attr->ia_ctime;
	if (valid & ATTR_MODE)
		inode->i_mode = attr->ia_mode;
}

int simple_setattr(struct dentry *dentry, struct iattr *attr)
{
	int error = setattr_prepare(dentry, attr);

	if (error)
		return error;
	if (attr->ia_valid & ATTR_SIZE)
		i_size_write(dentry->d_inode, attr->ia_size);
	setattr_copy(dentry->d_inode, attr);
	return 0;
}

/* Which of set-uid and set-gid must go when somebody changes the file: ATTR_KILL_* bits. */
static unsigned int privs_to_kill(const struct inode *inode)
{
	umode_t mode = inode->i_mode;
	unsigned int kill = 0;

	if (!S_ISREG(mode))
		return 0;
	if (mode & S_ISUID)
		kill |= ATTR_KILL_SUID;
	if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		kill |= ATTR_KILL_SGID;
	return kill;
}

/* ATTR_KILL_* become a change of mode. */
static void resolve_kill(const struct inode *inode, struct iattr *attr)
{
	unsigned int kill = attr->ia_valid & (ATTR_KILL_SUID | ATTR_KILL_SGID);
	umode_t mode = attr->ia_valid & ATTR_MODE ? attr->ia_mode : inode->i_mode;

	attr->ia_valid &= ~(ATTR_KILL_SUID | ATTR_KILL_SGID);
	if (!kill)
		return;
	if (kill & ATTR_KILL_SUID)
		mode &= ~S_ISUID;
	if (kill & ATTR_KILL_SGID)
		mode &= ~S_ISGID;
	if (mode != inode->i_mode) {
		attr->ia_valid |= ATTR_MODE;
		attr->ia_mode = mode;
	}
}

static int may_setattr(const struct inode *inode, unsigned int valid)
{
	if (valid & (ATTR_MODE | ATTR_UID | ATTR_GID | ATTR_MTIME_SET | ATTR_ATIME_SET) &&
	    inode->i_flags & (S_IMMUTABLE | S_APPEND))
		return -EPERM;
	/* Setting the times to now needs only that one may write. */
	if (valid & ATTR_TOUCH) {
		if (inode->i_flags & S_IMMUTABLE)
			return -EPERM;
		if (!inode_owner_or_capable(inode))
			return inode_permission((struct inode *)(uintptr_t)inode, MAY_WRITE);
	}
	return 0;
}

/* What the file system cannot keep becomes the nearest that it can. */
static void timestamp_truncate(const struct super_block *sb, struct __kernel_timespec *t)
{
	t->tv_sec = clamp_t(s64, t->tv_sec, sb->s_time_min, sb->s_time_max);
	if (t->tv_sec == sb->s_time_min || t->tv_sec == sb->s_time_max)
		t->tv_nsec = 0;
}

int notify_change(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	struct __kernel_timespec now = current_time(inode);
	int error = may_setattr(inode, attr->ia_valid);

	if (error)
		return error;
	if (attr->ia_valid & ATTR_SIZE && !capable(CAP_FSETID))
		attr->ia_valid |= privs_to_kill(inode) | ATTR_FORCE;
	attr->ia_valid |= ATTR_CTIME;
	attr->ia_ctime = now;
	if (!(attr->ia_valid & ATTR_ATIME_SET))
		attr->ia_atime = now;
	if (!(attr->ia_valid & ATTR_MTIME_SET))
		attr->ia_mtime = now;
	timestamp_truncate(inode->i_sb, &attr->ia_atime);
	timestamp_truncate(inode->i_sb, &attr->ia_mtime);
	resolve_kill(inode, attr);
	return inode->i_op->setattr ? inode->i_op->setattr(dentry, attr)
				    : simple_setattr(dentry, attr);
}

/* --- times that follow from use --- */

static bool earlier_or_same(const struct __kernel_timespec *a, const struct __kernel_timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec <= b->tv_nsec;
}

#define DAY	(24 * 60 * 60)

/* relatime: only if the file changed since it was last read, or once a day. */
static bool atime_needs_update(const struct inode *inode, const struct __kernel_timespec *now)
{
	return earlier_or_same(&inode->i_atime, &inode->i_mtime) ||
	       earlier_or_same(&inode->i_atime, &inode->i_ctime) ||
	       now->tv_sec - inode->i_atime.tv_sec >= DAY;
}

void touch_atime(const struct path *path)
{
	struct inode *inode = path->dentry->d_inode;
	struct __kernel_timespec now;

	if (inode->i_flags & S_NOATIME || path->mnt->mnt_flags & MNT_NOATIME ||
	    inode->i_sb->s_flags & SB_NOATIME)
		return;
	now = current_time(inode);
	if (!atime_needs_update(inode, &now) || mnt_want_write(path->mnt))
		return;
	inode->i_atime = now;
	mark_inode_dirty_sync(inode);
}

int file_update_time(struct file *file)
{
	struct inode *inode = file_inode(file);
	struct __kernel_timespec now = current_time(inode);

	inode->i_mtime = inode->i_ctime = now;
	mark_inode_dirty_sync(inode);
	return 0;
}

int file_remove_privs(struct file *file)
{
	struct inode *inode = file_inode(file);
	struct iattr attr = { .ia_valid = privs_to_kill(inode) };

	if (!attr.ia_valid || capable(CAP_FSETID))
		return 0;
	attr.ia_valid |= ATTR_FORCE;
	return notify_change(file_dentry(file), &attr);
}

/* --- chmod(2) --- */

static int chmod_common(const struct path *path, umode_t mode)
{
	struct inode *inode = path->dentry->d_inode;
	struct iattr attr = { .ia_valid = ATTR_MODE };
	int error = mnt_want_write(path->mnt);

	if (error)
		return error;
	inode_lock(inode);
	attr.ia_mode = (mode & S_IALLUGO) | (inode->i_mode & ~S_IALLUGO);
	error = S_ISLNK(inode->i_mode) ? -EOPNOTSUPP : notify_change(path->dentry, &attr);
	inode_unlock(inode);
	return error;
}

SYSCALL_DEFINE2(fchmod, unsigned int, fd, umode_t, mode)
{
	struct fd f = fdget(fd);
	int error;

	if (!f.file)
		return -EBADF;
	error = chmod_common(&f.file->f_path, mode);
	fdput(f);
	return error;
}

SYSCALL_DEFINE3(fchmodat, int, dfd, const char __user *, name, umode_t, mode)
{
	struct path path;
	int error = user_path_at(dfd, name, LOOKUP_FOLLOW, &path);

	if (error)
		return error;
	error = chmod_common(&path, mode);
	path_put(&path);
	return error;
}

/* --- chown(2) --- */

static int chown_common(const struct path *path, uid_t uid, gid_t gid)
{
	struct inode *inode = path->dentry->d_inode;
	struct iattr attr = { .ia_uid = uid, .ia_gid = gid };
	int error = mnt_want_write(path->mnt);

	if (error)
		return error;
	if (uid != (uid_t)-1)
		attr.ia_valid |= ATTR_UID;
	if (gid != (gid_t)-1)
		attr.ia_valid |= ATTR_GID;
	inode_lock(inode);
	if (!S_ISDIR(inode->i_mode))
		attr.ia_valid |= privs_to_kill(inode);
	error = notify_change(path->dentry, &attr);
	inode_unlock(inode);
	return error;
}

SYSCALL_DEFINE3(fchown, unsigned int, fd, uid_t, uid, gid_t, gid)
{
	struct fd f = fdget(fd);
	int error;

	if (!f.file)
		return -EBADF;
	error = chown_common(&f.file->f_path, uid, gid);
	fdput(f);
	return error;
}

SYSCALL_DEFINE5(fchownat, int, dfd, const char __user *, name, uid_t, uid, gid_t, gid, int, flags)
{
	unsigned int lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int error;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	error = user_path_at(dfd, name, lookup, &path);
	if (error)
		return error;
	error = chown_common(&path, uid, gid);
	path_put(&path);
	return error;
}

/* --- access(2): by the real ids, where everything else goes by the effective ones --- */

static struct cred *real_id_creds(void)
{
	struct cred *cred = prepare_creds();

	if (!cred)
		return NULL;
	cred->fsuid = cred->uid;
	cred->fsgid = cred->gid;
	return cred;
}

static int access_path(int dfd, const char __user *name, int mode, int flags)
{
	unsigned int lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct inode *inode;
	struct path path;
	int error;

	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	error = user_path_at(dfd, name, lookup, &path);
	if (error)
		return error;
	inode = path.dentry->d_inode;
	if (mode & MAY_EXEC && S_ISREG(inode->i_mode) && path.mnt->mnt_flags & MNT_NOEXEC)
		error = -EACCES;
	if (!error)
		error = inode_permission(inode, mode);
	if (!error && mode & MAY_WRITE && (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode)))
		error = mnt_want_write(path.mnt);
	path_put(&path);
	return error;
}

static int do_faccessat(int dfd, const char __user *name, int mode, int flags)
{
	const struct cred *own = current->cred;
	struct cred *real = NULL;
	int error;

	if (mode & ~S_IRWXO || flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!(flags & AT_EACCESS) && (own->fsuid != own->uid || own->fsgid != own->gid)) {
		real = real_id_creds();
		if (!real)
			return -ENOMEM;
		current->cred = real;
	}
	error = access_path(dfd, name, mode, flags);
	if (real) {
		current->cred = own;
		put_cred(real);
	}
	return error;
}

SYSCALL_DEFINE3(faccessat, int, dfd, const char __user *, name, int, mode)
{
	return do_faccessat(dfd, name, mode, 0);
}

SYSCALL_DEFINE4(faccessat2, int, dfd, const char __user *, name, int, mode, int, flags)
{
	return do_faccessat(dfd, name, mode, flags);
}
