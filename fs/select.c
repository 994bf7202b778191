// SPDX-License-Identifier: MIT
/*
 * ppoll(2) and pselect6(2).
 *
 * The first round over the files queues the task on each wait queue that could change an answer; later rounds only look.
 * A wake-up sets `triggered`, so one that comes between looking and sleeping is not lost.
 */
#include "fs/poll.h"
#include "arch/riscv/uaccess.h"
#include "fs/fdtable.h"
#include "kernel/resource.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "lib/bitmap.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

struct poll_entry {
	struct wait_queue_entry wait;
	struct wait_queue_head *wq;
	struct file *file;		/* keeps the wait queue */
	struct poll_entry *next;
};

#define INLINE_ENTRIES	8

struct poll_wqueues {
	struct poll_table pt;
	struct task_struct *task;
	int triggered;
	int error;
	unsigned int nr_inline;
	struct poll_entry *entries;
	struct poll_entry inline_entries[INLINE_ENTRIES];
};

/* The private pointer is the poll_wqueues, whose task is woken as any sleeper is. */
static bool pollwake(struct wait_queue_entry *wait, void *key)
{
	struct poll_wqueues *pwq = wait->private;

	WRITE_ONCE(pwq->triggered, 1);
	smp_mb();
	return try_to_wake_up(pwq->task, TASK_NORMAL);
}

static bool is_inline(const struct poll_wqueues *pwq, const struct poll_entry *entry)
{
	return entry >= pwq->inline_entries && entry < pwq->inline_entries + INLINE_ENTRIES;
}

static void poll_queue(struct file *file, struct wait_queue_head *wq, struct poll_table *pt)
{
	struct poll_wqueues *pwq = container_of(pt, struct poll_wqueues, pt);
	struct poll_entry *entry;

	if (pwq->nr_inline < INLINE_ENTRIES)
		entry = &pwq->inline_entries[pwq->nr_inline++];
	else
		entry = kmalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry) {
		pwq->error = -ENOMEM;
		return;
	}
	*entry = (struct poll_entry){
		.wait = { .func = pollwake, .private = pwq }, .wq = wq, .file = get_file(file), .next = pwq->entries,
	};
	pwq->entries = entry;
	add_wait_queue(wq, &entry->wait);
}

static void poll_init(struct poll_wqueues *pwq)
{
	pwq->pt = (struct poll_table){ .qproc = poll_queue };
	pwq->task = current;
	pwq->triggered = pwq->error = 0;
	pwq->nr_inline = 0;
	pwq->entries = NULL;
}

static void poll_free(struct poll_wqueues *pwq)
{
	struct poll_entry *entry = pwq->entries, *next;

	for (; entry; entry = next) {
		next = entry->next;
		remove_wait_queue(entry->wq, &entry->wait);
		fput(entry->file);
		if (!is_inline(pwq, entry))
			kfree(entry);
	}
}

/* Sleeps until something happened or @deadline (ns; KTIME_MAX: none).  False: the time is up. */
static bool poll_sleep(struct poll_wqueues *pwq, s64 deadline)
{
	s64 left = KTIME_MAX;

	if (deadline != KTIME_MAX) {
		left = deadline - (s64)ktime_get_ns();
		if (left <= 0)
			return false;
	}
	set_current_state(TASK_INTERRUPTIBLE);
	if (!READ_ONCE(pwq->triggered) && !signal_pending(current))
		left = schedule_timeout(left);
	set_current_state(TASK_RUNNING);
	/* What woke us has triggered again if it happens from now on. */
	smp_store_mb(pwq->triggered, 0);
	return left > 0;
}

static unsigned int poll_file(struct file *file, struct poll_table *pt)
{
	return file->f_op->poll ? file->f_op->poll(file, pt) : DEFAULT_POLLMASK;
}

/* --- the time limit --- */

/* The user's timeout as a moment; NULL: never.  0 or -errno. */
static int get_deadline(const struct __kernel_timespec __user *user, s64 *deadline)
{
	struct __kernel_timespec ts;
	s64 ns;

	*deadline = KTIME_MAX;
	if (!user)
		return 0;
	if (copy_from_user(&ts, user, sizeof(ts)))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	ns = timespec_to_ns(&ts);
	if (!ns)
		*deadline = 0;
	else if (__builtin_add_overflow(ns, (s64)ktime_get_ns(), deadline))
		*deadline = KTIME_MAX;
	return 0;
}

