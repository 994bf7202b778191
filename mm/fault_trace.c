// SPDX-License-Identifier: MIT
/*
 * A record says everything by itself, the name of what is mapped included, since who reads it later
 * may find the process gone or another program in it.
 */
#include "mm/fault_trace.h"

#include "fs/dcache.h"
#include "fs/file.h"
#include "kernel/time.h"
#include "kernel/trace.h"
#include "lib/string.h"
#include "mm/memory.h"
#include "mm/mmap.h"
#include "mm/pgtable.h"

static enum fault_result fault_result(const struct vm_fault *vmf, vm_fault_t ret)
{
	if (ret & VM_FAULT_OOM)
		return FAULT_OOM;
	if (ret & VM_FAULT_SIGBUS)
		return FAULT_SIGBUS;
	if (ret & VM_FAULT_SIGSEGV)
		return FAULT_SIGSEGV;
	if (ret & VM_FAULT_RETRY)
		return FAULT_RETRY;
	return ret & VM_FAULT_MAJOR || vmf->flags & FAULT_FLAG_TRIED ? FAULT_MAJOR : FAULT_MINOR;
}

/* The frame that the entry shows now; 0: none. */
static unsigned long frame_at(struct mm_struct *mm, unsigned long address)
{
	pte_t *pmd = mm_find_pmd(mm, address);
	pte_t pte = pmd ? ptep_get(pte_offset(pmd, address)) : (pte_t){ 0 };

	return pte_present(pte) ? pte_pfn(pte) : 0;
}

/* The file's last component, or "[heap]" and the like. */
static void vma_short_name(struct vm_area_struct *vma, char *name, size_t size)
{
	const char *special = arch_vma_name(vma);

	if (special)
		strscpy(name, special, size);
	else if (vma->vm_file)
		dentry_short_name(file_dentry(vma->vm_file), name, size);
}

/* One that has to be made again is told when it succeeds. */
static void trace_ref(const struct vm_fault *vmf, unsigned long address, vm_fault_t ret)
{
	u64 page = address >> PAGE_SHIFT, bit = BIT(page % 64);

	if (!(ret & (VM_FAULT_ERROR | VM_FAULT_RETRY)))
		TRACE(TRACE_REF, current->tgid, page - page % 64, bit,
		      vmf->flags & FAULT_FLAG_WRITE ? bit : 0, 0);
}

void trace_mm_fault_begin(struct fault_trace *trace, const struct vm_fault *vmf,
			  unsigned long address)
{
	struct vm_area_struct *vma = vmf->vma;

	trace->start = ktime_get_ns();
	trace->arg[0] = address;
	trace->arg[1] = fault_access(vmf->flags);
	trace->arg[6] = vma->vm_start;
	trace->arg[7] = vma->vm_end;
	memset(&trace->arg[TRACE_NAME], 0, TRACE_NAME_LEN);
	vma_short_name(vma, (char *)&trace->arg[TRACE_NAME], TRACE_NAME_LEN);
}

static void trace_fault(struct fault_trace *trace, const struct vm_fault *vmf, vm_fault_t ret)
{
	/* Without mmap_lock the tables may be gone. */
	bool locked = !(ret & (VM_FAULT_RETRY | VM_FAULT_COMPLETED));

	trace->arg[2] = (u64)vmf->kind;
	trace->arg[3] = fault_result(vmf, ret);
	trace->arg[4] = locked ? frame_at(vmf->vma->vm_mm, trace->arg[0]) : 0;
	trace->arg[5] = ktime_get_ns() - trace->start;
	trace_write_args(TRACE_FAULT, trace->arg);
}

void trace_mm_fault_end(struct fault_trace *trace, const struct vm_fault *vmf, vm_fault_t ret)
{
	if (trace_is_on(TRACE_FAULT))
		trace_fault(trace, vmf, ret);
	trace_ref(vmf, trace->arg[0], ret);
}
