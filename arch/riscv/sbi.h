// SPDX-License-Identifier: MIT
/*
 * Calls to the firmware: RISC-V SBI 1.0. Extension and function numbers are the specification's.
 */
#ifndef ARCH_RISCV_SBI_H
#define ARCH_RISCV_SBI_H

#include "lib/types.h"

struct sbiret {
	long error;		/* 0 or negative, SBI §3 */
	long value;
};

void sbi_console_putchar(int ch);			/* legacy, §5.2 */
void sbi_set_timer(u64 time);				/* absolute, in `time` ticks; §6.1 */
bool sbi_probe_extension(long eid);			/* §4.5 */
long sbi_spec_version(void);				/* major << 24 | minor; §4.1 */
void sbi_send_ipi(unsigned long hart_mask, unsigned long mask_base);	/* §7.1 */
void sbi_remote_fence_i(unsigned long hart_mask, unsigned long mask_base);	/* §8.1 */
/* Bytes; start 0 and size -1: everything.  §8.2 */
void sbi_remote_sfence_vma(unsigned long hart_mask, unsigned long mask_base, unsigned long start,
			   unsigned long size);
/* @arg arrives in the hart's a1.  0 or a negative SBI error; §9.1 */
long sbi_hart_start(unsigned long hartid, unsigned long start_pa, unsigned long arg);
/* Does not return unless the firmware has no SRST; §10.1 */
void sbi_system_reset(u32 type, u32 reason);

#define SBI_EXT_TIME		0x54494d45
#define SBI_EXT_IPI		0x735049
#define SBI_EXT_RFENCE		0x52464e43
#define SBI_EXT_HSM		0x48534d
#define SBI_EXT_SRST		0x53525354
#define SBI_SRST_SHUTDOWN	0
#define SBI_SRST_COLD_REBOOT	1

#endif
