// SPDX-License-Identifier: MIT
/*
 * The kernel parameter svade=1: entries are stored in such a form that the hart faults where A, or
 * at a store D, is clear, as harts do that leave these bits to software.  For pte.h alone, whose
 * functions translate.
 */
#ifndef ARCH_RISCV_SVADE_H
#define ARCH_RISCV_SVADE_H

#include "lib/types.h"

extern bool svade_emulated;

unsigned long pte_meant(unsigned long stored);
unsigned long pte_stored(unsigned long meant);

#endif
