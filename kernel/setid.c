// SPDX-License-Identifier: MIT
/*
 * The calls that read and change user and group ids (credentials(7)).  The rules are one: with the
 * capability any id may be taken; without, only one that the task has already as real, effective or
 * saved id.
 */
#include "arch/riscv/uaccess.h"
#include "kernel/cred.h"
#include "kernel/syscall.h"
#include "lib/sort.h"
#include "mm/slab.h"

#define KEEP	((u32)-1)

SYSCALL_DEFINE0(getuid)
{
	return current_uid();
}

SYSCALL_DEFINE0(geteuid)
{
	return current_euid();
}

SYSCALL_DEFINE0(getgid)
{
	return current_gid();
}

SYSCALL_DEFINE0(getegid)
{
	return current_egid();
}

/* --- the rules, the same for users and groups --- */

struct ids {
	u32 real, effective, saved, fs;
};

static bool owns(const struct ids *ids, u32 id)
{
	return id == KEEP || id == ids->real || id == ids->effective || id == ids->saved;
}

/* setuid, setgid.  All of these: 0, -EPERM or -EINVAL; @ids is what is to be then. */
static int set_id(struct ids *ids, u32 id, bool privileged)
{
	if (id == KEEP)
		return -EINVAL;
	if (!privileged && id != ids->real && id != ids->saved)
		return -EPERM;
	if (privileged)
		ids->real = ids->saved = id;
	ids->effective = ids->fs = id;
	return 0;
}

/* setreuid, setregid. */
static int set_two_ids(struct ids *ids, u32 real, u32 effective, bool privileged)
{
	bool permitted = (real == KEEP || real == ids->real || real == ids->effective) &&
			 owns(ids, effective);
	/* Who gives up what he really was does not get it back by way of the saved id. */
	bool change_saved = real != KEEP || (effective != KEEP && effective != ids->real);

	if (!privileged && !permitted)
		return -EPERM;
	if (real != KEEP)
		ids->real = real;
	if (effective != KEEP)
		ids->effective = effective;
	if (change_saved)
		ids->saved = ids->effective;
	ids->fs = ids->effective;
	return 0;
}

/* setresuid, setresgid. */
static int set_three_ids(struct ids *ids, u32 real, u32 effective, u32 saved, bool privileged)
{
	if (!privileged && !(owns(ids, real) && owns(ids, effective) && owns(ids, saved)))
		return -EPERM;
	if (real != KEEP)
		ids->real = real;
	if (effective != KEEP)
		ids->effective = effective;
	if (saved != KEEP)
		ids->saved = saved;
	ids->fs = ids->effective;
	return 0;
}

/* setfsuid, setfsgid: no error, nothing is changed then. */
static int set_fs_id(struct ids *ids, u32 id, bool privileged)
{
	if (id == KEEP || !(privileged || owns(ids, id) || id == ids->fs))
		return -EPERM;
	ids->fs = id;
	return 0;
}

static int put_ids(const struct ids *ids, u32 *real, u32 *effective, u32 *saved)
{
	return put_user(ids->real, real) || put_user(ids->effective, effective) ||
	       put_user(ids->saved, saved) ? -EFAULT : 0;
}

/* --- users --- */

static struct ids current_uids(void)
{
	const struct cred *cred = current_cred();

	return (struct ids){ cred->uid, cred->euid, cred->suid, cred->fsuid };
}

/* @err: what the rule said. */
static int commit_uids(const struct ids *ids, int err)
{
	struct cred *new = err ? NULL : prepare_creds();

	if (!new)
		return err ? err : -ENOMEM;
	new->uid = ids->real;
	new->euid = ids->effective;
	new->suid = ids->saved;
	new->fsuid = ids->fs;
	if (new->uid != current_uid())
		err = set_cred_user(new);
	if (err)
		put_cred(new);
	else
		commit_creds(new);
	return err;
}

SYSCALL_DEFINE1(setuid, uid_t, uid)
{
	struct ids ids = current_uids();

	return commit_uids(&ids, set_id(&ids, uid, capable(CAP_SETUID)));
}

SYSCALL_DEFINE2(setreuid, uid_t, ruid, uid_t, euid)
{
	struct ids ids = current_uids();

	return commit_uids(&ids, set_two_ids(&ids, ruid, euid, capable(CAP_SETUID)));
}

