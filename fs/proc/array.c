// SPDX-License-Identifier: MIT
/* /proc/PID/stat, statm, status, limits, delays: what a process is, mostly in Linux's formats. */
#include <linux/resource.h>
#include "drivers/tty.h"
#include "fs/proc/proc.h"
#include "fs/fdtable.h"
#include "fs/fs_struct.h"
#include "kernel/cred.h"
#include "kernel/errno.h"
#include "kernel/pid.h"
#include "kernel/resource.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "kernel/user.h"
#include "mm/mm.h"

/* What both files show of the process and its links to others, taken in one look. */
struct task_links {
	int ppid, pgrp, session, tty_nr, tpgid, nr_threads, exit_code;
	struct rusage_sum usage, children;	/* usage: of one thread if it is asked for */
};

static void get_links(struct task_struct *task, bool whole, struct task_links *l)
{
	*l = (struct task_links){ 0 };
	spin_lock_irq(&tasklist_lock);
	if (whole)
		thread_group_rusage(task->signal, &l->usage);
	else
		rusage_add_task(&l->usage, task);
	l->children = task->signal->children;
	l->nr_threads = task->signal->nr_threads;
	l->exit_code = task->exit_code;
	if (whole && task->signal->flags & (SIGNAL_GROUP_EXIT | SIGNAL_STOP_STOPPED))
		l->exit_code = task->signal->group_exit_code;
	l->ppid = task->parent ? task->parent->tgid : 0;
	l->pgrp = pid_nr(task_pgrp(task));
	l->session = pid_nr(task_session(task));
	l->tty_nr = tty_nr_of(task->signal->tty);
	l->tpgid = tty_pgrp_nr(task->signal->tty);
	spin_unlock_irq(&tasklist_lock);
}

static const char *state_name(struct task_struct *task)
{
	unsigned int state = READ_ONCE(task->state), exit_state = READ_ONCE(task->exit_state);

	if (exit_state & EXIT_ZOMBIE)
		return "Z (zombie)";
	if (exit_state || state & TASK_DEAD)
		return "X (dead)";
	if (state & TASK_STOPPED)
		return "T (stopped)";
	if (state & TASK_INTERRUPTIBLE)
		return "S (sleeping)";
	if (state & TASK_NOLOAD)
		return "I (idle)";
	return state & TASK_UNINTERRUPTIBLE ? "D (disk sleep)" : "R (running)";
}

static u64 to_ticks(u64 ns)
{
	return ns / (NSEC_PER_SEC / USER_HZ);
}

/* Bit sets of the process's signals. */
struct signal_sets {
	u64 pending, shared, blocked, ignored, caught;
};

