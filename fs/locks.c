// SPDX-License-Identifier: MIT
/*
 * Each inode that ever had a lock has a context with two lists: record locks, whose owner is a file
 * table (all threads of a process) or, with F_OFD_*, an open file; and flock(2) locks, whose owner
 * is an open file.
 *
 * L1  One owner's record locks on a file do not overlap; neighbours of one type are one lock.
 * L2  Locks of different owners that overlap are all F_RDLCK.
 * L3  A process's sleeping record request is on blocked_locks with the owner that it waits for,
 *     until any record lock of that file changes, when it looks again.  A request that would close
 *     a circle of such waits is refused (EDEADLK).  Open files do not wait for anybody: who sleeps
 *     for one can be any process that has it, so F_OFD_SETLKW may deadlock.
 *
 * One spinlock covers everything; contention is not worth more.
 */
#include "fs/locks.h"
#include "arch/riscv/uaccess.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "kernel/init.h"
#include "kernel/spinlock.h"
#include "kernel/syscall.h"
#include "kernel/wait.h"
#include "lib/err.h"
#include "mm/slab.h"

#include <linux/fcntl.h>
#include <linux/fs.h>

#define OFFSET_MAX	((loff_t)S64_MAX)

struct file_lock {
	struct list_head list;		/* of the context */
	struct list_head blocked;	/* L3 */
	const void *owner;
	const void *blocker;		/* owner that is waited for */
	struct file_lock_context *blocked_on;
	pid_t pid;			/* for F_GETLK; -1: of an open file */
	int type;			/* F_RDLCK, F_WRLCK, F_UNLCK */
	loff_t start, end;		/* end included */
};

struct file_lock_context {
	struct list_head posix, flock;
	struct wait_queue_head wait;	/* a lock of this file was given up */
};

static DEFINE_SPINLOCK(file_lock_lock, RANK_FILES);
static LIST_HEAD(blocked_locks);
static struct kmem_cache *lock_cache;

/* The inode's context, made at the first lock.  NULL: no memory. */
static struct file_lock_context *get_context(struct inode *inode)
{
	struct file_lock_context *ctx = READ_ONCE(inode->i_flctx);

	if (ctx)
		return ctx;
	ctx = kmalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return NULL;
	INIT_LIST_HEAD(&ctx->posix);
	INIT_LIST_HEAD(&ctx->flock);
	init_waitqueue_head(&ctx->wait);
	spin_lock(&file_lock_lock);
	if (!inode->i_flctx) {
		inode->i_flctx = ctx;
		ctx = NULL;
	}
	spin_unlock(&file_lock_lock);
	kfree(ctx);
	return inode->i_flctx;
}

void locks_free_lock_context(struct inode *inode)
{
	kfree(inode->i_flctx);
	inode->i_flctx = NULL;
}

static struct file_lock *alloc_lock(void)
{
	struct file_lock *fl = kmem_cache_zalloc(lock_cache, GFP_KERNEL);

	if (fl) {
		INIT_LIST_HEAD(&fl->list);
		INIT_LIST_HEAD(&fl->blocked);
	}
	return fl;
}

static void free_lock(struct file_lock *fl)
{
	if (fl)
		kmem_cache_free(lock_cache, fl);
}

/*
 * Record locks of @ctx changed: what its waiters wait for must be found out anew, and perhaps the
 * owner goes now, so nobody may be remembered as waiting for it.  => file_lock_lock held
 */
static void forget_blockers(struct file_lock_context *ctx)
{
	struct file_lock *fl, *next;

	list_for_each_entry_safe(fl, next, &blocked_locks, blocked) {
		if (fl->blocked_on == ctx)
			list_del_init(&fl->blocked);
	}
}

/* --- conflicts --- */

static bool overlaps(const struct file_lock *a, const struct file_lock *b)
{
	return a->end >= b->start && b->end >= a->start;
}

/* Of an open file, not of a process? */
static bool is_ofd(const struct file_lock *fl)
{
	return fl->pid == -1;
}

static bool conflicts(const struct file_lock *a, const struct file_lock *b)
{
	return a->owner != b->owner && overlaps(a, b) && (a->type == F_WRLCK || b->type == F_WRLCK);
}

static struct file_lock *find_conflict(struct list_head *head, const struct file_lock *request)
{
	struct file_lock *fl;

