// SPDX-License-Identifier: MIT
/*
 * Mapping the vDSO: [vvar] is the page of data, [vdso] right above it is the image.  Both are
 * frames of the kernel's own image, mapped without being counted.
 */
#include "kernel/vdso.h"

#include "kernel/init.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "lib/err.h"
#include "mm/folio.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/special_mapping.h"
#include "vdso-offsets.h"

#define MAX_IMAGE_PAGES	4

extern const char vdso_image_start[], vdso_image_end[];

static union {
	struct vdso_data data;
	char page[PAGE_SIZE];
} vvar __aligned(PAGE_SIZE);

static struct folio *vvar_pages[2], *image_pages[MAX_IMAGE_PAGES + 1];
static const struct vm_special_mapping vvar_mapping = { "[vvar]", vvar_pages };
static const struct vm_special_mapping image_mapping = { "[vdso]", image_pages };

static unsigned long image_size(void)
{
	return vdso_image_end - vdso_image_start;
}

static struct folio *kernel_page(const void *addr)
{
	return pfn_folio(__pa(addr) >> PAGE_SHIFT);
}

void update_vdso_data(void)
{
	vvar.data.mult = clock_mult;
	vvar.data.shift = clock_shift;
	WRITE_ONCE(vvar.data.real_offset, clock_real_offset);
}

int arch_setup_additional_pages(void)
{
	struct mm_struct *mm = current->mm;
	unsigned long base;
	int err;

	mmap_write_lock(mm);
	base = get_unmapped_area(mm, 0, PAGE_SIZE + image_size(), 0);
	err = IS_ERR_VALUE(base) ? (int)base : 0;
	if (!err)
		err = install_special_mapping(mm, base, PAGE_SIZE, VM_READ | VM_MAYREAD | VM_IO,
					      &vvar_mapping);
	if (!err)
		err = install_special_mapping(mm, base + PAGE_SIZE, image_size(),
					      VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYEXEC,
					      &image_mapping);
	if (!err)
		mm->vdso = base + PAGE_SIZE;
	mmap_write_unlock(mm);
	return err;
}

unsigned long vdso_rt_sigreturn(void)
{
	return current->mm->vdso + VDSO___vdso_rt_sigreturn;
}

static void vdso_init(void)
{
	unsigned long n = image_size() / PAGE_SIZE;

	BUG_ON(n > MAX_IMAGE_PAGES);
	vvar_pages[0] = kernel_page(&vvar);
	for (unsigned long i = 0; i < n; i++)
		image_pages[i] = kernel_page(vdso_image_start + i * PAGE_SIZE);
	update_vdso_data();
}
/* After the clock was read from its chip. */
late_initcall(vdso_init);
