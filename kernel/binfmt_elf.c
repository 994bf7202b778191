// SPDX-License-Identifier: MIT
/*
 * ELF programs (System V gABI, chapter 5; RISC-V ELF psABI): fixed (ET_EXEC), position-independent
 * (ET_DYN), and with an interpreter (PT_INTERP), which is then what runs first.
 *
 * check_image() believes nothing: whatever passes it can be mapped, so that a damaged file is
 * refused with ENOEXEC while the caller is still there.
 *
 * The stack at the program's start, from high addresses to low: a zero word, the strings, 16 random
 * bytes, then aligned to 16: auxiliary vector, environment pointers, argument pointers, argc (sp
 * points to it).
 */
#include "kernel/exec.h"

#include <linux/auxvec.h>
#include <linux/elf.h>
#include <linux/mman.h>
#include "arch/riscv/hwcap.h"
#include "arch/riscv/uaccess.h"
#include "fs/file.h"
#include "fs/namei.h"
#include "kernel/arg_strings.h"
#include "kernel/cred.h"
#include "kernel/fork.h"
#include "kernel/panic.h"
#include "kernel/race.h"
#include "kernel/random.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "kernel/vdso.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/brk.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/slab.h"

/* Where position-independent programs go: far above fixed ones, far below mmap_base. */
#define ELF_ET_DYN_BASE		(TASK_SIZE / 3 * 2)
#define DYN_RND_BITS		18	/* pages: 1 GiB */
#define BRK_RND_BITS		13	/* 32 MiB */
#define ELF_MIN_ALIGN		PAGE_SIZE

/* One file on its way into memory. */
struct elf_image {
	struct file *file;
	Elf64_Ehdr ehdr;
	Elf64_Phdr *phdrs;
	unsigned long start, end;	/* of all PT_LOADs, page aligned, without bias */
	unsigned long align;		/* the largest p_align */
	unsigned long bias;		/* added to every address of the file */
};

#define for_each_load(ph, image)							\
	for (ph = (image)->phdrs; ph < (image)->phdrs + (image)->ehdr.e_phnum; ph++)	\
		if (ph->p_type == PT_LOAD && ph->p_memsz)

/* --- reading and checking --- */

/* Exactly @n bytes at @pos; a file that is too short is a broken one. */
static int read_exactly(struct file *file, void *buf, size_t n, loff_t pos)
{
	ssize_t got = kernel_read(file, buf, n, &pos);

	if (got < 0)
		return got;
	return (size_t)got == n ? 0 : -ENOEXEC;
}

static bool check_ehdr(const Elf64_Ehdr *ehdr)
{
	return memcmp(ehdr->e_ident, ELFMAG, SELFMAG) == 0 &&
	       ehdr->e_ident[EI_CLASS] == ELFCLASS64 &&
	       ehdr->e_ident[EI_DATA] == ELFDATA2LSB && ehdr->e_machine == EM_RISCV &&
	       (ehdr->e_type == ET_EXEC || ehdr->e_type == ET_DYN) &&
	       ehdr->e_phentsize == sizeof(Elf64_Phdr) && ehdr->e_phnum > 0 &&
	       ehdr->e_phnum <= 65536 / sizeof(Elf64_Phdr);
}

static int read_phdrs(struct elf_image *image)
{
	size_t size = image->ehdr.e_phnum * sizeof(Elf64_Phdr);

	if (image->ehdr.e_phoff > S64_MAX - size)
		return -ENOEXEC;
	image->phdrs = kmalloc(size, GFP_KERNEL);
	if (!image->phdrs)
		return -ENOMEM;
	return read_exactly(image->file, image->phdrs, size, image->ehdr.e_phoff);
}

static bool check_load(const struct elf_image *image, const Elf64_Phdr *ph)
{
	u64 size = i_size_read(file_inode(image->file));

	if (ph->p_filesz > ph->p_memsz || ph->p_memsz > TASK_SIZE ||
	    ph->p_vaddr > TASK_SIZE - ph->p_memsz)
		return false;
	if (ph->p_offset > size || ph->p_filesz > size - ph->p_offset)
		return false;
	/* A file is mapped by pages: an address and its offset must be equal within one. */
	if (ph->p_filesz && offset_in_page(ph->p_vaddr) != offset_in_page(ph->p_offset))
		return false;
	return image->ehdr.e_type == ET_DYN || ph->p_vaddr >= mmap_min_addr;
}

