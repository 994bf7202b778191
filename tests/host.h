// SPDX-License-Identifier: MIT
/*
 * host.h - lets kernel sources be compiled and run on the host, beside its C library.
 *
 * It is included in front of every file of the unit tests (-include). The C library's headers
 * come first, under their own names; from then on every name that lib/ shares with the C library
 * means lib/'s, under a new name, so that ASan's own memcpy and the like stay what they are.
 *
 * What a test wants from the C library all the same it gets from the host_ functions here, or
 * as __builtin_memcpy and so on.
 */
#ifndef TESTS_HOST_H
#define TESTS_HOST_H

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>
#include <unistd.h>

static inline int host_vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	return vsnprintf(buf, size, fmt, args);
}

static inline void host_qsort(void *base, size_t count, size_t size,
			      int (*cmp)(const void *, const void *))
{
	qsort(base, count, size, cmp);
}

/* One bit for each class that the C library puts the character in. */
static inline unsigned int host_ctype(int c)
{
	const int classes[] = { isalnum(c), isalpha(c), iscntrl(c), isdigit(c), islower(c),
				isprint(c), isspace(c), isupper(c), isxdigit(c) };
	unsigned int bits = 0, i;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		bits |= (classes[i] != 0) << i;
	return bits;
}

#undef isalnum
#undef isalpha
#undef iscntrl
#undef isdigit
#undef islower
#undef isprint
#undef isspace
#undef isupper
#undef isxdigit
#undef tolower
#undef toupper

#define isalnum k_isalnum
#define isalpha k_isalpha
#define iscntrl k_iscntrl
#define isdigit k_isdigit
#define islower k_islower
#define isprint k_isprint
#define isspace k_isspace
#define isupper k_isupper
#define isxdigit k_isxdigit
#define tolower k_tolower
#define toupper k_toupper

#define ffs k_ffs
#define fls k_fls
#define memchr k_memchr
#define memcmp k_memcmp
#define memcpy k_memcpy
#define memmove k_memmove
#define memset k_memset
#define strchr k_strchr
#define strcmp k_strcmp
#define strlen k_strlen
#define strncmp k_strncmp
#define strnlen k_strnlen
#define strrchr k_strrchr
#define strstr k_strstr

#define scnprintf k_scnprintf
#define snprintf k_snprintf
#define vscnprintf k_vscnprintf
#define vsnprintf k_vsnprintf

#endif