	if (request->type == F_UNLCK)
		return NULL;
	list_for_each_entry(fl, head, list) {
		if (conflicts(fl, request))
			return fl;
	}
	return NULL;
}

/* Whom does @owner wait for?  NULL: nobody. */
static const void *waits_for(const void *owner)
{
	struct file_lock *fl;

	list_for_each_entry(fl, &blocked_locks, blocked) {
		if (fl->owner == owner)
			return fl->blocker;
	}
	return NULL;
}

#define MAX_DEADLOCK_STEPS	64

static bool would_deadlock(const void *owner, const void *blocker)
{
	for (int steps = 0; blocker && steps < MAX_DEADLOCK_STEPS; steps++) {
		blocker = waits_for(blocker);
		if (blocker == owner)
			return true;
	}
	return false;
}

/* --- changing an owner's record locks; file_lock_lock held --- */

static void insert_sorted(struct list_head *head, struct file_lock *request)
{
	struct file_lock *fl;

	list_for_each_entry(fl, head, list) {
		if (fl->start > request->start)
			break;
	}
	list_add_tail(&request->list, &fl->list);
}

/* Do @a and @b touch, so that they would be one lock if their types agree? */
static bool adjacent_or_overlapping(const struct file_lock *a, const struct file_lock *b)
{
	if (overlaps(a, b))
		return true;
	return a->end < b->start ? a->end + 1 == b->start : b->end + 1 == a->start;
}

/*
 * Cuts off @fl, of another type, what @request covers.  If that leaves two pieces, *@spare
 * becomes the second and is NULL then; if none, @fl goes to @dead.
 */
static void cut(struct file_lock *fl, const struct file_lock *request, struct file_lock **spare,
		struct list_head *dead)
{
	bool left = fl->start < request->start, right = fl->end > request->end;

	if (left && right) {
		struct file_lock *second = *spare;

		*spare = NULL;
		*second = *fl;
		second->start = request->end + 1;
		list_add(&second->list, &fl->list);
	}
	if (left)
		fl->end = request->start - 1;
	else if (right)
		fl->start = request->end + 1;
	else
		list_move(&fl->list, dead);
}

/* Makes room for @request among its owner's locks; those of its type become part of it. */
static void carve(struct list_head *head, struct file_lock *request, struct file_lock **spare,
		  struct list_head *dead)
{
	struct file_lock *fl, *next;

	list_for_each_entry_safe(fl, next, head, list) {
		if (fl->owner != request->owner)
			continue;
		if (fl->type != request->type) {
			if (overlaps(fl, request))
				cut(fl, request, spare, dead);
		} else if (adjacent_or_overlapping(fl, request)) {
			request->start = min(request->start, fl->start);
			request->end = max(request->end, fl->end);
			list_move(&fl->list, dead);
		}
	}
}

static void free_list(struct list_head *dead)
{
	while (!list_empty(dead)) {
		struct file_lock *fl = list_first_entry(dead, struct file_lock, list);

		list_del(&fl->list);
		free_lock(fl);
	}
}

/* L3.  -EAGAIN, or -EDEADLK if waiting for @conflict is not allowed.  => file_lock_lock held */
static int note_wait(struct file_lock_context *ctx, struct file_lock *request,
		     const struct file_lock *conflict)
{
	if (is_ofd(request))
		return -EAGAIN;
	if (would_deadlock(request->owner, conflict->owner))
		return -EDEADLK;
	request->blocker = conflict->owner;
	request->blocked_on = ctx;
	if (list_empty(&request->blocked))
		list_add(&request->blocked, &blocked_locks);
	return -EAGAIN;
}

/* Tries once: 0 (@request is used up), -EAGAIN, or -EDEADLK if it may not wait either. */
static int try_posix_lock(struct file_lock_context *ctx, struct file_lock *request,
			  struct file_lock **spare, bool wait)
{
	struct file_lock *conflict;
	LIST_HEAD(dead);
	int error = 0;

	spin_lock(&file_lock_lock);
	conflict = find_conflict(&ctx->posix, request);
	if (conflict) {
		error = wait ? note_wait(ctx, request, conflict) : -EAGAIN;
	} else {
		list_del_init(&request->blocked);
		carve(&ctx->posix, request, spare, &dead);
		if (request->type == F_UNLCK)
			list_add(&request->list, &dead);
		else
			insert_sorted(&ctx->posix, request);
		forget_blockers(ctx);
	}
	spin_unlock(&file_lock_lock);
	free_list(&dead);
	return error;
}

