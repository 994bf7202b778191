// SPDX-License-Identifier: MIT
/*
 * pie.c - a position-independent static program without a C library
 *
 * The kernel loads an ET_DYN without interpreter where it likes and tells by AT_PHDR and
 * AT_ENTRY where that is. The program relocates itself, as a static-PIE C library would, checks
 * both, and ends with 0, or with the number of the step that failed.
 */
#include <elf.h>
#include <stddef.h>
#include <sys/syscall.h>

#if defined(__riscv)
asm(".globl _start\n"
    "_start: mv a0, sp\n"
    "	call start\n");
#define R_RELATIVE R_RISCV_RELATIVE

static _Noreturn void leave(long status)
{
	register long a0 asm("a0") = status;
	register long a7 asm("a7") = SYS_exit_group;

	asm volatile("ecall" :: "r"(a0), "r"(a7));
	__builtin_unreachable();
}
#else
asm(".globl _start\n"
    "_start: mov %rsp, %rdi\n"
    "	call start\n");
#define R_RELATIVE R_X86_64_RELATIVE

static _Noreturn void leave(long status)
{
	asm volatile("syscall" :: "a"(SYS_exit_group), "D"(status));
	__builtin_unreachable();
}
#endif

// Hidden: addressed relative to the pc, for nothing is relocated yet.
#pragma GCC visibility push(hidden)
extern char _start[];
extern const Elf64_Ehdr __ehdr_start;
extern const Elf64_Dyn _DYNAMIC[];
int word = 7;
int *pointer = &word;		// needs a relative relocation
char zeroes[3 * 4096];		// more bss than the last page of data has room for
#pragma GCC visibility pop

static unsigned long aux(const unsigned long *stack, unsigned long key)
{
	const unsigned long *entry = stack + 1 + stack[0] + 1;

	while (*entry++)
		;
	for (; entry[0] != AT_NULL; entry += 2)
		if (entry[0] == key)
			return entry[1];
	return 0;
}

static void relocate(unsigned long base)
{
	const Elf64_Rela *rela = NULL;
	unsigned long size = 0;

	for (const Elf64_Dyn *dyn = _DYNAMIC; dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == DT_RELA)
			rela = (const void *)(base + dyn->d_un.d_ptr);
		else if (dyn->d_tag == DT_RELASZ)
			size = dyn->d_un.d_val;
	}
	for (; size; size -= sizeof(*rela), rela++)
		if (ELF64_R_TYPE(rela->r_info) == R_RELATIVE)
			*(unsigned long *)(base + rela->r_offset) = base + rela->r_addend;
}

__attribute__((used)) _Noreturn void start(const unsigned long *stack)
{
	unsigned long base = (unsigned long)&__ehdr_start;

	if (__ehdr_start.e_type != ET_DYN)
		leave(2);
	if (aux(stack, AT_PHDR) != base + __ehdr_start.e_phoff)
		leave(3);
	if (aux(stack, AT_PHNUM) != __ehdr_start.e_phnum)
		leave(4);
	if (aux(stack, AT_ENTRY) != (unsigned long)_start)
		leave(5);
	if (aux(stack, AT_BASE) != 0)
		leave(6);
	relocate(base);
	if (*(int *volatile *)&pointer != &word || *pointer != 7)
		leave(7);
	for (size_t i = 0; i < sizeof(zeroes); i++)
		if (*(volatile char *)&zeroes[i])
			leave(8);
	zeroes[sizeof(zeroes) - 1] = 1;
	leave(0);
}