/* Fills start, end and align.  0 or -ENOEXEC. */
static int check_image(struct elf_image *image)
{
	unsigned long last = 0;
	const Elf64_Phdr *ph;

	image->start = ULONG_MAX;
	image->align = ELF_MIN_ALIGN;
	for_each_load(ph, image) {
		/* In ascending order (gABI), without overlap. */
		if (!check_load(image, ph) || ph->p_vaddr < last)
			return -ENOEXEC;
		last = ph->p_vaddr + ph->p_memsz;
		image->start = min_t(unsigned long, image->start, ph->p_vaddr & PAGE_MASK);
		image->end = PAGE_ALIGN(last);
		if (!(ph->p_align & (ph->p_align - 1)) && ph->p_align < TASK_SIZE)
			image->align = max_t(unsigned long, image->align, ph->p_align);
	}
	if (!last || image->end > TASK_SIZE)
		return -ENOEXEC;
	return 0;
}

static int open_image(struct elf_image *image)
{
	int err;

	if (!check_ehdr(&image->ehdr))
		return -ENOEXEC;
	err = read_phdrs(image);
	return err ? err : check_image(image);
}

static const Elf64_Phdr *find_phdr(const struct elf_image *image, u32 type)
{
	for (int i = 0; i < image->ehdr.e_phnum; i++)
		if (image->phdrs[i].p_type == type)
			return &image->phdrs[i];
	return NULL;
}

/* The interpreter's path out of PT_INTERP; ERR_PTR; the caller frees it. */
static char *read_interp_path(const struct elf_image *image, const Elf64_Phdr *ph)
{
	char *path;
	int err = -ENOEXEC;

	if (ph->p_filesz < 2 || ph->p_filesz > PATH_MAX)
		return ERR_PTR(-ENOEXEC);
	path = kmalloc(ph->p_filesz, GFP_KERNEL);
	if (!path)
		return ERR_PTR(-ENOMEM);
	if (ph->p_offset <= S64_MAX - ph->p_filesz)
		err = read_exactly(image->file, path, ph->p_filesz, ph->p_offset);
	if (!err && path[ph->p_filesz - 1])
		err = -ENOEXEC;
	if (!err)
		return path;
	kfree(path);
	return ERR_PTR(err);
}

/* Opens and checks what PT_INTERP names, if there is one.  A damaged one is ELIBBAD. */
static int open_interpreter(const struct elf_image *image, struct elf_image *interp)
{
	const Elf64_Phdr *ph = find_phdr(image, PT_INTERP);
	char *path;
	int err;

	if (!ph)
		return 0;
	path = read_interp_path(image, ph);
	if (IS_ERR(path))
		return PTR_ERR(path);
	interp->file = open_exec(path);
	kfree(path);
	if (IS_ERR(interp->file)) {
		err = PTR_ERR(interp->file);
		interp->file = NULL;
		return err;
	}
	err = read_exactly(interp->file, &interp->ehdr, sizeof(interp->ehdr), 0);
	if (!err)
		err = open_image(interp);
	return err == -ENOEXEC ? -ELIBBAD : err;
}

static void close_interpreter(struct elf_image *interp)
{
	kfree(interp->phdrs);
	if (!interp->file)
		return;
	allow_write_access(interp->file);
	fput(interp->file);
}

/* --- mapping --- */

static unsigned long segment_prot(const Elf64_Phdr *ph)
{
	return (ph->p_flags & PF_R ? PROT_READ : 0) | (ph->p_flags & PF_W ? PROT_WRITE : 0) |
	       (ph->p_flags & PF_X ? PROT_EXEC : 0);
}

static int map_fixed(struct file *file, unsigned long addr, unsigned long end, unsigned long prot,
		     unsigned long off)
{
	unsigned long flags = MAP_PRIVATE | MAP_FIXED | (file ? 0 : MAP_ANONYMOUS), ret;

	if (addr >= end)
		return 0;
	ret = vm_mmap(file, addr, end - addr, prot, flags, off);
	return IS_ERR_VALUE(ret) ? (int)ret : 0;
}

/*
 * The file's part, then zeros: to the end of its last page by hand, beyond that as anonymous
 * memory.
 */
static int map_segment(const struct elf_image *image, const Elf64_Phdr *ph)
{
	unsigned long addr = ph->p_vaddr + image->bias;
	unsigned long file_end = addr + ph->p_filesz, mem_end = addr + ph->p_memsz;
	unsigned long zero_page = PAGE_ALIGN(ph->p_filesz ? file_end : addr & PAGE_MASK);
	int err = 0;

	if (ph->p_filesz)
		err = map_fixed(image->file, addr & PAGE_MASK, file_end, segment_prot(ph),
				ph->p_offset & PAGE_MASK);
	if (!err)
		err = map_fixed(NULL, zero_page, mem_end, segment_prot(ph), 0);
	if (err || !ph->p_filesz || mem_end == file_end || !(ph->p_flags & PF_W))
		return err;
	/* To the end of the page, beyond p_memsz: the heap, or ld.so's own, begins there. */
	return clear_user((void *)file_end, zero_page - file_end) ? -EFAULT : 0;
}

