// SPDX-License-Identifier: MIT
#include "arch/riscv/sbi.h"

/* §3: extension in a7, function in a6, arguments from a0 on; error in a0, value in a1. */
static struct sbiret sbi_ecall(long ext, long fid, unsigned long arg0, unsigned long arg1,
			       unsigned long arg2, unsigned long arg3)
{
	register unsigned long a0 __asm__("a0") = arg0;
	register unsigned long a1 __asm__("a1") = arg1;
	register unsigned long a2 __asm__("a2") = arg2;
	register unsigned long a3 __asm__("a3") = arg3;
	register unsigned long a6 __asm__("a6") = fid;
	register unsigned long a7 __asm__("a7") = ext;

	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a6), "r"(a7)
			 : "memory");
	return (struct sbiret){ (long)a0, (long)a1 };
}

void sbi_console_putchar(int ch)
{
	sbi_ecall(1, 0, ch, 0, 0, 0);
}

void sbi_set_timer(u64 time)
{
	sbi_ecall(SBI_EXT_TIME, 0, time, 0, 0, 0);
}

bool sbi_probe_extension(long eid)
{
	struct sbiret ret = sbi_ecall(0x10, 3, eid, 0, 0, 0);

	return !ret.error && ret.value;
}

long sbi_spec_version(void)
{
	return sbi_ecall(0x10, 0, 0, 0, 0, 0).value;
}

void sbi_send_ipi(unsigned long hart_mask, unsigned long mask_base)
{
	sbi_ecall(SBI_EXT_IPI, 0, hart_mask, mask_base, 0, 0);
}

void sbi_remote_fence_i(unsigned long hart_mask, unsigned long mask_base)
{
	sbi_ecall(SBI_EXT_RFENCE, 0, hart_mask, mask_base, 0, 0);
}

void sbi_remote_sfence_vma(unsigned long hart_mask, unsigned long mask_base, unsigned long start,
			   unsigned long size)
{
	sbi_ecall(SBI_EXT_RFENCE, 1, hart_mask, mask_base, start, size);
}

long sbi_hart_start(unsigned long hartid, unsigned long start_pa, unsigned long arg)
{
	return sbi_ecall(SBI_EXT_HSM, 0, hartid, start_pa, arg, 0).error;
}

void sbi_system_reset(u32 type, u32 reason)
{
	sbi_ecall(SBI_EXT_SRST, 0, type, reason, 0, 0);
}
