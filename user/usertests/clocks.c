// SPDX-License-Identifier: MIT
// clocks.c - reading the time: by system call and by the vDSO
#include "user/usertests/usertests.h"
#include "user/usertests/arch.h"
#include <elf.h>
#include <sys/auxv.h>
#include <sys/time.h>

// POSIX clocks of other processes: inverted pid, then the kind (2: scheduler's count).
#define PROCESS_CLOCK(pid)	((clockid_t)(~(unsigned)(pid) << 3 | 2))
#define THREAD_CLOCK(tid)	((clockid_t)(~(unsigned)(tid) << 3 | 6))

static const clockid_t readable[] = {
	CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
	CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
};

static long long by_syscall(clockid_t clock)
{
	struct timespec ts;

	CHECK_SYS(syscall(SYS_clock_gettime, clock, &ts));
	CHECK(ts.tv_nsec >= 0 && ts.tv_nsec < SEC);
	return ts.tv_sec * SEC + ts.tv_nsec;
}

TEST(clock_never_runs_backwards)
{
	for (size_t i = 0; i < ARRAY_SIZE(readable); i++) {
		long long last = by_syscall(readable[i]), next;

		for (int round = 0; round < 1000; round++, last = next) {
			next = by_syscall(readable[i]);
			CHECK(next >= last);
		}
	}
}

TEST(clock_resolution)
{
	struct timespec ts;

	for (size_t i = 0; i < ARRAY_SIZE(readable); i++) {
		ts.tv_nsec = 0;
		CHECK_SYS(syscall(SYS_clock_getres, readable[i], &ts));
		CHECK(ts.tv_sec == 0 && ts.tv_nsec >= 1 && ts.tv_nsec <= 20 * MS);
		CHECK_SYS(syscall(SYS_clock_getres, readable[i], NULL));
	}
}

TEST(clock_unknown)
{
	struct timespec ts;

	CHECK_ERRNO(syscall(SYS_clock_gettime, 55, &ts), EINVAL);
	CHECK_ERRNO(syscall(SYS_clock_getres, 55, &ts), EINVAL);
	CHECK_ERRNO(clock_gettime(55, &ts), EINVAL);
	CHECK_ERRNO(clock_getres(55, &ts), EINVAL);
	CHECK_ERRNO(syscall(SYS_clock_gettime, PROCESS_CLOCK(INT_MAX >> 4), &ts), EINVAL);
}

TEST(clock_monotonic_against_realtime)
{
	long long mono = by_syscall(CLOCK_MONOTONIC), real = by_syscall(CLOCK_REALTIME);
	long long between = by_syscall(CLOCK_MONOTONIC) - mono, passed;

	CHECK(real > 1600000000 * SEC);		// set from the machine's clock: not in 1970
	nap(100 * MS);
	// Read between two looks at the other clock, however long we lie still between them.
	passed = by_syscall(CLOCK_MONOTONIC) - mono;
	real = by_syscall(CLOCK_REALTIME) - real;
	CHECK(real >= passed - between - 50 * MS);
	CHECK(real <= by_syscall(CLOCK_MONOTONIC) - mono + 50 * MS);
	CHECK(by_syscall(CLOCK_BOOTTIME) >= mono);
}

TEST(clock_gettimeofday)
{
	struct timeval tv;
	long long before = by_syscall(CLOCK_REALTIME), value, after;

	CHECK_SYS(syscall(SYS_gettimeofday, &tv, NULL));
	CHECK(tv.tv_usec >= 0 && tv.tv_usec < 1000000);
	value = tv.tv_sec * SEC + tv.tv_usec * 1000;
	after = by_syscall(CLOCK_REALTIME);
	CHECK(value >= before - 1000 && value <= after);
	CHECK_SYS(gettimeofday(&tv, NULL));
	CHECK(tv.tv_sec * SEC + tv.tv_usec * 1000 >= value);
	CHECK(time(NULL) >= tv.tv_sec - 1);
	CHECK(time(NULL) <= by_syscall(CLOCK_REALTIME) / SEC);
}

// The clock of this thread is compared with itself: where qemu-user runs us, the process has
// threads of its own, too.
TEST(clock_cpu_time_of_process)
{
	long long before = by_syscall(CLOCK_PROCESS_CPUTIME_ID), thread, slept;

	burn_cpu(30 * MS);
	CHECK(by_syscall(CLOCK_PROCESS_CPUTIME_ID) >= before + 30 * MS);
	thread = by_syscall(CLOCK_THREAD_CPUTIME_ID);
	CHECK(thread >= 20 * MS);
	before = by_syscall(CLOCK_PROCESS_CPUTIME_ID);
	nap(300 * MS);
	slept = by_syscall(CLOCK_PROCESS_CPUTIME_ID) - before;
	CHECK(slept < 250 * MS);		// a sleep costs nothing
	CHECK(by_syscall(PROCESS_CLOCK(getpid())) >= before);
	CHECK(by_syscall(THREAD_CLOCK(getpid())) >= thread);
	CHECK(by_syscall(PROCESS_CLOCK(0)) >= before);		// 0: the caller
}