static void stop_waiting(struct file_lock *request)
{
	spin_lock(&file_lock_lock);
	list_del_init(&request->blocked);
	spin_unlock(&file_lock_lock);
}

/* Is it worth another try?  If not, L3 is kept up: whom it waits for may have changed. */
static bool may_retry(struct file_lock_context *ctx, struct file_lock *request)
{
	struct file_lock *conflict;
	bool result;

	spin_lock(&file_lock_lock);
	conflict = find_conflict(&ctx->posix, request);
	result = !conflict || note_wait(ctx, request, conflict) == -EDEADLK;
	spin_unlock(&file_lock_lock);
	return result;
}

/* Eats @request. */
static int set_posix_lock(struct file_lock_context *ctx, struct file_lock *request, bool wait)
{
	struct file_lock *spare = alloc_lock();
	int error = spare ? 0 : -ENOMEM;

	while (!error) {
		error = try_posix_lock(ctx, request, &spare, wait);
		if (!error) {
			free_lock(spare);
			wake_up_all(&ctx->wait);
			return 0;
		}
		if (error != -EAGAIN || !wait)
			break;
		error = wait_event_interruptible(&ctx->wait, may_retry(ctx, request));
	}
	stop_waiting(request);
	free_lock(spare);
	free_lock(request);
	return error;
}

/* --- fcntl --- */

/* The user's struct flock as a range: 0, -EINVAL, -EOVERFLOW. */
static int flock_to_posix(struct file *file, const struct flock *l, struct file_lock *fl)
{
	loff_t base;

	switch (l->l_whence) {
	case SEEK_SET:
		base = 0;
		break;
	case SEEK_CUR:
		base = file->f_pos;
		break;
	case SEEK_END:
		base = i_size_read(file->f_inode);
		break;
	default:
		return -EINVAL;
	}
	if (l->l_type != F_RDLCK && l->l_type != F_WRLCK && l->l_type != F_UNLCK)
		return -EINVAL;
	if (__builtin_add_overflow(base, l->l_start, &fl->start))
		return -EOVERFLOW;
	if (fl->start < 0)
		return -EINVAL;
	fl->end = OFFSET_MAX;
	if (l->l_len > 0) {
		if (__builtin_add_overflow(fl->start, l->l_len - 1, &fl->end))
			return -EOVERFLOW;
	} else if (l->l_len < 0) {
		fl->end = fl->start - 1;
		fl->start += l->l_len;
	}
	if (fl->start < 0)
		return -EINVAL;
	fl->type = l->l_type;
	return 0;
}

/* Whose lock it is to be, from which fcntl it is.  -EINVAL. */
static int set_owner(struct file *file, unsigned int cmd, const struct flock *l,
		     struct file_lock *fl)
{
	bool ofd = cmd == F_OFD_GETLK || cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW;

	fl->owner = ofd ? (const void *)file : current->files;
	fl->pid = ofd ? -1 : current->tgid;
	return ofd && l->l_pid ? -EINVAL : 0;
}

int fcntl_getlk(struct file *file, unsigned int cmd, struct flock __user *user)
{
	struct file_lock_context *ctx = READ_ONCE(file->f_inode->i_flctx);
	struct file_lock request, *fl = NULL;
	struct flock l;
	int error;

	if (copy_from_user(&l, user, sizeof(l)))
		return -EFAULT;
	error = flock_to_posix(file, &l, &request);
	if (!error)
		error = set_owner(file, cmd, &l, &request);
	if (error || l.l_type == F_UNLCK)
		return error ?: -EINVAL;
	spin_lock(&file_lock_lock);
	if (ctx)
		fl = find_conflict(&ctx->posix, &request);
	if (fl) {
		l.l_type = fl->type;
		l.l_whence = SEEK_SET;
		l.l_start = fl->start;
		l.l_len = fl->end == OFFSET_MAX ? 0 : fl->end - fl->start + 1;
		l.l_pid = fl->pid;
	} else {
		l.l_type = F_UNLCK;
	}
	spin_unlock(&file_lock_lock);
	return copy_to_user(user, &l, sizeof(l)) ? -EFAULT : 0;
}

