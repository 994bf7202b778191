/* SPDX-License-Identifier: MIT */
/*
 * Whole pages, and copies across the user boundary.
 *
 * The user copies are the only kernel code that touches user addresses. Each access that may fault
 * has a line in __ex_table: where it stands, and where to go on if the fault cannot be handled. On
 * entry and on the fix-up path alike: a0 = destination, a1 = source, a2 = bytes; the result is the
 * number of bytes not copied.
 */
#include "arch/riscv/asm_offsets.h"
#include "arch/riscv/page.h"

	.text
	.macro	fixup op reg addr label
100:	\op	\reg, \addr
	.section __ex_table, "a"
	.balign 8
	.dword	100b, \label
	.previous
	.endm

	/* clear_page(page): 32 stores of 8 bytes a turn. */
	.globl clear_page
clear_page:
	li	t0, PAGE_SIZE
	add	t0, a0, t0
1:
	.set	off, 0
	.rept	32
	sd	zero, off(a0)
	.set	off, off + 8
	.endr
	addi	a0, a0, 256
	bltu	a0, t0, 1b
	ret

	/*
	 * copy_page(dst, src): 16 words a step, loads first, so that no store waits for its load.
	 */
	.macro	copy16 off
	ld	a2, (\off + 0)(a1)
	ld	a3, (\off + 8)(a1)
	ld	a4, (\off + 16)(a1)
	ld	a5, (\off + 24)(a1)
	ld	a6, (\off + 32)(a1)
	ld	a7, (\off + 40)(a1)
	ld	t1, (\off + 48)(a1)
	ld	t2, (\off + 56)(a1)
	sd	a2, (\off + 0)(a0)
	sd	a3, (\off + 8)(a0)
	sd	a4, (\off + 16)(a0)
	sd	a5, (\off + 24)(a0)
	sd	a6, (\off + 32)(a0)
	sd	a7, (\off + 40)(a0)
	sd	t1, (\off + 48)(a0)
	sd	t2, (\off + 56)(a0)
	.endm

	.globl copy_page
copy_page:
	li	t0, PAGE_SIZE
	add	t0, a1, t0
1:
	copy16	0
	copy16	64
	copy16	128
	copy16	192
	addi	a1, a1, 256
	addi	a0, a0, 256
	bltu	a1, t0, 1b
	ret

	/*
	 * __copy_user(to, from, n) → bytes not copied. Whole words while both sides are aligned
	 * alike, 256, then 64 bytes a turn; the rest byte by byte. A fault inside a turn goes on
	 * byte by byte from the turn's begin, so the count is exact. SUM is left as it was found
	 * (user_access_begin); a6 holds the bits to clear again.
	 */
	.macro	copy_user8 off
	fixup	ld t0, (\off + 0)(a1), 6f
	fixup	ld t1, (\off + 8)(a1), 6f
	fixup	ld t2, (\off + 16)(a1), 6f
	fixup	ld t3, (\off + 24)(a1), 6f
	fixup	ld t4, (\off + 32)(a1), 6f
	fixup	ld a3, (\off + 40)(a1), 6f
	fixup	ld a4, (\off + 48)(a1), 6f
	fixup	ld a5, (\off + 56)(a1), 6f
	fixup	sd t0, (\off + 0)(a0), 6f
	fixup	sd t1, (\off + 8)(a0), 6f
	fixup	sd t2, (\off + 16)(a0), 6f
	fixup	sd t3, (\off + 24)(a0), 6f
	fixup	sd t4, (\off + 32)(a0), 6f
	fixup	sd a3, (\off + 40)(a0), 6f
	fixup	sd a4, (\off + 48)(a0), 6f
	fixup	sd a5, (\off + 56)(a0), 6f
	.endm

	.globl __copy_user
__copy_user:
	li	t6, SR_SUM_BIT
	csrrs	a6, sstatus, t6
	not	a6, a6
	and	a6, a6, t6
	xor	t0, a0, a1
	andi	t0, t0, 7
	bnez	t0, 6f
	/* Up to 7 bytes to the first aligned word. */
1:	andi	t0, a0, 7
	beqz	t0, 2f
	beqz	a2, 9f
	fixup	lb t1, (a1), 9f
	fixup	sb t1, (a0), 9f
	addi	a0, a0, 1
	addi	a1, a1, 1
	addi	a2, a2, -1
	j	1b
2:	li	t5, 256
	bltu	a2, t5, 3f