TEST(clock_cpu_time_of_another)
{
	clockid_t clock;
	struct gate burned;
	struct timespec ts;
	pid_t pid;

	gate_make(&burned);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		burn_cpu(50 * MS);
		gate_open(&burned);
		for (;;)
			pause();
	}
	gate_wait(&burned);
	CHECK_EQ(clock_getcpuclockid(pid, &clock), 0);
	CHECK_EQ(clock, PROCESS_CLOCK(pid));
	CHECK(by_syscall(clock) >= 50 * MS);
	CHECK_SYS(clock_getres(clock, &ts));
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
	CHECK_ERRNO(syscall(SYS_clock_gettime, clock, &ts), EINVAL);
}

// Two that share a hart cannot both be charged for the same time.
TEST(clock_cpu_time_is_charged_once)
{
	long long wall = now(CLOCK_MONOTONIC), self = now(CLOCK_PROCESS_CPUTIME_ID), other;
	pid_t pid;

	CHECK(pin_to_hart(0));
	pid = CHECK_SYS(fork());
	if (pid == 0)
		for (;;)
			;
	burn_cpu(60 * MS);
	other = by_syscall(PROCESS_CLOCK(pid));
	self = now(CLOCK_PROCESS_CPUTIME_ID) - self;
	wall = now(CLOCK_MONOTONIC) - wall;
	CHECK(self + other <= wall + 10 * MS);
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

/* --- the vDSO ------------------------------------------------------------------------------ */

// A function of the vDSO by name, as a C library looks it up: through the dynamic section.
static void *vdso_symbol(const char *name)
{
	const char *base = (const char *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Ehdr *header = (const void *)base;
	const Elf64_Phdr *segment = (const void *)(base + header->e_phoff);
	const Elf64_Dyn *dyn = NULL;
	const Elf64_Sym *symbols = NULL;
	const char *strings = NULL;
	const Elf64_Word *hash = NULL;

	for (int i = 0; i < header->e_phnum; i++)
		if (segment[i].p_type == PT_DYNAMIC)
			dyn = (const void *)(base + segment[i].p_offset);
	CHECK(dyn);
	for (; dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == DT_SYMTAB)
			symbols = (const void *)(base + dyn->d_un.d_ptr);
		else if (dyn->d_tag == DT_STRTAB)
			strings = base + dyn->d_un.d_ptr;
		else if (dyn->d_tag == DT_HASH)
			hash = (const void *)(base + dyn->d_un.d_ptr);
	}
	if (!hash)
		skip("the vDSO has no DT_HASH here");
	CHECK(symbols && strings);
	for (Elf64_Word i = 0; i < hash[1]; i++)
		if (strcmp(strings + symbols[i].st_name, name) == 0 && symbols[i].st_value)
			return (void *)(base + symbols[i].st_value);
	fail(HERE("vDSO symbol"), "no %s", name);
}

TEST(vdso_is_an_elf_library)
{
	const Elf64_Ehdr *header = (const void *)getauxval(AT_SYSINFO_EHDR);

	CHECK(header);
	CHECK_EQ((uintptr_t)header % 4096, 0);
	CHECK(memcmp(header->e_ident, ELFMAG, SELFMAG) == 0);
	CHECK_EQ(header->e_type, ET_DYN);
}

TEST(vdso_clock_gettime)
{
	int (*get)(clockid_t, struct timespec *) = vdso_symbol("__vdso_clock_gettime");
	struct timespec ts;

	for (size_t i = 0; i < ARRAY_SIZE(readable); i++) {
		for (int round = 0; round < 500; round++) {
			long long before = by_syscall(readable[i]), value;

			CHECK_EQ(get(readable[i], &ts), 0);
			value = ts.tv_sec * SEC + ts.tv_nsec;
			CHECK(value >= before && by_syscall(readable[i]) >= value);
		}
	}
	CHECK_EQ(get(55, &ts), -EINVAL);	// no errno in the vDSO
}

TEST(vdso_others)
{
	int (*day)(struct timeval *, void *) = vdso_symbol("__vdso_gettimeofday");
	int (*res)(clockid_t, struct timespec *) = vdso_symbol("__vdso_clock_getres");
	int (*cpu)(unsigned *, unsigned *, void *) = vdso_symbol("__vdso_getcpu");
	struct timeval tv;
	struct timespec ts, want;
	unsigned hart = 999;

	CHECK_EQ(day(&tv, NULL), 0);
	CHECK(labs(tv.tv_sec - time(NULL)) <= 1);
	for (size_t i = 0; i < ARRAY_SIZE(readable); i++) {
		CHECK_EQ(res(readable[i], &ts), 0);
		CHECK_SYS(syscall(SYS_clock_getres, readable[i], &want));
		CHECK_EQ(ts.tv_nsec, want.tv_nsec);
	}
	CHECK_EQ(res(55, &ts), -EINVAL);
	CHECK_EQ(cpu(&hart, NULL, NULL), 0);
	CHECK(hart < 1024);
}

TEST(vdso_is_read_only)
{
	char *base = (char *)getauxval(AT_SYSINFO_EHDR);

	CHECK(base);
	DIES_BY(SIGSEGV)
		*(volatile char *)base = 1;
}
