// SPDX-License-Identifier: MIT
/*
 * string.h - memory blocks, C strings and numbers in them.
 *
 * The standard functions behave as C says. There is no strcpy and no strcat: strscpy() always
 * ends what it writes with a NUL and tells when the source did not fit.
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include "lib/types.h"

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);

/* Address of the first byte equal to c, or s + n if there is none. */
void *memscan(void *s, int c, size_t n);

/* Address of the first byte that is *not* c, or NULL: are these n bytes all c? */
void *memchr_inv(const void *s, int c, size_t n);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);

/* Copies with a NUL into `size` bytes. Length copied, or -E2BIG if it was cut short. */
ssize_t strscpy(char *dst, const char *src, size_t size);

/* Length of `prefix` if s begins with it, else 0. */
size_t str_has_prefix(const char *s, const char *prefix);

/*
 * The whole string as a number; one newline at the end is allowed, as `echo N >file` sends it.
 * Base 0 takes 0x and 0 for sixteen and eight. 0, -EINVAL (no number) or -ERANGE.
 */
int kstrtoul(const char *s, unsigned int base, unsigned long *result);
int kstrtol(const char *s, unsigned int base, long *result);
int kstrtoint(const char *s, unsigned int base, int *result);
int kstrtouint(const char *s, unsigned int base, unsigned int *result);

/*
 * The number at the front of a string with an optional K, M or G (powers of 1024), and where
 * it ends: `mem=64M`. Without a number 0 and *end == s; ULONG_MAX if it does not fit.
 */
unsigned long memparse(const char *s, const char **end);

#if !__STDC_HOSTED__
/* The compiler expands small copies of known size itself, and calls ours for the rest. */
#define memcpy(dst, src, n) __builtin_memcpy(dst, src, n)
#define memset(dst, c, n) __builtin_memset(dst, c, n)
#define strlen(s) __builtin_strlen(s)
#endif

#endif
