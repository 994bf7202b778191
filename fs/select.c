// SPDX-License-Identifier: MIT
/*
 * ppoll(2) and pselect6(2): waiting for several files at once.
 *
 * Both look at their files again and again until one is ready.  The first look also queues an entry
 * on each wait queue that could bring news; they stay queued until the call ends:
 *
 *   look and queue ─> something ready? ─> triggered? else sleep ─> look ─> …
 *
 * W1  An entry is queued before its file's state is looked at, and a file changes its state
 *     before it wakes; whatever the look has missed has therefore set `triggered`, and we do not
 *     sleep.
 * W2  An entry holds a reference to its file, so that the wait queue outlives the entry.
 */
#include "fs/fdtable.h"
#include "fs/poll.h"
#include "kernel/resource.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "lib/bitmap.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

/* --- the entries of one call --- */

struct poll_entry {
	struct file *file;
	struct wait_queue_head *wq;
	struct wait_queue_entry wait;
};

struct poll_page {
	struct poll_page *next;
	int nr;
	struct poll_entry entries[];
};

#define INLINE_ENTRIES		8
#define ENTRIES_PER_PAGE	((PAGE_SIZE - sizeof(struct poll_page)) / sizeof(struct poll_entry))

struct poll_wqueues {
	struct poll_table pt;
	struct task_struct *task;
	bool triggered;			/* a file had news since the last look */
	int error;			/* -ENOMEM: an entry could not be queued */
	int nr_inline;
	struct poll_page *pages;	/* newest first */
	struct poll_entry entries[INLINE_ENTRIES];
};

static bool poll_wake(struct wait_queue_entry *wait, void *key)
{
	struct poll_wqueues *pwq = wait->private;

	/* Before the look at the task's state, which the task sets before its look at this. */
	smp_store_mb(pwq->triggered, true);
	return try_to_wake_up(pwq->task, TASK_NORMAL);
}

/* Room for one more, or NULL. */
static struct poll_entry *new_entry(struct poll_wqueues *pwq)
{
	struct poll_page *page = pwq->pages;

	if (pwq->nr_inline < INLINE_ENTRIES)
		return &pwq->entries[pwq->nr_inline++];
	if (!page || page->nr == ENTRIES_PER_PAGE) {
		page = kmalloc(PAGE_SIZE, GFP_KERNEL);
		if (!page)
			return NULL;
		page->nr = 0;
		page->next = pwq->pages;
		pwq->pages = page;
	}
	return &page->entries[page->nr++];
}

static void queue_entry(struct file *file, struct wait_queue_head *wq, struct poll_table *pt)
{
	struct poll_wqueues *pwq = container_of(pt, struct poll_wqueues, pt);
	struct poll_entry *entry = new_entry(pwq);

	if (!entry) {
		pwq->error = -ENOMEM;
		return;
	}
	entry->file = get_file(file);
	entry->wq = wq;
	entry->wait = (struct wait_queue_entry){ .func = poll_wake, .private = pwq };
	add_wait_queue(wq, &entry->wait);
	smp_mb();		/* W1: wakers look at the queue without its lock */
}

static void poll_init(struct poll_wqueues *pwq)
{
	pwq->pt = (struct poll_table){ .qproc = queue_entry };
	pwq->task = current;
	pwq->triggered = false;
	pwq->error = 0;
	pwq->nr_inline = 0;
	pwq->pages = NULL;
}

static void free_entry(struct poll_entry *entry)
{
	remove_wait_queue(entry->wq, &entry->wait);
	fput(entry->file);
}

static void poll_end(struct poll_wqueues *pwq)
{
	struct poll_page *page;

	for (int i = 0; i < pwq->nr_inline; i++)
		free_entry(&pwq->entries[i]);
	while ((page = pwq->pages)) {
		for (int i = 0; i < page->nr; i++)
			free_entry(&page->entries[i]);
		pwq->pages = page->next;
		kfree(page);
	}
}

/* --- looking and sleeping --- */

/* The events of @wanted that hold for descriptor @fd, 0 for none; -1: it is not open. */
static int poll_fd(unsigned int fd, unsigned int wanted, struct poll_table *pt)
{
	struct fd f = fdget(fd);
	unsigned int events = DEFAULT_POLLMASK;

	if (!f.file)
		return -1;
	pt->key = wanted;
	if (f.file->f_op->poll)
		events = f.file->f_op->poll(f.file, pt);
	fdput(f);
	events &= wanted;
	if (events)
		pt->qproc = NULL;	/* we shall not sleep */
	return events;
}

