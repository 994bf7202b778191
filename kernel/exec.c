// SPDX-License-Identifier: MIT
/*
 * execve(2).
 *
 *   do_execve
 *     open the file, compute the new credentials
 *     load_script | load_elf_binary, again with the interpreter of a #! line
 *       begin_new_exec:  strings into kernel memory; a new mm
 *         ---- point of no return ----
 *         the other threads end (kernel/de_thread.c), what other processes share is copied
 *         the mm is replaced, what exec resets is reset, the credentials are committed
 *       the format maps the program; setup_arg_pages; start_thread
 *
 * E1 Before the point of no return nothing of the caller has changed.
 * E2 After it an error is answered by SIGKILL: there is no program to return to.
 */
#include "kernel/exec.h"

#include <linux/personality.h>
#include <linux/stat.h>
#include "arch/riscv/uaccess.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/fs_struct.h"
#include "fs/mount.h"
#include "fs/namei.h"
#include "kernel/arg_strings.h"
#include "kernel/cred.h"
#include "kernel/de_thread.h"
#include "kernel/fork.h"
#include "kernel/random.h"
#include "kernel/resource.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/trace.h"
#include "kernel/user.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/slab.h"
#include "mm/stack.h"

#define STACK_TOP	TASK_SIZE
#define STACK_RND_BITS	11		/* pages: 8 MiB */
#define MMAP_RND_BITS	18		/* 1 GiB */
#define ARG_MAX_MIN	(128UL << 10)	/* always allowed, however small the stack's limit is */
#define ARG_MAX_MAX	(6UL << 20)

int randomize_va_space;

unsigned long random_offset(int level, unsigned int bits)
{
	if (randomize_va_space < level || current->personality & ADDR_NO_RANDOMIZE)
		return 0;
	return (unsigned long)(get_random_u32() & (BIT(bits) - 1)) << PAGE_SHIFT;
}

void set_task_comm(struct task_struct *task, const char *name)
{
	strscpy(task->comm, name, sizeof(task->comm));
}

/* --- the file --- */

/*
 * What set-user-id and set-group-id bits of the final file make of the credentials: nothing for an
 * ordinary user while another process could move his root directory about.
 */