11:	copy_user8 0
	copy_user8 64
	copy_user8 128
	copy_user8 192
	addi	a0, a0, 256
	addi	a1, a1, 256
	addi	a2, a2, -256
	bgeu	a2, t5, 11b
3:	li	t5, 64
	bltu	a2, t5, 4f
12:	copy_user8 0
	addi	a0, a0, 64
	addi	a1, a1, 64
	addi	a2, a2, -64
	bgeu	a2, t5, 12b
4:	li	t5, 8
5:	bltu	a2, t5, 6f
	fixup	ld t0, (a1), 6f
	fixup	sd t0, (a0), 6f
	addi	a0, a0, 8
	addi	a1, a1, 8
	addi	a2, a2, -8
	j	5b
6:	beqz	a2, 9f
	fixup	lb t1, (a1), 9f
	fixup	sb t1, (a0), 9f
	addi	a0, a0, 1
	addi	a1, a1, 1
	addi	a2, a2, -1
	j	6b
9:	csrc	sstatus, a6
	mv	a0, a2
	ret

	/* __copy_user_int(to, from) → 0, or 4: nothing was copied. SUM as above. */
	.globl __copy_user_int
__copy_user_int:
	li	t6, SR_SUM_BIT
	csrrs	a6, sstatus, t6
	not	a6, a6
	and	a6, a6, t6
	fixup	lw t1, (a1), 9f
	fixup	sw t1, (a0), 9f
	csrc	sstatus, a6
	li	a0, 0
	ret
9:	csrc	sstatus, a6
	li	a0, 4
	ret

	/* __clear_user(to, n) → bytes not cleared. */
	.globl __clear_user
__clear_user:
	li	t6, SR_SUM_BIT
	csrs	sstatus, t6
1:	andi	t0, a0, 7
	beqz	t0, 2f
	beqz	a1, 9f
	fixup	sb zero, (a0), 9f
	addi	a0, a0, 1
	addi	a1, a1, -1
	j	1b
2:	li	t5, 8
3:	bltu	a1, t5, 4f
	fixup	sd zero, (a0), 4f
	addi	a0, a0, 8
	addi	a1, a1, -8
	j	3b
4:	beqz	a1, 9f
	fixup	sb zero, (a0), 9f
	addi	a0, a0, 1
	addi	a1, a1, -1
	j	4b
9:	li	t6, SR_SUM_BIT
	csrc	sstatus, t6
	mv	a0, a1
	ret

	/*
	 * __strncpy_user(dst, src, count) → length without NUL, count if there was none, -EFAULT
	 * (-14).
	 */
	.globl __strncpy_user
__strncpy_user:
	li	t6, SR_SUM_BIT
	csrs	sstatus, t6
	mv	t0, zero
1:	beq	t0, a2, 8f
	add	t1, a1, t0
	fixup	lb t2, (t1), 7f
	add	t3, a0, t0
	sb	t2, (t3)
	beqz	t2, 8f
	addi	t0, t0, 1
	j	1b
7:	li	t0, -14
8:	csrc	sstatus, t6
	mv	a0, t0
	ret

	/*
	 * __touch_user(word) → 0 or 1: a write access that changes nothing, whatever others write
	 * meanwhile.
	 */
	.globl __touch_user
__touch_user:
	li	t6, SR_SUM_BIT
	csrs	sstatus, t6
100:	amoor.w	zero, zero, (a0)
	.section __ex_table, "a"
	.balign 8
	.dword	100b, 1f
	.previous
	csrc	sstatus, t6
	li	a0, 0
	ret
1:	csrc	sstatus, t6
	li	a0, 1
	ret

	/*
	 * __cmpxchg_user(word, old, new, seen) → 0 or 1: *word becomes new if it is old (sign
	 * extended, as lr.w loads it); *seen, in kernel memory, is what it was.
	 */
	.globl __cmpxchg_user
__cmpxchg_user:
	li	t6, SR_SUM_BIT
	csrs	sstatus, t6
2:	fixup	lr.w.aqrl t0, (a0), 4f
	bne	t0, a1, 3f
100:	sc.w.rl	t1, a2, (a0)
	.section __ex_table, "a"
	.balign 8
	.dword	100b, 4f
	.previous
	bnez	t1, 2b
3:	csrc	sstatus, t6
	fence	rw, rw
	sw	t0, (a3)
	li	a0, 0
	ret
4:	csrc	sstatus, t6
	li	a0, 1
	ret