static int map_image(const struct elf_image *image)
{
	const Elf64_Phdr *ph;

	for_each_load(ph, image) {
		int err = map_segment(image, ph);

		if (err)
			return err;
	}
	return 0;
}

/* An ET_DYN program's base.  0 or -ENOMEM. */
static int choose_base(struct elf_image *image, unsigned long base)
{
	base &= ~(image->align - 1);
	if (image->end - image->start > TASK_SIZE - base)
		return -ENOMEM;
	image->bias = base - (image->start & ~(image->align - 1));
	return 0;
}

/* The interpreter goes where mmap() would put it. */
static int place_interpreter(struct elf_image *interp)
{
	unsigned long size = interp->end - interp->start + interp->align, base;
	struct mm_struct *mm = current->mm;

	if (interp->ehdr.e_type != ET_DYN)
		return 0;
	mmap_write_lock(mm);
	base = get_unmapped_area(mm, 0, PAGE_ALIGN(size), 0);
	mmap_write_unlock(mm);
	if (IS_ERR_VALUE(base))
		return (int)base;
	return choose_base(interp, base + interp->align - PAGE_SIZE);
}

/* What /proc shows, and where the heap begins: right above the bss. */
static void set_mm_layout(const struct elf_image *image)
{
	struct mm_struct *mm = current->mm;
	const Elf64_Phdr *ph;

	mm->start_code = ULONG_MAX;
	for_each_load(ph, image) {
		unsigned long begin = ph->p_vaddr + image->bias, end = begin + ph->p_filesz;

		if (ph->p_flags & PF_X) {
			mm->start_code = min(mm->start_code, begin);
			mm->end_code = max(mm->end_code, end);
		}
		mm->start_data = max(mm->start_data, begin);
		mm->end_data = max(mm->end_data, end);
	}
	if (mm->start_code == ULONG_MAX)
		mm->start_code = 0;
	mm->start_brk = mm->brk = image->end + image->bias + random_offset(2, BRK_RND_BITS);
}

/* --- the stack --- */

/* Words for the user's stack, handed over in batches. */
struct word_writer {
	u64 __user *dst;
	unsigned int n;
	bool failed;
	u64 word[32];
};

static void flush_words(struct word_writer *w)
{
	if (copy_to_user(w->dst, w->word, w->n * sizeof(u64)))
		w->failed = true;
	w->dst += w->n;
	w->n = 0;
}

static void put_word(struct word_writer *w, u64 word)
{
	if (w->n == ARRAY_SIZE(w->word))
		flush_words(w);
	w->word[w->n++] = word;
}

/* Pointers to the next @n strings, and NULL; moves *@p behind them. */
static void put_pointers(struct word_writer *w, struct arg_cursor *cursor, int n, unsigned long *p)
{
	while (n--) {
		put_word(w, *p);
		*p += arg_strings_next(cursor);
	}
	put_word(w, 0);
}

/* Address of the program headers in memory; 0: no segment holds them. */
static unsigned long phdr_address(const struct elf_image *image)
{
	u64 off = image->ehdr.e_phoff;
	const Elf64_Phdr *ph;

	for_each_load(ph, image)
		if (off >= ph->p_offset && off - ph->p_offset < ph->p_filesz)
			return off - ph->p_offset + ph->p_vaddr + image->bias;
	return 0;
}

struct auxv {
	unsigned long *words;
	int n;
};

static void put_aux(struct auxv *auxv, unsigned long type, unsigned long value)
{
	auxv->words[auxv->n++] = type;
	auxv->words[auxv->n++] = value;
}

