// SPDX-License-Identifier: MIT
/*
 * F_SEAL_WRITE promises that the content does not change.  So there must be none who could: no
 * writable shared mapping (mapping->i_mmap_writable, which is then held below 0 and keeps new ones
 * out), and no kernel reference by which a device or another task may still be writing into a page.
 * Those are waited for, but not for long.
 */
#include "mm/memfd.h"

#include <linux/memfd.h>
#include "arch/riscv/uaccess.h"
#include "fs/dcache.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/filemap.h"
#include "mm/shmem.h"
#include "mm/slab.h"

#define ALL_SEALS	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | \
			 F_SEAL_FUTURE_WRITE)
#define NAME_PREFIX	"memfd:"
#define PREFIX_LEN	(sizeof(NAME_PREFIX) - 1)
#define MAX_NAME_LEN	(NAME_MAX_LEN - PREFIX_LEN)
#define BATCH		15
#define PIN_ROUNDS	4
#define PIN_WAIT	(5 * NSEC_PER_MSEC)	/* doubled from round to round */

/* --- seals --- */

/* The page cache has one reference, each entry that maps it one, and we; more is a pin. */
static bool folio_is_pinned(const struct folio *folio)
{
	return folio_ref_count(folio) != folio_mapcount(folio) + 2;
}

static bool has_pins(struct address_space *mapping)
{
	struct folio *folios[BATCH];
	bool pinned = false;
	pgoff_t index = 0;
	unsigned int nr;

	while (!pinned && (nr = filemap_get_folios(mapping, &index, ~0UL, folios, BATCH))) {
		for (unsigned int i = 0; i < nr; i++) {
			pinned |= folio_is_pinned(folios[i]);
			folio_put(folios[i]);
		}
		cond_resched();
	}
	return pinned;
}

static int wait_for_pins(struct address_space *mapping)
{
	for (int round = 0; has_pins(mapping); round++) {
		if (round == PIN_ROUNDS)
			return -EBUSY;
		set_current_state(TASK_KILLABLE);
		schedule_timeout(PIN_WAIT << round);
	}
	return 0;
}

static int deny_writes(struct address_space *mapping)
{
	int error = mapping_deny_writable(mapping);

	if (error)
		return error;
	error = wait_for_pins(mapping);
	if (error)
		mapping_allow_writable(mapping);
	return error;
}

static int add_seals_locked(struct inode *inode, unsigned int seals)
{
	struct shmem_inode_info *info = SHMEM_I(inode);
	int error = 0;

	if (info->seals & F_SEAL_SEAL)
		return -EPERM;
	if (seals & F_SEAL_WRITE && !(info->seals & F_SEAL_WRITE))
		error = deny_writes(inode->i_mapping);
	if (!error)
		info->seals |= seals;
	return error;
}

static int add_seals(struct file *file, unsigned int seals)
{
	struct inode *inode = file_inode(file);
	int error;

	if (!(file->f_mode & FMODE_WRITE))
		return -EPERM;
	if (seals & ~(unsigned int)ALL_SEALS)
		return -EINVAL;
	if (!shmem_mapping(file->f_mapping))
		return -EINVAL;
	inode_lock(inode);
	error = add_seals_locked(inode, seals);
	inode_unlock(inode);
	return error;
}

long memfd_fcntl(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (cmd == F_ADD_SEALS)
		return arg > UINT_MAX ? -EINVAL : add_seals(file, arg);
	return shmem_mapping(file->f_mapping) ? (long)SHMEM_I(file_inode(file))->seals : -EINVAL;
}

int memfd_check_mmap(unsigned int seals, struct vm_area_struct *vma)
{
	if (!(seals & F_SEAL_FUTURE_WRITE) || !(vma->vm_flags & VM_SHARED))
		return 0;
	if (vma->vm_flags & VM_WRITE)
		return -EPERM;
	vma->vm_flags &= ~VM_MAYWRITE;
	return 0;
}

/* --- memfd_create(2) --- */

/* "memfd:" and the user's text; to be kfree()d.  ERR_PTR(-EFAULT, -EINVAL: too long). */
static char *memfd_name(const char __user *user)
{
	char *name = kmalloc(NAME_MAX_LEN + 1, GFP_KERNEL);
	long len;

	if (!name)
		return ERR_PTR(-ENOMEM);
	memcpy(name, NAME_PREFIX, PREFIX_LEN);
	len = strncpy_from_user(name + PREFIX_LEN, user, MAX_NAME_LEN + 1);
	if (len >= 0 && len <= (long)MAX_NAME_LEN)
		return name;
	kfree(name);
	return ERR_PTR(len < 0 ? len : -EINVAL);
}

static int memfd_open(const char *name, unsigned int flags)
{
	int fd = get_unused_fd_flags(flags & MFD_CLOEXEC ? O_CLOEXEC : 0);
	struct file *file;

	if (fd < 0)
		return fd;
	file = shmem_file_setup(name, 0, VM_NORESERVE);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	file->f_flags |= O_LARGEFILE;
	if (flags & MFD_ALLOW_SEALING)
		SHMEM_I(file_inode(file))->seals &= ~F_SEAL_SEAL;
	fd_install(fd, file);
	return fd;
}

SYSCALL_DEFINE2(memfd_create, const char __user *, user, unsigned int, flags)
{
	char *name;
	int fd;

	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
		return -EINVAL;
	name = memfd_name(user);
	if (IS_ERR(name))
		return PTR_ERR(name);
	fd = memfd_open(name, flags);
	kfree(name);
	return fd;
}
