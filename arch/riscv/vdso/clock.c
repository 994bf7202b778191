// SPDX-License-Identifier: MIT
/* Clocks read in user mode.  Those that the data page does not know are asked of the kernel. */
#include <asm/unistd.h>
#include <linux/time.h>
#include "kernel/time.h"
#include "kernel/vdso.h"

extern const struct vdso_data vdso_data __attribute__((visibility("hidden")));

int __vdso_clock_gettime(int clock, struct __kernel_timespec *ts);
int __vdso_clock_getres(int clock, struct __kernel_timespec *ts);
int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz);

/* Bit n: clock n is the monotonic one; the real one. */
#define MONOTONIC_CLOCKS	(BIT(CLOCK_MONOTONIC) | BIT(CLOCK_MONOTONIC_RAW) |		\
				 BIT(CLOCK_MONOTONIC_COARSE) | BIT(CLOCK_BOOTTIME))
#define REALTIME_CLOCKS		(BIT(CLOCK_REALTIME) | BIT(CLOCK_REALTIME_COARSE) | BIT(CLOCK_TAI))

static inline bool is_one_of(unsigned int clock, unsigned long set)
{
	return clock < BITS_PER_LONG && (set >> clock & 1);
}

static long system_call(long nr, long arg0, void *arg1)
{
	register long a7 __asm__("a7") = nr;
	register long a0 __asm__("a0") = arg0;
	register void *a1 __asm__("a1") = arg1;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a7) : "memory");
	return a0;
}

static inline u64 monotonic_ns(void)
{
	return rdtime() * vdso_data.mult >> vdso_data.shift;
}

int __vdso_clock_gettime(int clock, struct __kernel_timespec *ts)
{
	u64 ns;

	if (is_one_of(clock, MONOTONIC_CLOCKS))
		ns = monotonic_ns();
	else if (is_one_of(clock, REALTIME_CLOCKS))
		ns = monotonic_ns() + READ_ONCE(vdso_data.real_offset);
	else
		return system_call(__NR_clock_gettime, clock, ts);
	ts->tv_sec = ns / NSEC_PER_SEC;
	ts->tv_nsec = ns % NSEC_PER_SEC;
	return 0;
}

int __vdso_clock_getres(int clock, struct __kernel_timespec *ts)
{
	if (!is_one_of(clock, MONOTONIC_CLOCKS | REALTIME_CLOCKS))
		return system_call(__NR_clock_getres, clock, ts);
	if (ts) {
		ts->tv_sec = 0;
		ts->tv_nsec = 1;
	}
	return 0;
}

int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz)
{
	u64 ns = monotonic_ns() + READ_ONCE(vdso_data.real_offset);

	if (tv) {
		tv->tv_sec = ns / NSEC_PER_SEC;
		tv->tv_usec = ns % NSEC_PER_SEC / NSEC_PER_USEC;
	}
	if (tz)
		tz->tz_minuteswest = tz->tz_dsttime = 0;
	return 0;
}
