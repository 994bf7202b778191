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

static int finish_uids(struct cred *new)
{
	int err = 0;

	new->fsuid = new->euid;
	if (new->uid != current_uid())
		err = set_cred_user(new);
	if (err)
		put_cred(new);
	else
		commit_creds(new);
	return err;
}

static int finish_gids(struct cred *new)
{
	new->fsgid = new->egid;
	commit_creds(new);
	return 0;
}

static bool owns_uid(const struct cred *cred, uid_t uid)
{
	return uid == KEEP || uid == cred->uid || uid == cred->euid || uid == cred->suid;
}

static bool owns_gid(const struct cred *cred, gid_t gid)
{
	return gid == KEEP || gid == cred->gid || gid == cred->egid || gid == cred->sgid;
}

/* --- users --- */

SYSCALL_DEFINE1(setuid, uid_t, uid)
{
	const struct cred *old = current_cred();
	bool privileged = capable(CAP_SETUID);
	struct cred *new;

	if (uid == KEEP)
		return -EINVAL;
	if (!privileged && uid != old->uid && uid != old->suid)
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (privileged)
		new->uid = new->suid = uid;
	new->euid = uid;
	return finish_uids(new);
}

SYSCALL_DEFINE2(setreuid, uid_t, ruid, uid_t, euid)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (!capable(CAP_SETUID) && ((ruid != KEEP && ruid != old->uid && ruid != old->euid) ||
				     !owns_uid(old, euid)))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (ruid != KEEP)
		new->uid = ruid;
	if (euid != KEEP)
		new->euid = euid;
	if (ruid != KEEP || (euid != KEEP && euid != old->uid))
		new->suid = new->euid;
	return finish_uids(new);
}

SYSCALL_DEFINE3(setresuid, uid_t, ruid, uid_t, euid, uid_t, suid)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (!capable(CAP_SETUID) &&
	    !(owns_uid(old, ruid) && owns_uid(old, euid) && owns_uid(old, suid)))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (ruid != KEEP)
		new->uid = ruid;
	if (euid != KEEP)
		new->euid = euid;
	if (suid != KEEP)
		new->suid = suid;
	return finish_uids(new);
}

static int put_three(u32 a, u32 *ua, u32 b, u32 *ub, u32 c, u32 *uc)
{
	return put_user(a, ua) || put_user(b, ub) || put_user(c, uc) ? -EFAULT : 0;
}

SYSCALL_DEFINE3(getresuid, uid_t *, ruid, uid_t *, euid, uid_t *, suid)
{
	const struct cred *cred = current_cred();

	return put_three(cred->uid, ruid, cred->euid, euid, cred->suid, suid);
}

/* These two return the old id, whether they change it or not. */
SYSCALL_DEFINE1(setfsuid, uid_t, uid)
{
	const struct cred *old = current_cred();
	uid_t before = old->fsuid;
	struct cred *new;

	if (uid == KEEP || !(capable(CAP_SETUID) || owns_uid(old, uid) || uid == before))
		return before;
	new = prepare_creds();
	if (new) {
		new->fsuid = uid;
		commit_creds(new);
	}
	return before;
}

SYSCALL_DEFINE1(setfsgid, gid_t, gid)
{
	const struct cred *old = current_cred();
	gid_t before = old->fsgid;
	struct cred *new;

	if (gid == KEEP || !(capable(CAP_SETGID) || owns_gid(old, gid) || gid == before))
		return before;
	new = prepare_creds();
	if (new) {
		new->fsgid = gid;
		commit_creds(new);
	}
	return before;
}

/* --- groups --- */

SYSCALL_DEFINE1(setgid, gid_t, gid)
{
	const struct cred *old = current_cred();
	bool privileged = capable(CAP_SETGID);
	struct cred *new;

	if (gid == KEEP)
		return -EINVAL;
	if (!privileged && gid != old->gid && gid != old->sgid)
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (privileged)
		new->gid = new->sgid = gid;
	new->egid = gid;
	return finish_gids(new);
}

SYSCALL_DEFINE2(setregid, gid_t, rgid, gid_t, egid)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (!capable(CAP_SETGID) && ((rgid != KEEP && rgid != old->gid && rgid != old->egid) ||
				     !owns_gid(old, egid)))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (rgid != KEEP)
		new->gid = rgid;
	if (egid != KEEP)
		new->egid = egid;
	if (rgid != KEEP || (egid != KEEP && egid != old->gid))
		new->sgid = new->egid;
	return finish_gids(new);
}

SYSCALL_DEFINE3(setresgid, gid_t, rgid, gid_t, egid, gid_t, sgid)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (!capable(CAP_SETGID) &&
	    !(owns_gid(old, rgid) && owns_gid(old, egid) && owns_gid(old, sgid)))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (rgid != KEEP)
		new->gid = rgid;
	if (egid != KEEP)
		new->egid = egid;
	if (sgid != KEEP)
		new->sgid = sgid;
	return finish_gids(new);
}

SYSCALL_DEFINE3(getresgid, gid_t *, rgid, gid_t *, egid, gid_t *, sgid)
{
	const struct cred *cred = current_cred();

	return put_three(cred->gid, rgid, cred->egid, egid, cred->sgid, sgid);
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
