// SPDX-License-Identifier: MIT
/*
 * Who a task is: user and group ids (credentials(7)).  A struct cred is never changed once a task
 * has it; a change makes a copy and commits that, so anybody may read task->cred of himself without
 * a lock. Capabilities are not separate: the effective uid 0 has all of them, the file-system uid 0
 * those about files.
 */
#ifndef KERNEL_CRED_H
#define KERNEL_CRED_H

#include <linux/capability.h>
#include "kernel/sched.h"
#include "lib/atomic.h"
#include "lib/types.h"

#define NGROUPS_MAX	65536

/* Supplementary groups, sorted. */
struct group_info {
	atomic_t usage;
	int ngroups;
	gid_t gid[];
};

struct user_struct;

struct cred {
	atomic_t usage;
	uid_t uid, euid, suid, fsuid;
	gid_t gid, egid, sgid, fsgid;
	struct user_struct *user;	/* of uid */
	struct group_info *group_info;	/* NULL: none */
};

extern struct cred init_cred;

static inline const struct cred *current_cred(void)
{
	return current->cred;
}

#define current_uid()	(current_cred()->uid)
#define current_gid()	(current_cred()->gid)
#define current_euid()	(current_cred()->euid)
#define current_egid()	(current_cred()->egid)
#define current_fsuid()	(current_cred()->fsuid)
#define current_fsgid()	(current_cred()->fsgid)

static inline const struct cred *get_cred(const struct cred *cred)
{
	atomic_inc(&((struct cred *)cred)->usage);
	return cred;
}
void put_cred(const struct cred *cred);

/* Of another task, which may change them meanwhile: with a reference. */
const struct cred *get_task_cred(struct task_struct *task);

/*
 * A private copy of current's to change; commit_creds() makes it current's and eats it.  NULL: no
 * memory.
 */
struct cred *prepare_creds(void);
void commit_creds(struct cred *cred);
/* Makes @cred->user that of @cred->uid.  -ENOMEM. */
int set_cred_user(struct cred *cred);
/* Takes over a reference; NULL: none. */
void set_cred_groups(struct cred *cred, struct group_info *group_info);

/* CAP_*.  Those about files follow the file-system uid, all others the effective one. */
bool capable(int cap);
/* Is @gid the file-system group or a supplementary one? */
bool in_group_p(gid_t gid);
bool in_egroup_p(gid_t gid);

void cred_init(void);

#endif