/* @end: ns, or KTIME_MAX.  False: the time has run out. */
static bool poll_sleep(struct poll_wqueues *pwq, s64 end)
{
	s64 left = end == KTIME_MAX ? end : end - (s64)ktime_get_ns();

	set_current_state(TASK_INTERRUPTIBLE);
	if (!READ_ONCE(pwq->triggered))
		left = schedule_timeout(left);
	WRITE_ONCE(current->state, TASK_RUNNING);
	smp_store_mb(pwq->triggered, false);
	return left > 0;
}

/*
 * Looks, by @look, which returns how many are ready, until some are or @end comes.  That number, or
 * -errno; -ERESTARTNOHAND after a signal.
 */
static int poll_until(s64 end, int (*look)(void *what, struct poll_table *pt), void *what)
{
	struct poll_wqueues pwq;
	bool in_time = end != 0;
	int count;

	poll_init(&pwq);
	if (!in_time)
		pwq.pt.qproc = NULL;
	for (;;) {
		count = look(what, &pwq.pt);
		pwq.pt.qproc = NULL;
		if (!count)
			count = pwq.error;
		if (!count && signal_pending(current))
			count = -ERESTARTNOHAND;
		if (count || !in_time)
			break;
		in_time = poll_sleep(&pwq, end);
	}
	poll_end(&pwq);
	return count;
}

/* --- timeouts --- */

/* The user's timeout as an end: ns of ktime, 0: do not wait, KTIME_MAX.  -EINVAL, -EFAULT. */
static int get_end(const struct __kernel_timespec __user *user, s64 *end)
{
	struct __kernel_timespec ts;
	s64 ns;

	*end = KTIME_MAX;
	if (!user)
		return 0;
	if (copy_from_user(&ts, user, sizeof(ts)))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	ns = timespec_to_ns(&ts);
	if (!ns || __builtin_add_overflow((s64)ktime_get_ns(), ns, end))
		*end = ns ? KTIME_MAX : 0;
	return 0;
}

/*
 * The end of either call: the signal mask, and what is left of the time for the user, so that a
 * restarted call goes on with that.
 */
static long finish(long result, struct __kernel_timespec __user *user, s64 end)
{
	struct __kernel_timespec left;
	s64 ns;

	restore_saved_sigmask_unless(result == -ERESTARTNOHAND);
	if (!user || !end)
		return result;
	ns = end - (s64)ktime_get_ns();
	left = ns_to_timespec(max_t(s64, ns, 0));
	if (!copy_to_user(user, &left, sizeof(left)))
		return result;
	/* Restarted with the whole time it could wait for ever. */
	return result == -ERESTARTNOHAND ? -EINTR : result;
}

/* --- ppoll --- */

struct poll_list {
	struct pollfd *fds;
	unsigned int nr;
};

static int look_at_list(void *what, struct poll_table *pt)
{
	struct poll_list *list = what;
	int count = 0, events;

	for (unsigned int i = 0; i < list->nr; i++) {
		struct pollfd *p = &list->fds[i];

		p->revents = 0;
		if (p->fd < 0)
			continue;
		events = poll_fd(p->fd, (unsigned short)p->events | POLLERR | POLLHUP, pt);
		if (events < 0)
			events = POLLNVAL;
		p->revents = events;
		count += events != 0;
	}
	return count;
}

static int put_revents(struct pollfd __user *user, const struct poll_list *list)
{
	for (unsigned int i = 0; i < list->nr; i++) {
		if (put_user(list->fds[i].revents, user_member(user + i, struct pollfd, revents)))
			return -EFAULT;
	}
	return 0;
}

#define STACK_POLLFDS	16