static void bprm_fill_creds(struct linux_binprm *bprm)
{
	const struct inode *inode = file_inode(bprm->file);
	struct cred *cred = bprm->cred;
	const struct cred *old = current_cred();
	bool honour = !(bprm->file->f_path.mnt->mnt_flags & MNT_NOSUID) &&
		      (!bprm->unsafe || capable(CAP_SETUID));

	cred->euid = old->euid;
	cred->egid = old->egid;
	if (honour && (inode->i_mode & S_ISUID))
		cred->euid = inode->i_uid;
	if (honour && (inode->i_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		cred->egid = inode->i_gid;
	cred->suid = cred->fsuid = cred->euid;
	cred->sgid = cred->fsgid = cred->egid;
	bprm->secureexec = cred->euid != cred->uid || cred->egid != cred->gid;
}

static int read_header(struct linux_binprm *bprm)
{
	loff_t pos = 0;
	ssize_t n;

	memset(bprm->buf, 0, sizeof(bprm->buf));
	n = kernel_read(bprm->file, bprm->buf, sizeof(bprm->buf), &pos);
	return n < 0 ? n : 0;
}

static void close_exec_file(struct file *file)
{
	allow_write_access(file);
	fput(file);
}

/* Looks for a format, through as many #! lines as are allowed. */
static int exec_binprm(struct linux_binprm *bprm)
{
	for (int depth = 0;; depth++) {
		int err = read_header(bprm);

		if (err)
			return err;
		err = load_script(bprm);
		if (err == -ENOEXEC)
			return load_elf_binary(bprm);
		if (err)
			return err;
		close_exec_file(bprm->file);
		bprm->file = bprm->interpreter;
		bprm->interpreter = NULL;
		if (depth == BINPRM_MAX_DEPTH)
			return -ELOOP;
	}
}

/* --- the strings --- */

static size_t arg_limit(void)
{
	return clamp(rlimit(RLIMIT_STACK) / 4, ARG_MAX_MIN, ARG_MAX_MAX);
}

/*
 * In the order of their places in memory: arguments (those of #! lines first), environment, the
 * file's name.
 */
static int collect_strings(struct linux_binprm *bprm)
{
	const struct exec_args *args = bprm->args;
	int n = bprm->nr_shebang, err;

	for (int i = n - 1; i >= 0; i--) {
		err = arg_strings_add_kernel(bprm->strings, bprm->shebang[i]);
		if (err)
			return err;
	}
	/* A script's name, as #! gives it, stands for argv[0]. */
	err = arg_strings_add_array(bprm->strings, args->argv, n ? 1 : 0, args->kernel);
	if (err < 0)
		return err;
	bprm->argc = n + err;
	/* Programs take argv[0] for granted. */
	if (!bprm->argc) {
		err = arg_strings_add_kernel(bprm->strings, "");
		if (err)
			return err;
		bprm->argc = 1;
	}
	err = arg_strings_add_array(bprm->strings, args->envp, 0, args->kernel);
	if (err < 0)
		return err;
	bprm->envc = err;
	return arg_strings_add_kernel(bprm->strings, bprm->filename);
}

int setup_arg_pages(struct linux_binprm *bprm)
{
	/* The topmost word stays zero, as programs that look behind the last string expect. */
	bprm->p = bprm->stack_top - sizeof(void *) - bprm->strings->len;
	return arg_strings_copy_to_user(bprm->strings, (char *)bprm->p);
}

/* --- the point of no return --- */

static struct mm_struct *new_exec_mm(struct linux_binprm *bprm)
{
	struct mm_struct *mm = mm_alloc();
	int err;

	if (!mm)
		return NULL;
	arch_pick_mmap_layout(mm);
	mm->mmap_base -= random_offset(1, MMAP_RND_BITS);
	bprm->stack_top = STACK_TOP - random_offset(1, STACK_RND_BITS);
	err = insert_stack_vma(mm, bprm->stack_top);
	if (err) {
		mmput(mm);
		return NULL;
	}
	if (bprm->executable_stack) {
		/* Nothing is mapped in it yet, so no page table knows the old protection. */
		struct vm_area_struct *vma = vma_first(mm);

		vma->vm_flags |= VM_EXEC;
		vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	}
	set_mm_exe_file(mm, bprm->file);
	/* Who may not read the program may not read it in memory either. */
	mm->dumpable = !bprm->secureexec && !inode_permission(file_inode(bprm->file), MAY_READ);
	return mm;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What a new program does not inherit from the old one. */
static void reset_task(const struct linux_binprm *bprm)
{
	current->flags &= ~(PF_FORKNOEXEC | PF_KTHREAD);
	do_close_on_exec(current->files);
	flush_signal_handlers(current, false);
	current->sas_ss_sp = current->sas_ss_size = current->sas_ss_flags = 0;
	current->restart_block.fn = do_no_restart_syscall;
	current->exit_signal = SIGCHLD;
	if (bprm->secureexec)
		current->pdeath_signal = 0;
	set_task_comm(current, base_name(bprm->filename));
}

/* Nobody else sees what the new program does with its threads, descriptors and handlers. */
static int become_alone(void)
{
	int err = de_thread();

	if (!err)
		err = unshare_files();
	return err ? err : unshare_sighand();
}

int begin_new_exec(struct linux_binprm *bprm)
{
	struct signal_struct *sig = current->signal;
	struct mm_struct *mm;
	int err;

	bprm_fill_creds(bprm);
	err = collect_strings(bprm);
	if (err)
		return err;
	mm = new_exec_mm(bprm);
	if (!mm)
		return -ENOMEM;

	bprm->committed = true;
	err = become_alone();
	if (err) {
		mmput(mm);
		return err;
	}
	if (current->mm) {
		sig->dead.maxrss = max(sig->dead.maxrss, get_mm_hiwater_rss(current->mm));
		mm_release();
	}
	exec_mmap(mm);
	reset_task(bprm);
	commit_creds(bprm->cred);
	bprm->cred = NULL;
	if (unlikely(trace_is_on(TRACE_TASK)))
		trace_task(TRACE_TASK_EXEC, 0);
	return 0;
}

/* --- the call --- */

static void free_bprm(struct linux_binprm *bprm)
{
	if (bprm->file)
		close_exec_file(bprm->file);
	if (bprm->cred)
		put_cred(bprm->cred);
	for (int i = 0; i < bprm->nr_shebang; i++)
		kfree(bprm->shebang[i]);
	arg_strings_free(bprm->strings);
	kfree(bprm);
}

/* setuid() lets a user exceed his own RLIMIT_NPROC; exec is where that is caught. */
static bool too_many_processes(void)
{
	const struct user_struct *user = current_cred()->user;

	return user != &root_user &&
	       (unsigned long)atomic_read(&user->processes) > rlimit(RLIMIT_NPROC) &&
	       !capable(CAP_SYS_RESOURCE);
}

static int do_execve(struct filename *name, const struct exec_args *args)
{
	struct arg_strings strings;
	struct linux_binprm *bprm;
	int err = -ENOMEM;

	if (too_many_processes())
		return -EAGAIN;
	bprm = kzalloc(sizeof(*bprm), GFP_KERNEL);
	if (!bprm)
		return -ENOMEM;
	arg_strings_init(&strings, arg_limit());
	bprm->strings = &strings;
	bprm->args = args;
	bprm->filename = bprm->interp = name->name;
	bprm->cred = prepare_creds();
	if (!bprm->cred)
		goto out;
	bprm->unsafe = fs_begin_exec();
	bprm->file = do_open_execat(AT_FDCWD, name, 0);
	err = PTR_ERR_OR_ZERO(bprm->file);
	if (err)
		bprm->file = NULL;
	else
		err = exec_binprm(bprm);
	fs_end_exec();
	if (err && bprm->committed)
		force_sig(SIGKILL);
out:
	free_bprm(bprm);
	return err;
}

SYSCALL_DEFINE3(execve, const char *, filename, const char *const *, argv,
		const char *const *, envp)
{
	struct exec_args args = { argv, envp, .kernel = false };
	struct filename *name = getname(filename);
	int err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	err = do_execve(name, &args);
	putname(name);
	return err;
}

int kernel_execve(const char *filename, const char *const *argv, const char *const *envp)
{
	struct exec_args args = { argv, envp, .kernel = true };
	struct filename *name = getname_kernel(filename);
	int err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	err = do_execve(name, &args);
	putname(name);
	return err;
}
