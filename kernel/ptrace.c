// SPDX-License-Identifier: MIT
/*
 * A set-user-id program changes its mm first and its ids afterwards.  So the mm is got before the
 * ids are looked at, and the new mm is not dumpable from its beginning (begin_new_exec).
 */
#include "kernel/ptrace.h"

#include "kernel/cred.h"
#include "kernel/errno.h"
#include "kernel/signal.h"
#include "lib/err.h"
#include "mm/mm.h"

static bool same_ids(const struct cred *cred, uid_t uid, gid_t gid)
{
	return uid == cred->euid && uid == cred->suid && uid == cred->uid &&
	       gid == cred->egid && gid == cred->sgid && gid == cred->gid;
}

bool ptrace_may_access(struct task_struct *task, enum ptrace_creds creds)
{
	const struct cred *me = current_cred(), *his;
	bool fs = creds == PTRACE_MODE_FSCREDS, same;

	if (task->signal == current->signal || capable(CAP_SYS_PTRACE))
		return true;
	his = get_task_cred(task);
	same = same_ids(his, fs ? me->fsuid : me->uid, fs ? me->fsgid : me->gid);
	put_cred(his);
	return same && task_dumpable(task, true);
}

struct mm_struct *mm_access(struct task_struct *task, enum ptrace_creds creds)
{
	struct mm_struct *mm = get_task_mm(task);

	if (!mm || mm == current->mm || ptrace_may_access(task, creds))
		return mm;
	mmput(mm);
	return ERR_PTR(-EACCES);
}