static void get_signal_sets(struct task_struct *task, struct signal_sets *s)
{
	unsigned long flags;

	*s = (struct signal_sets){ 0 };
	spin_lock_irqsave(&tasklist_lock, flags);
	if (task->sighand) {
		spin_lock(&task->sighand->siglock);
		s->pending = task->pending.signal;
		s->shared = task->signal->shared_pending.signal;
		s->blocked = task->blocked;
		for (int i = 0; i < NSIG; i++) {
			__sighandler_t handler = task->sighand->action[i].sa_handler;

			if (handler == SIG_IGN)
				s->ignored |= BIT(i);
			else if (handler != SIG_DFL)
				s->caught |= BIT(i);
		}
		spin_unlock(&task->sighand->siglock);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

static int show_stat(struct seq_file *m, struct task_struct *task, bool whole)
{
	struct mm_struct *mm = get_task_mm(task);
	bool may = proc_may_access(task);
	struct signal_sets sets;
	struct task_links l;

	get_links(task, whole, &l);
	get_signal_sets(task, &sets);
	seq_printf(m, "%d (%s) %c %d %d %d %d %d %u", task->pid, task->comm, state_name(task)[0],
		   l.ppid, l.pgrp, l.session, l.tty_nr, l.tpgid, task->flags);
	seq_printf(m, " %llu %llu %llu %llu %llu %llu %llu %llu", l.usage.min_flt,
		   l.children.min_flt, l.usage.maj_flt, l.children.maj_flt,
		   to_ticks(l.usage.utime), to_ticks(l.usage.stime),
		   to_ticks(l.children.utime), to_ticks(l.children.stime));
	seq_printf(m, " %d %d %d 0 %llu %lu %lu %lu", 20 + task->nice, task->nice,
		   l.nr_threads, to_ticks(task->start_time),
		   mm ? mm->total_vm << PAGE_SHIFT : 0, mm ? get_mm_rss(mm) : 0,
		   task_rlimit(task, RLIMIT_RSS));
	seq_printf(m, " %lu %lu %lu 0 0", mm && may ? mm->start_code : !!mm,
		   mm && may ? mm->end_code : !!mm, mm && may ? mm->start_stack : 0);
	seq_printf(m, " %llu %llu %llu %llu %d 0 0 %d %d 0 0 0 0 0", sets.pending & 0x7fffffff,
		   sets.blocked & 0x7fffffff, sets.ignored & 0x7fffffff, sets.caught & 0x7fffffff,
		   may && (!whole || l.nr_threads < 2) && task->state != TASK_RUNNING,
		   task->exit_signal, task->cpu);
	if (mm && may)
		seq_printf(m, " %lu %lu %lu %lu %lu %lu %lu", mm->start_data, mm->end_data,
			   mm->start_brk, mm->arg_start, mm->arg_end, mm->env_start, mm->env_end);
	else
		seq_puts(m, " 0 0 0 0 0 0 0");
	seq_printf(m, " %d\n", may ? l.exit_code : 0);
	if (mm)
		mmput(mm);
	return 0;
}

int proc_pid_stat(struct seq_file *m, struct task_struct *task)
{
	return show_stat(m, task, true);
}

int proc_tid_stat(struct seq_file *m, struct task_struct *task)
{
	return show_stat(m, task, false);
}

/* --- delays --- */

static int show_delays(struct seq_file *m, struct task_struct *task, bool whole)
{
	struct task_links l;

	get_links(task, whole, &l);
	seq_printf(m, "swapin %llu %llu\n", l.usage.swapins, l.usage.swapin_ns);
	return 0;
}

int proc_pid_delays(struct seq_file *m, struct task_struct *task)
{
	return show_delays(m, task, true);
}

int proc_tid_delays(struct seq_file *m, struct task_struct *task)
{
	return show_delays(m, task, false);
}

int proc_pid_statm(struct seq_file *m, struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);

	if (!mm) {
		seq_puts(m, "0 0 0 0 0 0 0\n");
		return 0;
	}
	seq_printf(m, "%lu %lu %lu %lu 0 %lu 0\n", mm->total_vm, get_mm_rss(mm),
		   get_mm_counter(mm, MM_FILEPAGES) + get_mm_counter(mm, MM_SHMEMPAGES),
		   (PAGE_ALIGN(mm->end_code) - (mm->start_code & PAGE_MASK)) >> PAGE_SHIFT,
		   mm->data_vm + mm->stack_vm);
	mmput(mm);
	return 0;
}

/* --- status --- */

/* The name, what would break the line as \n and \\. */
static void show_name(struct seq_file *m, const struct task_struct *task)
{
	seq_puts(m, "Name:\t");
	for (const char *c = task->comm; *c; c++) {
		if (*c == '\n')
			seq_puts(m, "\\n");
		else if (*c == '\\')
			seq_puts(m, "\\\\");
		else
			seq_putc(m, *c);
	}
	seq_putc(m, '\n');
}

static void show_ids(struct seq_file *m, struct task_struct *task, const struct cred *cred)
{
	seq_printf(m, "Uid:\t%u\t%u\t%u\t%u\n", cred->uid, cred->euid, cred->suid, cred->fsuid);
	seq_printf(m, "Gid:\t%u\t%u\t%u\t%u\n", cred->gid, cred->egid, cred->sgid, cred->fsgid);
	seq_printf(m, "FDSize:\t%u\nGroups:\t", task_max_fds(task));
	for (int i = 0; cred->group_info && i < cred->group_info->ngroups; i++)
		seq_printf(m, i ? " %u" : "%u", cred->group_info->gid[i]);
	seq_puts(m, " \n");
}

#define KB(pages)	((unsigned long)(pages) << (PAGE_SHIFT - 10))

static void show_kb(struct seq_file *m, const char *name, unsigned long kb)
{
	seq_printf(m, "%s:\t%8lu kB\n", name, kb);
}

static void show_mm(struct seq_file *m, struct mm_struct *mm)
{
	unsigned long rss = get_mm_rss(mm), exec = KB(mm->exec_vm);
	unsigned long text = (PAGE_ALIGN(mm->end_code) - (mm->start_code & PAGE_MASK)) >> 10;

	show_kb(m, "VmPeak", KB(max(mm->hiwater_vm, mm->total_vm)));
	show_kb(m, "VmSize", KB(mm->total_vm));
	show_kb(m, "VmLck", KB(mm->locked_vm));
	show_kb(m, "VmPin", 0);
	show_kb(m, "VmHWM", KB(max(mm->hiwater_rss, rss)));
	show_kb(m, "VmRSS", KB(rss));
	show_kb(m, "RssAnon", KB(get_mm_counter(mm, MM_ANONPAGES)));
	show_kb(m, "RssFile", KB(get_mm_counter(mm, MM_FILEPAGES)));
	show_kb(m, "RssShmem", KB(get_mm_counter(mm, MM_SHMEMPAGES)));
	show_kb(m, "VmData", KB(mm->data_vm));
	show_kb(m, "VmStk", KB(mm->stack_vm));
	show_kb(m, "VmExe", min(text, exec));
	show_kb(m, "VmLib", exec - min(text, exec));
	show_kb(m, "VmPTE", atomic_long_read(&mm->pgtables_bytes) >> 10);
	show_kb(m, "VmSwap", KB(get_mm_counter(mm, MM_SWAPENTS)));
	seq_puts(m, "CoreDumping:\t0\nTHP_enabled:\t0\n");
}

static void show_signals(struct seq_file *m, struct task_struct *task, const struct cred *cred)
{
	struct signal_sets s;

	get_signal_sets(task, &s);
	seq_printf(m, "SigQ:\t%d/%lu\n", atomic_read(&cred->user->sigpending),
		   task_rlimit(task, RLIMIT_SIGPENDING));
	seq_printf(m, "SigPnd:\t%016llx\nShdPnd:\t%016llx\nSigBlk:\t%016llx\n", s.pending, s.shared,
		   s.blocked);
	seq_printf(m, "SigIgn:\t%016llx\nSigCgt:\t%016llx\n", s.ignored, s.caught);
}

/* As Linux would have them by the rules of capabilities(7) for who only ever changed his ids. */
static void show_capabilities(struct seq_file *m, const struct cred *cred)
{
	u64 all = BIT(CAP_LAST_CAP + 1) - 1;
	bool permitted = !cred->uid || !cred->euid || !cred->suid;

	seq_printf(m, "CapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\n", 0ULL,
		   permitted ? all : 0, cred->euid ? 0 : all);
	seq_printf(m, "CapBnd:\t%016llx\nCapAmb:\t%016llx\nNoNewPrivs:\t0\n", all, 0ULL);
}

/* A mask of harts in hexadecimal, with as many digits as all of them take; and as a list. */
static void show_harts_allowed(struct seq_file *m, u64 mask)
{
	const char *comma = "";

	seq_printf(m, "Cpus_allowed:\t%0*llx\nCpus_allowed_list:\t", (nr_harts + 3) / 4, mask);
	for (int first = 0, last; first < nr_harts; first = last + 1) {
		last = first;
		if (!(mask & BIT(first)))
			continue;
		while (last + 1 < nr_harts && mask & BIT(last + 1))
			last++;
		seq_printf(m, last > first ? "%s%d-%d" : "%s%d", comma, first, last);
		comma = ",";
	}
	seq_putc(m, '\n');
}

int proc_pid_status(struct seq_file *m, struct task_struct *task)
{
	const struct cred *cred = get_task_cred(task);
	struct mm_struct *mm = get_task_mm(task);
	int umask = get_task_umask(task);
	struct task_links l;

	get_links(task, true, &l);
	show_name(m, task);
	if (umask >= 0)
		seq_printf(m, "Umask:\t%#04o\n", umask);
	seq_printf(m, "State:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
		   state_name(task), task->tgid, task->pid, l.ppid);
	show_ids(m, task, cred);
	if (mm) {
		show_mm(m, mm);
		mmput(mm);
	}
	seq_printf(m, "Threads:\t%d\n", l.nr_threads);
	show_signals(m, task, cred);
	show_capabilities(m, cred);
	seq_puts(m, "Speculation_Store_Bypass:\tunknown\n"
		    "SpeculationIndirectBranch:\tunsupported\n");
	show_harts_allowed(m, task->cpus_allowed & (BIT(nr_harts) - 1));
	seq_printf(m, "voluntary_ctxt_switches:\t%llu\nnonvoluntary_ctxt_switches:\t%llu\n",
		   task->nvcsw, task->nivcsw);
	put_cred(cred);
	return 0;
}

/* --- limits --- */

static const struct {
	const char *name, *unit;
} limit_names[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = { "Max cpu time", "seconds" },
	[RLIMIT_FSIZE] = { "Max file size", "bytes" },
	[RLIMIT_DATA] = { "Max data size", "bytes" },
	[RLIMIT_STACK] = { "Max stack size", "bytes" },
	[RLIMIT_CORE] = { "Max core file size", "bytes" },
	[RLIMIT_RSS] = { "Max resident set", "bytes" },
	[RLIMIT_NPROC] = { "Max processes", "processes" },
	[RLIMIT_NOFILE] = { "Max open files", "files" },
	[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
	[RLIMIT_AS] = { "Max address space", "bytes" },
	[RLIMIT_LOCKS] = { "Max file locks", "locks" },
	[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
	[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
	[RLIMIT_NICE] = { "Max nice priority", "" },
	[RLIMIT_RTPRIO] = { "Max realtime priority", "" },
	[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
};

static void show_limit(struct seq_file *m, unsigned long value)
{
	if (value == ~0UL)
		seq_printf(m, "%-20s ", "unlimited");
	else
		seq_printf(m, "%-20lu ", value);
}

int proc_pid_limits(struct seq_file *m, struct task_struct *task)
{
	seq_printf(m, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		seq_printf(m, "%-25s ", limit_names[i].name);
		show_limit(m, task->signal->rlim[i].rlim_cur);
		show_limit(m, task->signal->rlim[i].rlim_max);
		seq_printf(m, "%-10s\n", limit_names[i].unit);
	}
	return 0;
}
