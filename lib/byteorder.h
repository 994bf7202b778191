// SPDX-License-Identifier: MIT
/*
 * byteorder.h - numbers of a given byte order, at any address.
 *
 * Disks and virtio are little-endian as we are, so their fields need only care for alignment;
 * the device tree is big-endian.
 */
#ifndef LIB_BYTEORDER_H
#define LIB_BYTEORDER_H

#include "lib/types.h"

#define cpu_to_le16(x) ((u16)(x))
#define cpu_to_le32(x) ((u32)(x))
#define cpu_to_le64(x) ((u64)(x))
#define le16_to_cpu(x) ((u16)(x))
#define le32_to_cpu(x) ((u32)(x))
#define le64_to_cpu(x) ((u64)(x))

static inline u16 get_unaligned_be16(const void *p)
{
	const u8 *b = p;

	return (u16)(b[0] << 8 | b[1]);
}

static inline u32 get_unaligned_be32(const void *p)
{
	return (u32)get_unaligned_be16(p) << 16 | get_unaligned_be16((const u8 *)p + 2);
}

static inline u64 get_unaligned_be64(const void *p)
{
	return (u64)get_unaligned_be32(p) << 32 | get_unaligned_be32((const u8 *)p + 4);
}

static inline u16 get_unaligned_le16(const void *p)
{
	const u8 *b = p;

	return (u16)(b[1] << 8 | b[0]);
}

static inline u32 get_unaligned_le32(const void *p)
{
	return (u32)get_unaligned_le16((const u8 *)p + 2) << 16 | get_unaligned_le16(p);
}

static inline u64 get_unaligned_le64(const void *p)
{
	return (u64)get_unaligned_le32((const u8 *)p + 4) << 32 | get_unaligned_le32(p);
}

static inline u32 be32_to_cpu(u32 x)
{
	return x << 24 | (x & 0xff00) << 8 | (x >> 8 & 0xff00) | x >> 24;
}

static inline u16 be16_to_cpu(u16 x)
{
	return (u16)(x << 8 | x >> 8);
}

static inline u64 be64_to_cpu(u64 x)
{
	return (u64)be32_to_cpu((u32)x) << 32 | be32_to_cpu((u32)(x >> 32));
}

#define cpu_to_be16(x) be16_to_cpu(x)
#define cpu_to_be32(x) be32_to_cpu(x)
#define cpu_to_be64(x) be64_to_cpu(x)

#endif
