// SPDX-License-Identifier: MIT
/*
 * Credentials.
 *
 * I1 A cred that a task points to never changes.  commit_creds() swaps the pointer under
 *    tasklist_lock, so who reads another task's cred under that lock finds it alive.
 * I2 cred->user is the user of cred->uid; user->processes counts the tasks whose cred has that
 *    user.
 */
#include "kernel/cred.h"

#include "kernel/pid.h"
#include "kernel/user.h"
#include "mm/mm_types.h"
#include "mm/slab.h"

static struct kmem_cache *cred_cache;

struct cred init_cred = {
	.usage = ATOMIC_INIT(1),
	.user = &root_user,
};

static void put_group_info(struct group_info *group_info)
{
	if (group_info && atomic_dec_and_test(&group_info->usage))
		kfree(group_info);
}

void put_cred(const struct cred *cred_)
{
	struct cred *cred = (struct cred *)cred_;

	if (!atomic_dec_and_test(&cred->usage))
		return;
	put_user_struct(cred->user);
	put_group_info(cred->group_info);
	kmem_cache_free(cred_cache, cred);
}

const struct cred *get_task_cred(struct task_struct *task)
{
	const struct cred *cred;
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	cred = get_cred(task->cred);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return cred;
}

struct cred *prepare_creds(void)
{
	struct cred *cred = kmem_cache_alloc(cred_cache, GFP_KERNEL);

	if (!cred)
		return NULL;
	*cred = *current->cred;
	atomic_set(&cred->usage, 1);
	get_user_struct(cred->user);
	if (cred->group_info)
		atomic_inc(&cred->group_info->usage);
	return cred;
}

int set_cred_user(struct cred *cred)
{
	struct user_struct *user = find_user_struct(cred->uid);

	if (!user)
		return -ENOMEM;
	put_user_struct(cred->user);
	cred->user = user;
	return 0;
}

void set_cred_groups(struct cred *cred, struct group_info *group_info)
{
	put_group_info(cred->group_info);
	cred->group_info = group_info;
}

void commit_creds(struct cred *cred)
{
	const struct cred *old = current->cred;
	unsigned long flags;

	if (cred->user != old->user) {
		atomic_inc(&cred->user->processes);
		atomic_dec(&old->user->processes);
	}
	/* A program that has changed who it is must not be looked into by those it was before. */
	if (cred->euid != old->euid || cred->egid != old->egid || cred->fsuid != old->fsuid ||
	    cred->fsgid != old->fsgid) {
		current->pdeath_signal = 0;
		if (current->mm)
			current->mm->dumpable = false;
	}

	spin_lock_irqsave(&tasklist_lock, flags);
	current->cred = cred;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	put_cred(old);
}

static bool is_file_capability(int cap)
{
	switch (cap) {
	case CAP_CHOWN:
	case CAP_DAC_OVERRIDE:
	case CAP_DAC_READ_SEARCH:
	case CAP_FOWNER:
	case CAP_FSETID:
	case CAP_LINUX_IMMUTABLE:
	case CAP_MKNOD:
		return true;
	default:
		return false;
	}
}

bool capable(int cap)
{
	const struct cred *cred = current_cred();

	return (is_file_capability(cap) ? cred->fsuid : cred->euid) == 0;
}

static bool groups_search(const struct group_info *group_info, gid_t gid)
{
	int low = 0, high = group_info ? group_info->ngroups : 0;

	while (low < high) {
		int mid = (low + high) / 2;

		if (group_info->gid[mid] == gid)
			return true;
		if (group_info->gid[mid] < gid)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

bool in_group_p(gid_t gid)
{
	const struct cred *cred = current_cred();

	return gid == cred->fsgid || groups_search(cred->group_info, gid);
}

bool in_egroup_p(gid_t gid)
{
	const struct cred *cred = current_cred();

	return gid == cred->egid || groups_search(cred->group_info, gid);
}

void cred_init(void)
{
	cred_cache = kmem_cache_create("cred", sizeof(struct cred), 0, NULL);
}
