// SPDX-License-Identifier: MIT
/*
 * Harts that leave A and D to software (extension Svade: privileged spec §4.3.1) fault where A is
 * clear, and at a store where D is.  QEMU's harts set both themselves; with the kernel parameter
 * svade=1 the entries are stored so that they fault all the same, by permission:
 *
 *	meant           stored
 *	A clear         V clear, G set: no access at all
 *	A, W, D clear   W clear, G set: no store
 *	else            the same
 *
 * A user's leaf never means to have G, so that G together with U says that an entry is stored in
 * one of the two forms (an inaccessible entry, PROT_NONE, has G without U).  What the functions of
 * pte.h give and take is what is meant; nothing else in the kernel knows of this.
 *
 * The hart never changes such an entry: where V is set so is A, and where W is so is D.  So plain
 * stores under the page-table lock do.
 */
#include "arch/riscv/svade.h"

#include "arch/riscv/pte.h"
#include "kernel/param.h"

#define EMULATED	(_PAGE_USER | _PAGE_GLOBAL)

bool svade_emulated;
KERNEL_PARAM("svade", param_bool, &svade_emulated);

unsigned long pte_meant(unsigned long stored)
{
	if ((stored & EMULATED) != EMULATED)
		return stored;
	stored ^= _PAGE_GLOBAL;
	return stored | (stored & _PAGE_PRESENT ? _PAGE_WRITE : _PAGE_PRESENT);
}

unsigned long pte_stored(unsigned long meant)
{
	if (!(meant & _PAGE_USER) || !(meant & _PAGE_PRESENT))
		return meant;
	if (!(meant & _PAGE_ACCESSED))
		return meant ^ (_PAGE_PRESENT | _PAGE_GLOBAL);
	if (meant & _PAGE_WRITE && !(meant & _PAGE_DIRTY))
		return meant ^ (_PAGE_WRITE | _PAGE_GLOBAL);
	return meant;
}
