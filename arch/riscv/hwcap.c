// SPDX-License-Identifier: MIT
#include "arch/riscv/hwcap.h"

#include "drivers/fdt.h"
#include "lib/string.h"

#define SUPPORTED	"imafdc"

/*
 * The string is "rv64" followed by letters; extensions with longer names come after the first '_'.
 */
static unsigned long parse_isa(const char *isa)
{
	unsigned long hwcap = 0;

	for (isa += str_has_prefix(isa, "rv64"); *isa && *isa != '_'; isa++)
		if (strchr(SUPPORTED, *isa))
			hwcap |= 1UL << (*isa - 'a');
	return hwcap;
}

unsigned long elf_hwcap(void)
{
	static unsigned long hwcap;

	if (!hwcap) {
		int node = fdt_find_compatible(-1, "riscv");
		const char *isa = node < 0 ? NULL : fdt_prop(node, "riscv,isa", NULL);

		hwcap = parse_isa(isa ? isa : "rv64imafdc");
	}
	return hwcap;
}
