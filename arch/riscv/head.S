/* SPDX-License-Identifier: MIT */
/*
 * The first instructions. OpenSBI (or U-Boot) enters at the image's first byte in S-mode,
 * translation off, with a0 = hart id and a1 = physical address of the device tree; the other harts
 * wait in the firmware.
 *
 * The code is linked in the upper half but runs at its load address until satp is set, so that up
 * to there only pc-relative addresses may be used.
 */
#include "arch/riscv/asm_offsets.h"
#include "arch/riscv/page.h"

	.section .head.text, "ax"
	.globl _start
_start:
	/* The 64 bytes that Linux's Documentation/riscv/boot-image-header.rst names. */
	j	1f
	.balign 8, 0
	.dword	0x200000		/* text_offset: from the begin of RAM */
	.dword	_image_size		/* with bss */
	.dword	0			/* flags: little endian */
	.word	2			/* version 0.2 */
	.word	0
	.dword	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\x05"		/* the magic that U-Boot looks for */
	.word	0
1:
	csrw	sie, zero
	csrw	sip, zero
	li	t0, SR_FS_BITS | SR_SUM_BIT
	csrc	sstatus, t0
	.option push
	.option norelax
	lla	gp, __global_pointer$
	.option pop

	/*
	 * The first hart to come boots. One that comes later was started by smp.c and is led here
	 * by a race in OpenSBI up to 1.1 at least: sbi_hsm_hart_start() marks the hart as to be
	 * started before it stores the address, and a hart that is just looking jumps to the one
	 * that the firmware had before, the image's.
	 */
	lla	t0, boot_lottery
	li	t1, 1
	amoadd.w.aqrl t0, t1, (t0)
	bnez	t0, secondary_start
	mv	s0, a0
	mv	s1, a1

	lla	t0, __bss_start
	lla	t1, __bss_end
2:	bgeu	t0, t1, 3f
	sd	zero, 0(t0)
	addi	t0, t0, 8
	j	2b
3:
	lla	sp, boot_stack + THREAD_SIZE
	mv	a0, s1
	call	early_map_setup
	call	enable_translation

	/* At upper-half addresses from here on. */
	lla	tp, init_task
	lla	sp, boot_stack + THREAD_SIZE - PT_SIZE
	lla	t0, trap_entry
	csrw	stvec, t0
	csrw	sscratch, zero
	mv	a0, s0
	mv	a1, s1
	li	s0, 0			/* ends the chain of frame pointers */
	call	start_kernel
	unimp

/*
 * a0 = satp. The instruction after the write of satp cannot be fetched any more at its physical
 * address; the trap that this raises goes to stvec, which is the upper-half address of just that
 * instruction. Returns there.
 */
enable_translation:
	li	t1, KERNEL_LINK_ADDR
	lla	t2, _start
	sub	t1, t1, t2		/* upper half minus physical */
	add	ra, ra, t1
	lla	t0, 1f
	add	t0, t0, t1
	csrw	stvec, t0
	sfence.vma
	csrw	satp, a0
	.balign 4
1:
	.option push
	.option norelax
	lla	gp, __global_pointer$
	.option pop
	ret

/*
 * A hart that the SBI's HSM extension starts: a0 = hart id. What else it needs it takes from
 * secondary_boot and not from a1, which may be stale by the race that _start tells of.
 */
	.globl secondary_start
	.balign 4
secondary_start:
	csrw	sie, zero
	csrw	sip, zero
	li	t0, SR_FS_BITS | SR_SUM_BIT
	csrc	sstatus, t0
	lla	a1, secondary_boot
	ld	s2, SECONDARY_TASK(a1)	/* the idle task of this hart */
	ld	s3, SECONDARY_SP(a1)
	ld	a0, SECONDARY_SATP(a1)
	call	enable_translation
	mv	tp, s2
	mv	sp, s3
	lla	t0, trap_entry
	csrw	stvec, t0
	csrw	sscratch, zero
	li	s0, 0
	call	secondary_main
	unimp

	/* Harts that came to _start; not in .bss, which the first of them clears. */
	.section .data, "aw"
	.balign 4
boot_lottery:
	.word	0

	.section .bss..page_aligned, "aw", @nobits
	.balign THREAD_SIZE
	.globl boot_stack
boot_stack:
	.zero	THREAD_SIZE
