// SPDX-License-Identifier: MIT
#include "arch/riscv/extable.h"

struct exception_entry {
	unsigned long insn, fixup;
};

extern const struct exception_entry __ex_table_start[], __ex_table_end[];

/* One file fills the table, in the order of its addresses, so it is sorted. */
bool fixup_exception(struct pt_regs *regs)
{
	size_t low = 0, high = __ex_table_end - __ex_table_start;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (__ex_table_start[middle].insn < regs->epc)
			low = middle + 1;
		else
			high = middle;
	}
	if (&__ex_table_start[low] == __ex_table_end || __ex_table_start[low].insn != regs->epc)
		return false;
	regs->epc = __ex_table_start[low].fixup;
	return true;
}