/* What is left goes back to the user, as Linux has it; his memory being read-only is no error. */
static void put_remaining(struct __kernel_timespec __user *user, s64 deadline)
{
	struct __kernel_timespec ts = { 0, 0 };
	s64 now = ktime_get_ns();

	if (!user || deadline == KTIME_MAX)
		return;
	if (deadline > now)
		ts = ns_to_timespec(deadline - now);
	if (copy_to_user(user, &ts, sizeof(ts)))
		return;
}

/* The end of both calls. */
static long finish_poll(long result, struct __kernel_timespec __user *user, s64 deadline)
{
	restore_saved_sigmask_unless(result == -ERESTARTNOHAND);
	put_remaining(user, deadline);
	return result;
}

/* --- ppoll --- */

/* One round: how many descriptors have events. */
static int poll_round(struct pollfd *fds, unsigned int nr, struct poll_table *pt)
{
	int count = 0;

	for (unsigned int i = 0; i < nr; i++) {
		unsigned int mask = 0;

		if (fds[i].fd >= 0) {
			struct fd f = fdget(fds[i].fd);

			mask = POLLNVAL;
			if (f.file) {
				mask = poll_file(f.file, pt) & ((unsigned short)fds[i].events | POLLERR | POLLHUP);
				fdput(f);
			}
		}
		fds[i].revents = mask;
		if (mask) {
			count++;
			pt->qproc = NULL;	/* we shall not sleep */
		}
	}
	return count;
}

static long do_poll(struct pollfd *fds, unsigned int nr, s64 deadline)
{
	struct poll_wqueues pwq;
	bool time_left = deadline != 0;
	long result;

	poll_init(&pwq);
	if (!time_left)
		pwq.pt.qproc = NULL;
	for (;;) {
		result = poll_round(fds, nr, &pwq.pt);
		pwq.pt.qproc = NULL;
		if (!result)
			result = pwq.error;
		if (!result && signal_pending(current))
			result = -ERESTARTNOHAND;
		if (result || !time_left)
			break;
		time_left = poll_sleep(&pwq, deadline);
	}
	poll_free(&pwq);
	return result;
}

#define STACK_POLLFDS	16

