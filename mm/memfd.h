// SPDX-License-Identifier: MIT
/*
 * memfd_create(2), and the seals of fcntl(2): what nobody may do to a file any more, so that who
 * gets it from somebody else can rely on its content.
 *
 *   F_SEAL_SEAL          no further seals
 *   F_SEAL_SHRINK, GROW  the size
 *   F_SEAL_WRITE         the content, by anybody
 *   F_SEAL_FUTURE_WRITE  the content, but by mappings that are there already
 *
 * Only files of memfd_create(MFD_ALLOW_SEALING) can be sealed; other files of tmpfs have
 * F_SEAL_SEAL from the start, and files of other file systems no seals at all.
 */
#ifndef MM_MEMFD_H
#define MM_MEMFD_H

#include <linux/fcntl.h>

struct file;
struct vm_area_struct;

/* F_ADD_SEALS and F_GET_SEALS: seals or 0; -EINVAL, -EPERM, -EBUSY. */
long memfd_fcntl(struct file *file, unsigned int cmd, unsigned long arg);
/*
 * May @vma map a file with these seals: 0 or -EPERM.  Takes from its flags what mprotect(2) must
 * not give back.
 */
int memfd_check_mmap(unsigned int seals, struct vm_area_struct *vma);

#endif
