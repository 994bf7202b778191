// SPDX-License-Identifier: MIT
/*
 * Starting the other harts (SBI HSM) and sending them messages. A message is a bit in the
 * receiver's word and an IPI; the receiver clears the IPI before it reads the word, so a message
 * that comes in between raises a new one.
 */
#include "kernel/smp.h"

#include "arch/riscv/csr.h"
#include "arch/riscv/mmu.h"
#include "arch/riscv/sbi.h"
#include "arch/riscv/smp.h"
#include "drivers/fdt.h"
#include "kernel/irq.h"
#include "kernel/mutex.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/sched_core.h"
#include "kernel/spinlock.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"

enum ipi_message { IPI_RESCHEDULE, IPI_CALL, IPI_STOP };

int nr_harts = 1;
unsigned long cpu_hartid[NR_CPUS];

static unsigned long ipi_pending[NR_CPUS];
struct secondary_boot secondary_boot;
static unsigned long harts_up;

/* One call at a time. */
static DEFINE_MUTEX(call_mutex, RANK_CALL);
static void (*call_func)(void *);
static void *call_arg;
static atomic_t call_left;

static void send_ipi(int cpu, enum ipi_message message)
{
	set_bit(message, &ipi_pending[cpu]);
	/* The message is in memory before the interrupt is raised. */
	smp_mb();
	sbi_send_ipi(1, cpu_hartid[cpu]);
}

void smp_send_reschedule(int cpu)
{
	send_ipi(cpu, IPI_RESCHEDULE);
}

static unsigned long others(bool (*concerns)(int cpu))
{
	unsigned long cpus = 0;

	for (int cpu = 0; cpu < nr_harts; cpu++)
		if (cpu != smp_processor_id() && (!concerns || concerns(cpu)))
			cpus |= BIT(cpu);
	return cpus;
}

static void call(unsigned long cpus, void (*func)(void *), void *arg)
{
	call_func = func;
	call_arg = arg;
	atomic_set(&call_left, hweight_long(cpus));
	for (int cpu = 0; cpu < nr_harts; cpu++)
		if (cpus & BIT(cpu))
			send_ipi(cpu, IPI_CALL);
	while (atomic_read(&call_left))
		cpu_relax();
}

void smp_call_others_if(bool (*concerns)(int cpu), void (*func)(void *), void *arg)
{
	unsigned long cpus;

	if (!others(concerns))
		return;
	mutex_lock(&call_mutex);
	cpus = others(concerns);	/* we may have slept, and be on another one now */
	if (cpus)
		call(cpus, func, arg);
	mutex_unlock(&call_mutex);
}

void smp_call_others(void (*func)(void *), void *arg)
{
	smp_call_others_if(NULL, func, arg);
}

void smp_stop_others(void)
{
	for (int cpu = 0; cpu < nr_harts; cpu++)
		if (cpu != smp_processor_id())
			send_ipi(cpu, IPI_STOP);
}

void handle_ipi(void)
{
	unsigned long messages;

	csr_clear(sip, IE_SOFT);
	messages = __atomic_exchange_n(&ipi_pending[smp_processor_id()], 0, __ATOMIC_SEQ_CST);
	/*
	 * IPI_RESCHEDULE: the sender has set TIF_NEED_RESCHED; the return from this interrupt looks
	 * at it.
	 */
	if (messages & BIT(IPI_CALL)) {
		call_func(call_arg);
		atomic_dec(&call_left);
	}
	if (messages & BIT(IPI_STOP))
		for (;;)
			__asm__ volatile("wfi");
}

void secondary_main(void)
{
	int cpu = smp_processor_id();

	if (irq_chip && irq_chip->init_hart)
		irq_chip->init_hart();
	set_bit(cpu, &harts_up);
	csr_set(sie, IE_SOFT | IE_TIMER | IE_EXTERNAL);
	cpu_idle();
}

static void start_hart(int cpu)
{
	struct task_struct *idle = alloc_task_struct();
	long err;

	if (!idle)
		return;
	snprintf(idle->comm, sizeof(idle->comm), "swapper/%d", cpu);
	idle->cpus_allowed = BIT(cpu);
	sched_init_cpu(cpu, idle);
	/*
	 * Counted when its run queue is there, since a wake-up may choose it at once, and before it
	 * runs, since from its first instruction on it holds translations that need fences.
	 */
	WRITE_ONCE(nr_harts, nr_harts + 1);
	secondary_boot = (struct secondary_boot){ idle, idle->kernel_sp, swapper_satp() };
	smp_wmb();
	err = sbi_hart_start(cpu_hartid[cpu], __pa(SECONDARY_ENTRY), 0);
	if (err) {
		pr_err("smp: hart %lu does not start: SBI error %ld\n", cpu_hartid[cpu], err);
		WRITE_ONCE(nr_harts, nr_harts - 1);
		return;
	}
	while (!test_bit(cpu, &harts_up))
		cpu_relax();
}

/* Does the device tree's cpu node offer a hart that we can use? */
static bool usable_hart(int node, u64 *hartid)
{
	const char *type = fdt_prop(node, "device_type", NULL),
		   *status = fdt_prop(node, "status", NULL);
	u64 size;

	return type && !strcmp(type, "cpu") && (!status || !strcmp(status, "okay")) &&
	       fdt_reg(node, 0, hartid, &size);
}

void smp_init(void)
{
	int node = -1;
	u64 hartid;

	while ((node = fdt_next_node(node, NULL)) >= 0) {
		if (!usable_hart(node, &hartid) || hartid == cpu_hartid[0])
			continue;
		if (nr_harts == NR_CPUS) {
			pr_err("smp: more than %d harts: the rest stays off\n", NR_CPUS);
			break;
		}
		cpu_hartid[nr_harts] = hartid;
		start_hart(nr_harts);
	}
}
