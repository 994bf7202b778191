// SPDX-License-Identifier: MIT
/*
 * execve(2): a format (ELF, #!) looks at the first bytes of a file and either declines with
 * -ENOEXEC or goes on.
 *
 * Up to begin_new_exec() an error leaves the caller as it was.  That function contains the point of
 * no return: the old address space is gone after it, and an error then kills the process.
 */
#ifndef KERNEL_EXEC_H
#define KERNEL_EXEC_H

#include "lib/types.h"

#define BINPRM_BUF_SIZE		256
#define BINPRM_MAX_DEPTH	5	/* #! inside #! */

struct arg_strings;
struct cred;
struct exec_args;
struct file;
struct task_struct;
struct task_struct;

/* A program on its way in. */
struct linux_binprm {
	char buf[BINPRM_BUF_SIZE];	/* the file's first bytes, zeros behind its end */
	struct file *file;		/* writers are denied */
	struct file *interpreter;	/* #!: the file to go on with */
	const char *filename;		/* as the user gave it: AT_EXECFN */
	const char *interp;		/* the file that is executed in the end */
	/* What #! lines put in front of the arguments, last first. */
	char *shebang[1 + 2 * (BINPRM_MAX_DEPTH + 1)];
	int nr_shebang;
	const struct exec_args *args;
	struct arg_strings *strings;	/* kernel copies of what goes onto the new stack */
	int argc, envc;
	struct cred *cred;		/* what the new program will be */
	bool unsafe;			/* another process shares root and working directory */
	bool secureexec;		/* AT_SECURE */
	bool executable_stack;		/* PT_GNU_STACK */
	bool committed;			/* past the point of no return */
	unsigned long stack_top;	/* page aligned */
	unsigned long p;		/* top of what is on the new stack so far */
};

/*
 * 0; -ENOEXEC: not mine, or broken; another error.  If @bprm->interpreter is set on success, the
 * search begins anew with that file.
 */
int load_script(struct linux_binprm *bprm);
int load_elf_binary(struct linux_binprm *bprm);

/*
 * From a kernel task: NULL-terminated arrays in kernel memory.  0: return to user mode to start it.
 */
int kernel_execve(const char *filename, const char *const *argv, const char *const *envp);

/*
 * Copies the strings, then makes current a fresh process in an empty address space with nothing but
 * a stack.
 */
int begin_new_exec(struct linux_binprm *bprm);
/*
 * Copies the strings to the top of the new stack; bprm->p is where they begin.  After
 * begin_new_exec().
 */
int setup_arg_pages(struct linux_binprm *bprm);

/*
 * Address-space randomisation, /proc/sys/kernel/randomize_va_space: 0 off (the default, so that
 * runs repeat), 1 stack, mmap area, vDSO and position-independent programs, 2 the heap too.
 */
extern int randomize_va_space;
/* For current's new program: up to 2^@bits pages, in bytes; 0 if randomisation is below @level. */
unsigned long random_offset(int level, unsigned int bits);

void set_task_comm(struct task_struct *task, const char *name);

#endif
