// SPDX-License-Identifier: MIT
/* The entries are special (vmf_insert_pfn): nobody counts the folios, which are never freed. */
#include "mm/special_mapping.h"

#include "kernel/errno.h"
#include "lib/err.h"
#include "mm/memory.h"
#include "mm/mmap.h"

static vm_fault_t special_mapping_fault(struct vm_fault *vmf)
{
	const struct vm_special_mapping *spec = vmf->vma->vm_private_data;
	struct folio **folio = spec->pages;

	for (pgoff_t n = vmf->pgoff; n && *folio; n--)
		folio++;
	return *folio ? vmf_insert_pfn(vmf, folio_pfn(*folio)) : VM_FAULT_SIGBUS;
}

static const char *special_mapping_name(struct vm_area_struct *vma)
{
	const struct vm_special_mapping *spec = vma->vm_private_data;

	return spec->name;
}

/* Whoever looks for its functions at its begin would find half of them. */
static int special_mapping_split(struct vm_area_struct *vma, unsigned long addr)
{
	return -EINVAL;
}

static const struct vm_operations_struct special_mapping_vmops = {
	.may_split = special_mapping_split,
	.fault = special_mapping_fault,
	.name = special_mapping_name,
};

int install_special_mapping(struct mm_struct *mm, unsigned long addr, unsigned long len,
			    unsigned long flags, const struct vm_special_mapping *spec)
{
	struct vm_area_struct *vma;

	vma = vma_create(mm, NULL, addr, len, flags | VM_PFNMAP | VM_DONTEXPAND, 0);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	vma->vm_ops = &special_mapping_vmops;
	vma->vm_private_data = (void *)spec;
	vma_insert(mm, vma);
	return 0;
}
