// SPDX-License-Identifier: MIT
/*
 * From the first C code at upper-half addresses to init: each step names what it makes possible for
 * the next.
 */
#include "kernel/main.h"

#include <linux/fcntl.h>
#include "arch/riscv/csr.h"
#include "arch/riscv/reset.h"
#include "arch/riscv/setup.h"
#include "fs/devtmpfs.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/mount.h"
#include "fs/namei.h"
#include "kernel/exec.h"
#include "kernel/fork.h"
#include "kernel/init.h"
#include "kernel/kthread.h"
#include "kernel/panic.h"
#include "kernel/param.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/sched_core.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "version.h"

#define BOOT_FAILED_STATUS	125

extern const struct initcall __initcalls_start[], __initcalls_end[];

static char *init_path = "/sbin/init";
KERNEL_PARAM("init", param_string, &init_path);

/* One line, and QEMU ends: what an operator may do wrong is no panic. */
void __noreturn boot_failed(const char *message)
{
	pr_err("Boot failed: %s\n", message);
	machine_power_off(BOOT_FAILED_STATUS);
}

/* Levels as in kernel/init.h; the linker has sorted the calls by them. */
void do_initcalls(int first_level, int last_level)
{
	for (const struct initcall *call = __initcalls_start; call < __initcalls_end; call++)
		if (call->level >= first_level && call->level <= last_level)
			call->fn();
}

static void run_init(const char *path)
{
	const char *argv[] = { path, NULL };
	const char *envp[] = { "HOME=/", "TERM=linux", NULL };

	if (kernel_execve(path, argv, envp) == 0)
		return;
	boot_failed("init cannot be started (parameter init=)");
}

/* Descriptors 0, 1 and 2 of init, which every process inherits. */
static void open_console(void)
{
	struct file *file = filp_open("/dev/console", O_RDWR, 0);

	if (IS_ERR(file)) {
		pr_err("No /dev/console: init starts without input and output\n");
		return;
	}
	for (int fd = 0; fd < 3; fd++)
		fd_install(get_unused_fd_flags(0), get_file(file));
	fput(file);
}

/* Pid 1, still in the kernel: what may sleep.  Returns into user mode. */
static void kernel_init(void *unused)
{
	smp_init();
	do_initcalls(2, 4);
	if (mount_root() < 0)
		machine_power_off(BOOT_FAILED_STATUS);
	devtmpfs_mount();
	open_console();
	run_init(init_path);
}

/* Pid 2: the parent that kernel threads are shown with. */
static void kthreadd(void *unused)
{
	for (;;) {
		set_current_state(TASK_IDLE);
		schedule();
	}
}

/* Translation on, interrupts off, the boot stack, tp = &init_task. */
void start_kernel(unsigned long hartid, unsigned long dtb_pa)
{
	struct task_struct *init, *threadd;

	setup_arch(hartid, dtb_pa);
	time_init();
	page_alloc_init();
	slab_init();
	reset_init();
	parse_params();
	pr_info("Faultline %s\n", FAULTLINE_VERSION);
	sched_init();
	do_initcalls(1, 1);
	fork_init();
	init = kernel_thread(kernel_init, NULL, "init");
	threadd = kernel_thread(kthreadd, NULL, "kthreadd");
	if (IS_ERR(init) || IS_ERR(threadd))
		boot_failed("too little memory for the first tasks");
	wake_up_new_task(threadd);
	wake_up_new_task(init);
	csr_set(sie, IE_SOFT | IE_TIMER | IE_EXTERNAL);
	cpu_idle();
}
