// SPDX-License-Identifier: MIT
/*
 * A question passes a row of filters, and fails if it comes to the end:
 *
 *   probability 0? ─> task? ─> times left? ─> space used up? ─> interval ─> chance ─> failure
 *
 * /proc/PID/fail-nth goes before all of them: the N-th question of that task fails, whatever it is
 * about, and none before it.
 */
#include "kernel/fault_inject.h"

#include "kernel/errno.h"
#include "kernel/init.h"
#include "kernel/param.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "lib/hash.h"
#include "lib/string.h"

static LIST_HEAD(fault_attrs);		/* only grows, at boot */
static int fail_seed = 1;
KERNEL_PARAM("fail_seed", param_int, &fail_seed);

void fault_attr_register(struct fault_attr *attr)
{
	list_add_tail(&attr->list, &fault_attrs);
}

struct fault_attr *fault_attr_next(struct fault_attr *attr)
{
	struct list_head *next = attr ? attr->list.next : fault_attrs.next;

	return next == &fault_attrs ? NULL : list_entry(next, struct fault_attr, list);
}

/* Cuts the number up to the next comma off *text. */
static int next_number(char **text, int *number)
{
	char *word = *text, *comma = strchr(word, ',');

	if (comma)
		*comma++ = '\0';
	*text = comma ? comma : word + strlen(word);
	return kstrtoint(word, 10, number);
}

int fault_attr_param(const char *value, void *data)
{
	int number[4];			/* interval, probability, space, times */
	struct fault_attr *attr = data;
	char text[64], *rest = text;

	if (!value || strlen(value) >= sizeof(text))
		return -EINVAL;
	strscpy(text, value, sizeof(text));
	for (size_t i = 0; i < ARRAY_SIZE(number); i++)
		if (next_number(&rest, &number[i]))
			return -EINVAL;
	if (*rest || number[0] < 0 || number[1] < 0)
		return -EINVAL;
	attr->interval = number[0];
	attr->probability = number[1];
	atomic_set(&attr->space, number[2]);
	atomic_set(&attr->times, number[3]);
	return 0;
}

/* A number below 100: the n-th one of an attr is the same in each run with the same seed. */
static unsigned int draw(struct fault_attr *attr)
{
	u64 n = atomic_inc_return(&attr->drawn);

	return hash_64(n ^ hash_64(fail_seed, 32), 32) % 100;
}

/* Its own countdown of questions is over; *@answered: it is running, so nothing else counts. */
static bool fail_nth(struct task_struct *task, bool *answered)
{
	*answered = task->fail_nth;
	return task->fail_nth && !--task->fail_nth;
}

static bool by_chance(struct fault_attr *attr, ssize_t size)
{
	if (attr->task_filter && !current->make_it_fail)
		return false;
	if (!atomic_read(&attr->times))
		return false;
	if (atomic_read(&attr->space) > size) {
		atomic_sub(size, &attr->space);
		return false;
	}
	if (attr->interval > 1 && (u32)atomic_inc_return(&attr->asked) % attr->interval)
		return false;
	return draw(attr) < attr->probability;
}

bool should_fail(struct fault_attr *attr, ssize_t size)
{
	bool answered, fail = fail_nth(current, &answered);

	if (likely(!fail) && (answered || !attr->probability || !by_chance(attr, size)))
		return false;
	if (attr->verbose)
		printk_ratelimited(KERN_NOTICE, "fault injection: %s fails, pid %d (%s)\n",
				   attr->name, current->pid, current->comm);
	if (atomic_read(&attr->times) > 0)
		atomic_add_unless(&attr->times, -1, 0);
	return true;
}

/* --- allocations --- */

#ifdef CONFIG_DEBUG
struct fault_attr failslab = FAULT_ATTR_INIT_MEMORY("failslab");
struct fault_attr fail_page_alloc = FAULT_ATTR_INIT_MEMORY("fail_page_alloc");
KERNEL_PARAM("failslab", fault_attr_param, &failslab);
KERNEL_PARAM("fail_page_alloc", fault_attr_param, &fail_page_alloc);

bool should_fail_alloc(struct fault_attr *attr, ssize_t size, gfp_t gfp)
{
	/* Kernel threads, and the boot before there are others, do what nobody could be told. */
	if (gfp & __GFP_NOFAIL || !current->mm)
		return false;
	if (attr->ignore_gfp_wait && gfp & __GFP_DIRECT_RECLAIM)
		return false;
	if (attr->ignore_gfp_highmem && gfp & __GFP_MOVABLE)
		return false;
	return should_fail(attr, size);
}

static void register_memory_attrs(void)
{
	fault_attr_register(&failslab);
	fault_attr_register(&fail_page_alloc);
}
core_initcall(register_memory_attrs);
#endif
