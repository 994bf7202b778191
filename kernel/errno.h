// SPDX-License-Identifier: MIT
/*
 * Error numbers: the user's come from the UAPI header; the ones from 512 on never reach the user.
 * They tell the signal code (kernel/signal.c) what an interrupted system call wants.
 */
#ifndef KERNEL_ERRNO_H
#define KERNEL_ERRNO_H

#include <asm/errno.h>

#define ERESTARTSYS		512	/* restart if the handler has SA_RESTART, else EINTR */
#define ERESTARTNOINTR		513	/* restart always */
#define ERESTARTNOHAND		514	/* restart if no handler ran, else EINTR */
/* as before, but through restart_syscall(2) with what is left of the time */
#define ERESTART_RESTARTBLOCK	516
/* this driver does not know the ioctl: ENOTTY for the user */
#define ENOIOCTLCMD		515

#endif