int fcntl_setlk(struct file *file, unsigned int cmd, struct flock __user *user)
{
	struct file_lock_context *ctx = get_context(file->f_inode);
	struct file_lock *request;
	struct flock l;
	int error;

	if (copy_from_user(&l, user, sizeof(l)))
		return -EFAULT;
	if (l.l_type == F_RDLCK && !(file->f_mode & FMODE_READ))
		return -EBADF;
	if (l.l_type == F_WRLCK && !(file->f_mode & FMODE_WRITE))
		return -EBADF;
	request = alloc_lock();
	if (!ctx || !request) {
		free_lock(request);
		return -ENOLCK;
	}
	error = flock_to_posix(file, &l, request);
	if (!error)
		error = set_owner(file, cmd, &l, request);
	if (error) {
		free_lock(request);
		return error;
	}
	return set_posix_lock(ctx, request, cmd == F_SETLKW || cmd == F_OFD_SETLKW);
}

/* Frees all locks of @owner on the list @head. */
static void remove_locks(struct file_lock_context *ctx, struct list_head *head, const void *owner)
{
	struct file_lock *fl, *next;
	LIST_HEAD(dead);

	spin_lock(&file_lock_lock);
	list_for_each_entry_safe(fl, next, head, list) {
		if (fl->owner == owner)
			list_move(&fl->list, &dead);
	}
	if (!list_empty(&dead))
		forget_blockers(ctx);
	spin_unlock(&file_lock_lock);
	if (list_empty(&dead))
		return;
	free_list(&dead);
	wake_up_all(&ctx->wait);
}

void locks_remove_posix(struct file *file, struct files_struct *owner)
{
	struct file_lock_context *ctx = file->f_inode->i_flctx;

	remove_locks(ctx, &ctx->posix, owner);
}

/* --- flock --- */

/*
 * Changing the type gives the old lock up first, as flock(2) says; so it may be lost while waiting.
 */
static int try_flock(struct file_lock_context *ctx, struct file_lock *request)
{
	struct file_lock *old = NULL, *fl;
	int error = 0;

	spin_lock(&file_lock_lock);
	list_for_each_entry(fl, &ctx->flock, list) {
		if (fl->owner == request->owner)
			old = fl;
	}
	if (old)
		list_del(&old->list);
	if (find_conflict(&ctx->flock, request))
		error = -EAGAIN;
	else
		list_add_tail(&request->list, &ctx->flock);
	spin_unlock(&file_lock_lock);
	if (old) {
		free_lock(old);
		wake_up_all(&ctx->wait);
	}
	return error;
}

static bool flock_is_free(struct file_lock_context *ctx, const struct file_lock *request)
{
	bool result;

	spin_lock(&file_lock_lock);
	result = !find_conflict(&ctx->flock, request);
	spin_unlock(&file_lock_lock);
	return result;
}

static int set_flock(struct file *file, int type, bool wait)
{
	struct file_lock_context *ctx = get_context(file->f_inode);
	struct file_lock *request = alloc_lock();
	int error = -ENOLCK;

	if (!ctx || !request)
		goto out;
	request->owner = file;
	request->pid = current->tgid;
	request->type = type;
	request->end = OFFSET_MAX;
	for (;;) {
		error = try_flock(ctx, request);
		if (!error)
			return 0;
		if (!wait)
			break;
		error = wait_event_interruptible(&ctx->wait, flock_is_free(ctx, request));
		if (error)
			break;
	}
out:
	free_lock(request);
	return error;
}

void locks_remove_file(struct file *file)
{
	struct file_lock_context *ctx = file->f_inode->i_flctx;

	remove_locks(ctx, &ctx->flock, file);
	remove_locks(ctx, &ctx->posix, file);
}

static int do_flock(struct file *file, unsigned int cmd)
{
	struct file_lock_context *ctx = READ_ONCE(file->f_inode->i_flctx);

	switch (cmd & ~LOCK_NB) {
	case LOCK_SH:
		return set_flock(file, F_RDLCK, !(cmd & LOCK_NB));
	case LOCK_EX:
		return set_flock(file, F_WRLCK, !(cmd & LOCK_NB));
	case LOCK_UN:
		if (ctx)
			remove_locks(ctx, &ctx->flock, file);
		return 0;
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE2(flock, unsigned int, fd, unsigned int, cmd)
{
	struct fd f = fdget(fd);
	int error;

	if (!f.file)
		return -EBADF;
	error = do_flock(f.file, cmd);
	fdput(f);
	return error;
}

static void locks_init(void)
{
	lock_cache = kmem_cache_create("file_lock", sizeof(struct file_lock), 0, NULL);
}
core_initcall(locks_init);
