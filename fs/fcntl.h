// SPDX-License-Identifier: MIT
/* Flags of open files: which are known, and which fcntl may change. */
#ifndef FS_FCNTL_H
#define FS_FCNTL_H

#include <linux/fcntl.h>

#define VALID_OPEN_FLAGS							\
	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC	\
	 | O_DSYNC | FASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME	\
	 | O_CLOEXEC | O_PATH | O_TMPFILE)
#define SETFL_MASK	(O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | FASYNC)

#endif
