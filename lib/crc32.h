// SPDX-License-Identifier: MIT
/*
 * crc32.h - the checksum of GPT headers (IEEE 802.3, polynomial 0x04c11db7, bits reflected).
 */
#ifndef LIB_CRC32_H
#define LIB_CRC32_H

#include "lib/types.h"

/* Checksum of `n` bytes; `crc` is 0, or the result for the bytes before these. */
u32 crc32(u32 crc, const void *data, size_t n);

#endif
