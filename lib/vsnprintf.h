// SPDX-License-Identifier: MIT
/*
 * vsnprintf.h - formatted text.
 *
 * Conversions d i u x X o c s p %, lengths hh h l ll z t j, flags - 0 + # and blank, width and
 * precision as numbers or `*`. %p prints 0x and 16 digits. %s of NULL prints (null). There is no
 * floating point and no %n. An unknown conversion is printed as it stands.
 *
 * At most `size` bytes are written, always with a NUL at the end (nothing at all for size 0).
 * snprintf() and vsnprintf() return the length that the whole text has; scnprintf() and
 * vscnprintf() return the length that was written, for code that fills a buffer bit by bit.
 * They take no lock and may be called from anywhere, panic included.
 */
#ifndef LIB_VSNPRINTF_H
#define LIB_VSNPRINTF_H

#include <stdarg.h>

#include "lib/types.h"

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args) __printf(3, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args) __printf(3, 0);
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

#endif
