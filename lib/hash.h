// SPDX-License-Identifier: MIT
/*
 * hash.h - keys spread over the buckets of a hash table of 2^bits heads.
 *
 * A multiplication by 2^64 divided by the golden ratio; its upper bits depend on all of the key,
 * so the result is taken from there.
 */
#ifndef LIB_HASH_H
#define LIB_HASH_H

#include "lib/types.h"

#define HASH_GOLDEN_RATIO 0x9e3779b97f4a7c15ULL

static inline unsigned int hash_64(u64 key, unsigned int bits)
{
	return (key * HASH_GOLDEN_RATIO) >> (64 - bits);
}

static inline unsigned int hash_long(unsigned long key, unsigned int bits)
{
	return hash_64(key, bits);
}

static inline unsigned int hash_ptr(const void *ptr, unsigned int bits)
{
	return hash_64((unsigned long)ptr, bits);
}

/* 64 bits of hash for a name; `seed` tells apart equal names in different directories. */
static inline u64 hash_name(const char *name, size_t len, u64 seed)
{
	u64 hash = seed ^ len;

	while (len--)
		hash = (hash ^ (u8)*name++) * HASH_GOLDEN_RATIO;
	return hash ^ (hash >> 32);
}

#endif
