// SPDX-License-Identifier: MIT
/*
 * Advisory locks.  Each inode that ever had one has a context with two lists: POSIX record locks, whose owner is a file
 * table (all threads of a process), and flock(2) locks, whose owner is an open file.
 *
 * L1  One owner's POSIX locks on a file do not overlap; neighbours of one type are one lock.
 * L2  Locks of different owners that overlap are all F_RDLCK.
 * L3  A sleeping POSIX request is on `blocked` with the owner that it waits for.  A request that would close a circle
 *     of such waits is refused (EDEADLK).
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
	pid_t pid;
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

static void wake_waiters(struct file_lock_context *ctx)
{
	smp_mb();
	if (waitqueue_active(&ctx->wait))
		wake_up_all(&ctx->wait);
}

/* --- conflicts --- */

static bool overlaps(const struct file_lock *a, const struct file_lock *b)
{
	return a->end >= b->start && b->end >= a->start;
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

/* Whom does @owner wait for?  NULL: nobody.  A process waits for one lock at a time; its threads' first is taken. */
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
	return a->end + 1 == b->start || (b->end != OFFSET_MAX && b->end + 1 == a->start);
}

/*
 * Makes room for @request among its owner's locks: what has its type is swallowed, what has another is cut off where
 * it is covered.  A lock cut in two needs @spare; *@spare is NULL when it was used.  What is freed goes to @dead.
 */
static void carve(struct list_head *head, struct file_lock *request, struct file_lock **spare, struct list_head *dead)
{
	struct file_lock *fl, *next;

	list_for_each_entry_safe(fl, next, head, list) {
		if (fl->owner != request->owner)
			continue;
		if (fl->type == request->type) {
			if (adjacent_or_overlapping(fl, request)) {
				request->start = min(request->start, fl->start);
				request->end = max(request->end, fl->end);
				list_move(&fl->list, dead);
			}
		} else if (overlaps(fl, request)) {
			if (fl->start < request->start && fl->end > request->end) {
				struct file_lock *right = *spare;

				*spare = NULL;
				*right = *fl;
				right->start = request->end + 1;
				list_add(&right->list, &fl->list);
				fl->end = request->start - 1;
			} else if (fl->start < request->start) {
				fl->end = request->start - 1;
			} else if (fl->end > request->end) {
				fl->start = request->end + 1;
			} else {
				list_move(&fl->list, dead);
			}
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

/* Tries once: 0, -EAGAIN (*blocker set), -EDEADLK if it may not wait either.  @request is used up on success. */
static int try_posix_lock(struct file_lock_context *ctx, struct file_lock *request, struct file_lock **spare, bool wait)
{
	struct file_lock *conflict;
	LIST_HEAD(dead);
	int error = 0;

	spin_lock(&file_lock_lock);
	conflict = find_conflict(&ctx->posix, request);
	if (conflict) {
		error = -EAGAIN;
		if (wait && would_deadlock(request->owner, conflict->owner)) {
			error = -EDEADLK;
		} else if (wait) {
			request->blocker = conflict->owner;
			if (list_empty(&request->blocked))
				list_add(&request->blocked, &blocked_locks);
		}
	} else {
		list_del_init(&request->blocked);
		carve(&ctx->posix, request, spare, &dead);
		if (request->type == F_UNLCK)
			list_add(&request->list, &dead);
		else
			insert_sorted(&ctx->posix, request);
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

static bool is_free(struct file_lock_context *ctx, struct list_head *head, const struct file_lock *request)
{
	bool result;

	spin_lock(&file_lock_lock);
	result = !find_conflict(head, request);
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
			wake_waiters(ctx);
			return 0;
		}
		if (error != -EAGAIN || !wait)
			break;
		error = wait_event_interruptible(&ctx->wait, is_free(ctx, &ctx->posix, request));
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
	fl->owner = current->files;
	fl->pid = current->tgid;
	return 0;
}

int fcntl_getlk(struct file *file, struct flock __user *user)
{
	struct file_lock_context *ctx = READ_ONCE(file->f_inode->i_flctx);
	struct file_lock request, *fl = NULL;
	struct flock l;
	int error;

	if (copy_from_user(&l, user, sizeof(l)))
		return -EFAULT;
	error = flock_to_posix(file, &l, &request);
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
	if ((l.l_type == F_RDLCK && !(file->f_mode & FMODE_READ)) || (l.l_type == F_WRLCK && !(file->f_mode & FMODE_WRITE)))
		return -EBADF;
	request = alloc_lock();
	if (!ctx || !request) {
		free_lock(request);
		return -ENOLCK;
	}
	error = flock_to_posix(file, &l, request);
	if (error) {
		free_lock(request);
		return error;
	}
	return set_posix_lock(ctx, request, cmd == F_SETLKW);
}

void locks_remove_posix(struct file *file, struct files_struct *owner)
{
	struct file_lock_context *ctx = file->f_inode->i_flctx;
	struct file_lock *fl, *next;
	LIST_HEAD(dead);

	spin_lock(&file_lock_lock);
	list_for_each_entry_safe(fl, next, &ctx->posix, list) {
		if (fl->owner == owner)
			list_move(&fl->list, &dead);
	}
	spin_unlock(&file_lock_lock);
	if (list_empty(&dead))
		return;
	free_list(&dead);
	wake_waiters(ctx);
}

/* --- flock --- */

/* Drops what @file has.  => file_lock_lock held */
static bool drop_flock(struct file_lock_context *ctx, const struct file *file, struct list_head *dead)
{
	struct file_lock *fl, *next;

	list_for_each_entry_safe(fl, next, &ctx->flock, list) {
		if (fl->owner == file) {
			list_move(&fl->list, dead);
			return true;
		}
	}
	return false;
}

/* Changing the type gives the old lock up first, as flock(2) says; so it may be lost while waiting. */
static int try_flock(struct file_lock_context *ctx, struct file_lock *request)
{
	LIST_HEAD(dead);
	bool dropped;
	int error = 0;

	spin_lock(&file_lock_lock);
	dropped = drop_flock(ctx, request->owner, &dead);
	if (find_conflict(&ctx->flock, request))
		error = -EAGAIN;
	else
		list_add_tail(&request->list, &ctx->flock);
	spin_unlock(&file_lock_lock);
	free_list(&dead);
	if (dropped)
		wake_waiters(ctx);
	return error;
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
		error = wait_event_interruptible(&ctx->wait, is_free(ctx, &ctx->flock, request));
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
	LIST_HEAD(dead);

	spin_lock(&file_lock_lock);
	drop_flock(ctx, file, &dead);
	spin_unlock(&file_lock_lock);
	if (list_empty(&dead))
		return;
	free_list(&dead);
	wake_waiters(ctx);
}

static int do_flock(struct file *file, unsigned int cmd)
{
	switch (cmd & ~LOCK_NB) {
	case LOCK_SH:
		return set_flock(file, F_RDLCK, !(cmd & LOCK_NB));
	case LOCK_EX:
		return set_flock(file, F_WRLCK, !(cmd & LOCK_NB));
	case LOCK_UN:
		if (file->f_inode->i_flctx)
			locks_remove_file(file);
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