static long poll_user(struct pollfd __user *user, unsigned int nr, s64 deadline)
{
	struct pollfd stack[STACK_POLLFDS], *fds = stack;
	long result;

	if (nr > rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	if (nr > STACK_POLLFDS)
		fds = kvmalloc(nr * sizeof(*fds), GFP_KERNEL);
	if (!fds)
		return -ENOMEM;
	result = -EFAULT;
	if (!copy_from_user(fds, user, nr * sizeof(*fds))) {
		result = do_poll(fds, nr, deadline);
		for (unsigned int i = 0; i < nr && result >= 0; i++) {
			if (put_user(fds[i].revents, &user[i].revents))
				result = -EFAULT;
		}
	}
	if (fds != stack)
		kvfree(fds);
	return result;
}

SYSCALL_DEFINE5(ppoll, struct pollfd __user *, fds, unsigned int, nr, struct __kernel_timespec __user *, timeout,
		const u64 __user *, sigmask, size_t, sigsetsize)
{
	s64 deadline;
	int error = get_deadline(timeout, &deadline);

	if (!error)
		error = set_user_sigmask(sigmask, sigsetsize);
	if (error)
		return error;
	return finish_poll(poll_user(fds, nr, deadline), timeout, deadline);
}

/* --- pselect6 --- */

#define POLLIN_SET	(POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define POLLOUT_SET	(POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)
#define POLLEX_SET	POLLPRI

enum { SET_IN, SET_OUT, SET_EX, NR_SETS };

/* What the user asks, and what we answer. */
struct fd_sets {
	unsigned int nr;
	unsigned long *in[NR_SETS], *out[NR_SETS];
};

static const unsigned int set_events[NR_SETS] = { POLLIN_SET, POLLOUT_SET, POLLEX_SET };

/* One descriptor: in how many sets it has an answer; -EBADF. */
static int select_one(struct fd_sets *sets, unsigned int fd, struct poll_table *pt)
{
	struct fd f = fdget(fd);
	unsigned int mask;
	int count = 0;

	if (!f.file)
		return -EBADF;
	mask = poll_file(f.file, pt);
	fdput(f);
	for (int s = 0; s < NR_SETS; s++) {
		if (mask & set_events[s] && test_bit(fd, sets->in[s])) {
			__set_bit(fd, sets->out[s]);
			count++;
		}
	}
	if (count)
		pt->qproc = NULL;
	return count;
}

static int select_round(struct fd_sets *sets, struct poll_table *pt)
{
	int count = 0, n;

	for (unsigned int fd = 0; fd < sets->nr; fd++) {
		if (!test_bit(fd, sets->in[SET_IN]) && !test_bit(fd, sets->in[SET_OUT]) && !test_bit(fd, sets->in[SET_EX]))
			continue;
		n = select_one(sets, fd, pt);
		if (n < 0)
			return n;
		count += n;
	}
	return count;
}

static long do_select(struct fd_sets *sets, s64 deadline)
{
	struct poll_wqueues pwq;
	bool time_left = deadline != 0;
	long result;

	poll_init(&pwq);
	if (!time_left)
		pwq.pt.qproc = NULL;
	for (;;) {
		result = select_round(sets, &pwq.pt);
		pwq.pt.qproc = NULL;
		if (!result)
			result = pwq.error;
		if (!result && signal_pending(current))
			result = -ERESTARTNOHAND;
		if (result || !time_left)
			break;
		time_left = poll_sleep(&pwq, deadline);
	}
	poll_free(&pwq);
	return result;
}

static int copy_sets_in(struct fd_sets *sets, unsigned long __user *const user[NR_SETS], size_t bytes)
{
	for (int s = 0; s < NR_SETS; s++) {
		if (user[s] && copy_from_user(sets->in[s], user[s], bytes))
			return -EFAULT;
	}
	return 0;
}

static int copy_sets_out(const struct fd_sets *sets, unsigned long __user *const user[NR_SETS], size_t bytes)
{
	for (int s = 0; s < NR_SETS; s++) {
		if (user[s] && copy_to_user(user[s], sets->out[s], bytes))
			return -EFAULT;
	}
	return 0;
}

static long select_user(int nr, unsigned long __user *const user[NR_SETS], s64 deadline)
{
	struct fd_sets sets = { .nr = min_t(unsigned int, nr, current->files->max_fds) };
	size_t words = BITS_TO_LONGS(sets.nr), bytes = words * sizeof(long);
	unsigned long *maps;
	long result;

	if (nr < 0)
		return -EINVAL;
	maps = kvmalloc(max(2 * NR_SETS * bytes, sizeof(long)), GFP_KERNEL | __GFP_ZERO);
	if (!maps)
		return -ENOMEM;
	for (int s = 0; s < NR_SETS; s++) {
		sets.in[s] = maps + s * words;
		sets.out[s] = maps + (NR_SETS + s) * words;
	}
	result = copy_sets_in(&sets, user, bytes);
	if (!result)
		result = do_select(&sets, deadline);
	if (result >= 0 && copy_sets_out(&sets, user, bytes))
		result = -EFAULT;
	kvfree(maps);
	return result;
}

/* The sixth argument: a signal mask with its size, since there is no seventh. */
struct sigmask_arg {
	const u64 __user *mask;
	size_t size;
};

SYSCALL_DEFINE6(pselect6, int, nr, unsigned long __user *, in, unsigned long __user *, out, unsigned long __user *, ex,
		struct __kernel_timespec __user *, timeout, const struct sigmask_arg __user *, user_sig)
{
	unsigned long __user *const user[NR_SETS] = { in, out, ex };
	struct sigmask_arg sig = { NULL, 0 };
	s64 deadline;
	int error;

	if (user_sig && copy_from_user(&sig, user_sig, sizeof(sig)))
		return -EFAULT;
	error = get_deadline(timeout, &deadline);
	if (!error)
		error = set_user_sigmask(sig.mask, sig.size);
	if (error)
		return error;
	return finish_poll(select_user(nr, user, deadline), timeout, deadline);
}