static long do_poll(struct pollfd __user *user, unsigned int nr, s64 end)
{
	struct pollfd on_stack[STACK_POLLFDS];
	struct poll_list list = { on_stack, nr };
	long result = -EFAULT;

	if (nr > rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	if (nr > STACK_POLLFDS)
		list.fds = kvmalloc(nr * sizeof(*user), GFP_KERNEL);
	if (!list.fds)
		return -ENOMEM;
	if (!copy_from_user(list.fds, user, nr * sizeof(*user))) {
		result = poll_until(end, look_at_list, &list);
		if (put_revents(user, &list))
			result = -EFAULT;
	}
	if (list.fds != on_stack)
		kvfree(list.fds);
	return result;
}

SYSCALL_DEFINE5(ppoll, struct pollfd __user *, fds, unsigned int, nr,
		struct __kernel_timespec __user *, timeout, const u64 __user *, mask, size_t, size)
{
	s64 end;
	int err = get_end(timeout, &end);

	if (!err)
		err = set_user_sigmask(mask, size);
	if (err)
		return err;
	return finish(do_poll(fds, nr, end), timeout, end);
}

/* --- pselect6 --- */

enum { SET_IN, SET_OUT, SET_EX, NR_SETS };

/* What makes a descriptor of each set ready. */
static const unsigned int set_events[NR_SETS] = {
	[SET_IN] = POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR,
	[SET_OUT] = POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR,
	[SET_EX] = POLLPRI,
};

struct fd_sets {
	unsigned int nr;			/* descriptors */
	unsigned int words;			/* of one set */
	unsigned long *wanted[NR_SETS];
	unsigned long *ready[NR_SETS];
};

/* In how many sets the descriptor is ready; -EBADF. */
static int look_at_fd(struct fd_sets *sets, unsigned int fd, struct poll_table *pt)
{
	unsigned int wanted = 0;
	int events, count = 0;

	for (int i = 0; i < NR_SETS; i++) {
		if (test_bit(fd, sets->wanted[i]))
			wanted |= set_events[i];
	}
	if (!wanted)
		return 0;
	events = poll_fd(fd, wanted, pt);
	if (events < 0)
		return -EBADF;
	for (int i = 0; i < NR_SETS; i++) {
		if (events & set_events[i] && test_bit(fd, sets->wanted[i])) {
			__set_bit(fd, sets->ready[i]);
			count++;
		}
	}
	return count;
}

static int look_at_sets(void *what, struct poll_table *pt)
{
	struct fd_sets *sets = what;
	int count = 0, n;

	for (int i = 0; i < NR_SETS; i++)
		memset(sets->ready[i], 0, sets->words * sizeof(long));
	for (unsigned int fd = 0; fd < sets->nr; fd++) {
		n = look_at_fd(sets, fd, pt);
		if (n < 0)
			return n;
		count += n;
	}
	return count;
}

/* All six sets out of @bits; those the user did not give are empty. */
static int get_sets(struct fd_sets *sets, unsigned long *bits, unsigned long __user *user[NR_SETS])
{
	size_t bytes = sets->words * sizeof(long);

	memset(bits, 0, 2 * NR_SETS * bytes);
	for (int i = 0; i < NR_SETS; i++) {
		sets->wanted[i] = bits + i * sets->words;
		sets->ready[i] = bits + (NR_SETS + i) * sets->words;
		if (user[i] && copy_from_user(sets->wanted[i], user[i], bytes))
			return -EFAULT;
	}
	return 0;
}

static int put_sets(const struct fd_sets *sets, unsigned long __user *user[NR_SETS])
{
	for (int i = 0; i < NR_SETS; i++) {
		if (user[i] && copy_to_user(user[i], sets->ready[i], sets->words * sizeof(long)))
			return -EFAULT;
	}
	return 0;
}

#define STACK_WORDS	2

static long do_select(int n, unsigned long __user *user[NR_SETS], s64 end)
{
	unsigned long on_stack[2 * NR_SETS * STACK_WORDS], *bits = on_stack;
	struct fd_sets sets;
	long result;

	if (n < 0)
		return -EINVAL;
	sets.nr = min_t(unsigned int, n, current->files->max_fds);
	sets.words = BITS_TO_LONGS(sets.nr);
	if (sets.words > STACK_WORDS)
		bits = kvmalloc(2 * NR_SETS * sets.words * sizeof(long), GFP_KERNEL);
	if (!bits)
		return -ENOMEM;
	result = get_sets(&sets, bits, user);
	if (!result)
		result = poll_until(end, look_at_sets, &sets);
	if (result >= 0 && put_sets(&sets, user))
		result = -EFAULT;
	if (bits != on_stack)
		kvfree(bits);
	return result;
}

/* pselect6's last argument: its mask and the size of that. */
struct sigset_argpack {
	const u64 __user *mask;
	size_t size;
};

SYSCALL_DEFINE6(pselect6, int, n, unsigned long __user *, in, unsigned long __user *, out,
		unsigned long __user *, ex, struct __kernel_timespec __user *, timeout,
		const struct sigset_argpack __user *, sig)
{
	unsigned long __user *user[NR_SETS] = { in, out, ex };
	struct sigset_argpack pack = { NULL, 0 };
	s64 end;
	int err;

	if (sig && copy_from_user(&pack, sig, sizeof(pack)))
		return -EFAULT;
	err = get_end(timeout, &end);
	if (!err)
		err = set_user_sigmask(pack.mask, pack.size);
	if (err)
		return err;
	return finish(do_select(n, user, end), timeout, end);
}
