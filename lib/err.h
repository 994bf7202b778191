// SPDX-License-Identifier: MIT
/*
 * err.h - a pointer or an errno in one return value.
 *
 * No object lives in the last page of the address space, so the addresses -1..-MAX_ERRNO are
 * free to carry a negative errno.
 */
#ifndef LIB_ERR_H
#define LIB_ERR_H

#include <linux/errno.h>

#include "lib/types.h"

#define MAX_ERRNO 4095

/* Is this integer, say the result of get_unmapped_area(), an errno? */
#define IS_ERR_VALUE(x) unlikely((unsigned long)(x) >= (unsigned long)-MAX_ERRNO)

static inline void *__must_check ERR_PTR(long error)
{
	return (void *)error;
}

static inline long __must_check PTR_ERR(const void *ptr)
{
	return (long)ptr;
}

static inline bool __must_check IS_ERR(const void *ptr)
{
	return IS_ERR_VALUE((unsigned long)ptr);
}

static inline bool __must_check IS_ERR_OR_NULL(const void *ptr)
{
	return !ptr || IS_ERR(ptr);
}

/* The same error for a function that returns another type of pointer. */
static inline void *__must_check ERR_CAST(const void *ptr)
{
	return (void *)(uintptr_t)ptr;
}

static inline int __must_check PTR_ERR_OR_ZERO(const void *ptr)
{
	return IS_ERR(ptr) ? (int)PTR_ERR(ptr) : 0;
}

#endif
