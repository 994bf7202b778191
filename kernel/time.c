// SPDX-License-Identifier: MIT
#include "kernel/time.h"

#include "arch/riscv/io.h"
#include "drivers/fdt.h"
#include "kernel/init.h"
#include "kernel/printk.h"
#include "kernel/race.h"

u32 clock_mult, clock_shift;
u64 clock_real_offset;
u64 timebase_frequency = 10000000;

/* Above this shift a day's worth of ticks would overflow the product. */
#define MAX_SHIFT	12

u64 time_to_ns(u64 ticks)
{
	return ticks * clock_mult >> clock_shift;
}

u64 ns_to_time(u64 ns)
{
	return (ns << clock_shift) / clock_mult;
}

u64 ktime_get_ns(void)
{
	return race_on() ? race_clock() : time_to_ns(rdtime());
}

u64 ktime_get_real_ns(void)
{
	return ktime_get_ns() + READ_ONCE(clock_real_offset);
}

/*
 * A frequency that divides a second needs no shift and is exact; others get as many bits as are
 * safe.
 */
void time_init(void)
{
	timebase_frequency =
		fdt_prop_u32(fdt_find_path("/cpus"), "timebase-frequency", timebase_frequency);
	clock_shift = NSEC_PER_SEC % timebase_frequency ? MAX_SHIFT : 0;
	clock_mult = ((u64)NSEC_PER_SEC << clock_shift) / timebase_frequency;
}

/*
 * The goldfish RTC: nanoseconds since 1970 in two registers; reading the low one latches the high
 * one.
 */
static void rtc_init(void)
{
	int node = fdt_find_compatible(-1, "google,goldfish-rtc");
	u64 base, size, low, high;
	void *rtc;

	if (race_on()) {
		clock_real_offset = RACE_EPOCH_NS;
		return;
	}
	if (node < 0 || !fdt_reg(node, 0, &base, &size))
		return;
	rtc = ioremap(base, size);
	if (!rtc)
		return;
	low = readl(rtc);
	high = readl(rtc + 4);
	clock_real_offset = (high << 32 | low) - ktime_get_ns();
}
core_initcall(rtc_init);
