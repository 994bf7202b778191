// SPDX-License-Identifier: MIT
/* Users by uid. */
#include "kernel/user.h"

#include "kernel/spinlock.h"
#include "lib/hash.h"
#include "mm/slab.h"

#define UID_HASH_BITS	5

static DEFINE_SPINLOCK(uidhash_lock, RANK_UIDHASH);
static struct hlist_head uid_hash[1 << UID_HASH_BITS];

/* Never freed: its first reference is init_cred's. */
struct user_struct root_user = { .count = ATOMIC_INIT(1), .processes = ATOMIC_INIT(1) };

static struct hlist_head *uid_bucket(uid_t uid)
{
	return &uid_hash[hash_64(uid, UID_HASH_BITS)];
}

static struct user_struct *find_locked(uid_t uid)
{
	struct user_struct *user;

	hlist_for_each_entry(user, uid_bucket(uid), hash)
		if (user->uid == uid)
			return get_user_struct(user);
	return NULL;
}

struct user_struct *find_user_struct(uid_t uid)
{
	struct user_struct *user, *fresh;
	unsigned long flags;

	spin_lock_irqsave(&uidhash_lock, flags);
	user = find_locked(uid);
	spin_unlock_irqrestore(&uidhash_lock, flags);
	if (user)
		return user;

	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
	if (!fresh)
		return NULL;
	fresh->uid = uid;
	atomic_set(&fresh->count, 1);

	/* Somebody may have been faster while we slept. */
	spin_lock_irqsave(&uidhash_lock, flags);
	user = find_locked(uid);
	if (!user)
		hlist_add_head(&fresh->hash, uid_bucket(uid));
	spin_unlock_irqrestore(&uidhash_lock, flags);
	if (!user)
		return fresh;
	kfree(fresh);
	return user;
}

void put_user_struct(struct user_struct *user)
{
	unsigned long flags;
	bool last;

	if (atomic_add_unless(&user->count, -1, 1))
		return;
	spin_lock_irqsave(&uidhash_lock, flags);
	last = atomic_dec_and_test(&user->count);
	if (last)
		hlist_del(&user->hash);
	spin_unlock_irqrestore(&uidhash_lock, flags);
	if (last)
		kfree(user);
}

void user_init(void)
{
	hlist_add_head(&root_user.hash, uid_bucket(0));
}
