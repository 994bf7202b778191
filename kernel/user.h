// SPDX-License-Identifier: MIT
/*
 * What one real user has in use over all his processes: the counts that RLIMIT_NPROC and
 * RLIMIT_SIGPENDING limit. A user exists while somebody has a reference: a cred, or signals that
 * are pending on his account.
 */
#ifndef KERNEL_USER_H
#define KERNEL_USER_H

#include "lib/atomic.h"
#include "lib/list.h"
#include "lib/types.h"

struct user_struct {
	uid_t uid;
	atomic_t count;			/* references; to and from 0 with uidhash_lock */
	struct hlist_node hash;
	atomic_t processes;		/* tasks, zombies included */
	atomic_t sigpending;		/* struct sigqueues */
};

extern struct user_struct root_user;

/* With a reference; NULL: no memory.  May sleep. */
struct user_struct *find_user_struct(uid_t uid);

static inline struct user_struct *get_user_struct(struct user_struct *user)
{
	atomic_inc(&user->count);
	return user;
}

/* Any context. */
void put_user_struct(struct user_struct *user);

void user_init(void);

#endif