SYSCALL_DEFINE3(setresuid, uid_t, ruid, uid_t, euid, uid_t, suid)
{
	struct ids ids = current_uids();

	return commit_uids(&ids, set_three_ids(&ids, ruid, euid, suid, capable(CAP_SETUID)));
}

SYSCALL_DEFINE3(getresuid, uid_t *, ruid, uid_t *, euid, uid_t *, suid)
{
	struct ids ids = current_uids();

	return put_ids(&ids, ruid, euid, suid);
}

/* Returns the old id, whether it changes it or not; so does setfsgid. */
SYSCALL_DEFINE1(setfsuid, uid_t, uid)
{
	struct ids ids = current_uids();
	uid_t before = ids.fs;

	commit_uids(&ids, set_fs_id(&ids, uid, capable(CAP_SETUID)));
	return before;
}

/* --- groups --- */

static struct ids current_gids(void)
{
	const struct cred *cred = current_cred();

	return (struct ids){ cred->gid, cred->egid, cred->sgid, cred->fsgid };
}

/* As commit_uids(). */
static int commit_gids(const struct ids *ids, int err)
{
	struct cred *new = err ? NULL : prepare_creds();

	if (!new)
		return err ? err : -ENOMEM;
	new->gid = ids->real;
	new->egid = ids->effective;
	new->sgid = ids->saved;
	new->fsgid = ids->fs;
	commit_creds(new);
	return 0;
}

SYSCALL_DEFINE1(setgid, gid_t, gid)
{
	struct ids ids = current_gids();

	return commit_gids(&ids, set_id(&ids, gid, capable(CAP_SETGID)));
}

SYSCALL_DEFINE2(setregid, gid_t, rgid, gid_t, egid)
{
	struct ids ids = current_gids();

	return commit_gids(&ids, set_two_ids(&ids, rgid, egid, capable(CAP_SETGID)));
}

SYSCALL_DEFINE3(setresgid, gid_t, rgid, gid_t, egid, gid_t, sgid)
{
	struct ids ids = current_gids();

	return commit_gids(&ids, set_three_ids(&ids, rgid, egid, sgid, capable(CAP_SETGID)));
}

SYSCALL_DEFINE3(getresgid, gid_t *, rgid, gid_t *, egid, gid_t *, sgid)
{
	struct ids ids = current_gids();

	return put_ids(&ids, rgid, egid, sgid);
}

SYSCALL_DEFINE1(setfsgid, gid_t, gid)
{
	struct ids ids = current_gids();
	gid_t before = ids.fs;

	commit_gids(&ids, set_fs_id(&ids, gid, capable(CAP_SETGID)));
	return before;
}

/* --- supplementary groups --- */

SYSCALL_DEFINE2(getgroups, int, size, gid_t *, list)
{
	const struct group_info *info = current_cred()->group_info;
	int n = info ? info->ngroups : 0;

	if (size < 0)
		return -EINVAL;
	if (!size)
		return n;
	if (size < n)
		return -EINVAL;
	return n && copy_to_user(list, info->gid, n * sizeof(gid_t)) ? -EFAULT : n;
}

static int compare_gids(const void *a, const void *b)
{
	gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

	return x < y ? -1 : x > y;
}

SYSCALL_DEFINE2(setgroups, int, n, const gid_t *, list)
{
	struct group_info *info;
	struct cred *new;

	if (!capable(CAP_SETGID))
		return -EPERM;
	if ((unsigned int)n > NGROUPS_MAX)
		return -EINVAL;
	info = kmalloc(sizeof(*info) + n * sizeof(gid_t), GFP_KERNEL);
	if (!info)
		return -ENOMEM;
	atomic_set(&info->usage, 1);
	info->ngroups = n;
	if (copy_from_user(info->gid, list, n * sizeof(gid_t))) {
		kfree(info);
		return -EFAULT;
	}
	sort(info->gid, n, sizeof(gid_t), compare_gids);
	new = prepare_creds();
	if (!new) {
		kfree(info);
		return -ENOMEM;
	}
	set_cred_groups(new, info);
	commit_creds(new);
	return 0;
}
