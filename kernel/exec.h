// SPDX-License-Identifier: MIT
/*
 * execve(2): a format (ELF, #!) looks at the first bytes of a file and either declines with -ENOEXEC or builds
 * the new program.
 *
 * Up to begin_new_exec() an error leaves the caller as it was.  That function is the point of no return: the old address
 * space is gone after it, and an error then kills the process.
 */
#ifndef KERNEL_EXEC_H
#define KERNEL_EXEC_H

#include "kernel/cred.h"
#include "kernel/sched.h"

#define BINPRM_BUF_SIZE		256
#define MAX_ARG_STRLEN		(PAGE_SIZE * 32)	/* one argument, with its NUL */
#define BINPRM_MAX_DEPTH	5			/* #! inside #! */

struct file;

/* A program on its way in. */
struct linux_binprm {
	char buf[BINPRM_BUF_SIZE];	/* the file's first bytes, zeros behind its end */
	struct file *file;
	struct file *interpreter;	/* #!: the file to go on with */
	struct mm_struct *mm;		/* the new address space, with the strings on its stack */
	unsigned long p;		/* top of what is on the stack so far; grows down */
	unsigned long argmin;		/* p may not go below */
	int argc, envc;
	const char *filename;		/* as the user gave it: AT_EXECFN */
	const char *interp;		/* the file that is executed in the end */
	char *interp_buf;		/* owns interp after a #! */
	struct cred *cred;		/* what the new program will be */
	bool secureexec;		/* AT_SECURE */
	bool committed;			/* past the point of no return */
	unsigned long execfn;		/* where the file's name is on the stack */
};

struct linux_binfmt {
	/* 0, -ENOEXEC: not mine, or another error. */
	int (*load_binary)(struct linux_binprm *bprm);
};
extern const struct linux_binfmt elf_format, script_format;

/* From a kernel task: argv and envp are kernel memory, NULL-terminated.  0: return to user mode to start it. */
int kernel_execve(const char *filename, const char *const *argv, const char *const *envp);

/* For the formats */
int begin_new_exec(struct linux_binprm *bprm);
/* Moves the stack to its place and gives it its flags; @stack_top in bytes. */
int setup_arg_pages(struct linux_binprm *bprm, bool executable);
void finalize_exec(struct linux_binprm *bprm);
int copy_string_kernel(const char *s, struct linux_binprm *bprm);
int remove_arg_zero(struct linux_binprm *bprm);

void set_task_comm(struct task_struct *task, const char *name);

#endif