/* Into mm->saved_auxv, which /proc/PID/auxv shows.  Returns the words, AT_NULL included. */
static int make_auxv(const struct linux_binprm *bprm, const struct elf_image *image,
		     unsigned long interp_base, unsigned long execfn, unsigned long random)
{
	struct auxv auxv = { .words = current->mm->saved_auxv };
	const struct cred *cred = current_cred();

	/* The clock of races is the kernel's alone. */
	if (!race_on())
		put_aux(&auxv, AT_SYSINFO_EHDR, current->mm->vdso);
	put_aux(&auxv, AT_HWCAP, elf_hwcap());
	put_aux(&auxv, AT_PAGESZ, PAGE_SIZE);
	put_aux(&auxv, AT_CLKTCK, USER_HZ);
	put_aux(&auxv, AT_PHDR, phdr_address(image));
	put_aux(&auxv, AT_PHENT, sizeof(Elf64_Phdr));
	put_aux(&auxv, AT_PHNUM, image->ehdr.e_phnum);
	put_aux(&auxv, AT_BASE, interp_base);
	put_aux(&auxv, AT_FLAGS, 0);
	put_aux(&auxv, AT_ENTRY, image->ehdr.e_entry + image->bias);
	put_aux(&auxv, AT_UID, cred->uid);
	put_aux(&auxv, AT_EUID, cred->euid);
	put_aux(&auxv, AT_GID, cred->gid);
	put_aux(&auxv, AT_EGID, cred->egid);
	put_aux(&auxv, AT_SECURE, bprm->secureexec);
	put_aux(&auxv, AT_RANDOM, random);
	put_aux(&auxv, AT_EXECFN, execfn);
	put_aux(&auxv, AT_NULL, 0);
	DEBUG_BUG_ON(auxv.n > AT_VECTOR_SIZE);
	return auxv.n;
}

static unsigned long put_random_bytes(unsigned long p)
{
	u8 bytes[16];

	get_random_bytes(bytes, sizeof(bytes));
	p = ALIGN_DOWN(p - sizeof(bytes), 16);
	return copy_to_user((void *)p, bytes, sizeof(bytes)) ? 0 : p;
}

/* Returns the new stack pointer, or 0: the stack cannot hold it. */
static unsigned long create_elf_tables(const struct linux_binprm *bprm,
				       const struct elf_image *image,
				       unsigned long interp_base)
{
	struct mm_struct *mm = current->mm;
	unsigned long strings = bprm->p, random = put_random_bytes(bprm->p), sp;
	struct arg_cursor cursor = { bprm->strings->first, 0 };
	size_t name_len = strlen(bprm->filename) + 1;
	struct word_writer w = { 0 };
	int naux;

	if (!random)
		return 0;
	naux = make_auxv(bprm, image, interp_base, strings + bprm->strings->len - name_len, random);
	sp = random - (1 + bprm->argc + 1 + bprm->envc + 1 + naux) * sizeof(u64);
	sp = ALIGN_DOWN(sp, 16);
	w.dst = (u64 *)sp;

	put_word(&w, bprm->argc);
	mm->arg_start = strings;
	put_pointers(&w, &cursor, bprm->argc, &strings);
	mm->arg_end = mm->env_start = strings;
	put_pointers(&w, &cursor, bprm->envc, &strings);
	mm->env_end = strings;
	for (int i = 0; i < naux; i++)
		put_word(&w, mm->saved_auxv[i]);
	flush_words(&w);
	mm->start_stack = sp;
	return w.failed ? 0 : sp;
}

/* --- the loader --- */

/* Past the point of no return. */
static int map_program(struct linux_binprm *bprm, struct elf_image *image, struct elf_image *interp)
{
	unsigned long entry, sp;
	int err = 0;

	if (image->ehdr.e_type == ET_DYN)
		err = choose_base(image, ELF_ET_DYN_BASE + random_offset(1, DYN_RND_BITS));
	if (!err)
		err = map_image(image);
	if (err)
		return err;
	set_mm_layout(image);
	entry = image->ehdr.e_entry + image->bias;
	if (interp->file) {
		err = place_interpreter(interp);
		if (!err)
			err = map_image(interp);
		entry = interp->ehdr.e_entry + interp->bias;
	}
	if (!err)
		err = arch_setup_additional_pages();
	if (!err)
		err = setup_arg_pages(bprm);
	if (err)
		return err;
	sp = create_elf_tables(bprm, image, interp->file ? interp->bias : 0);
	if (!sp)
		return -EFAULT;
	start_thread(entry, sp);
	return 0;
}

int load_elf_binary(struct linux_binprm *bprm)
{
	struct elf_image image = { .file = bprm->file }, interp = { 0 };
	const Elf64_Phdr *ph;
	int err;

	memcpy(&image.ehdr, bprm->buf, sizeof(image.ehdr));
	err = open_image(&image);
	if (!err)
		err = open_interpreter(&image, &interp);
	if (err)
		goto out;
	ph = find_phdr(&image, PT_GNU_STACK);
	bprm->executable_stack = ph && (ph->p_flags & PF_X);
	err = begin_new_exec(bprm);
	if (!err)
		err = map_program(bprm, &image, &interp);
out:
	close_interpreter(&interp);
	kfree(image.phdrs);
	return err;
}
