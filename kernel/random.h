// SPDX-License-Identifier: MIT
/*
 * Random numbers: one ChaCha20 stream keyed at boot from the device tree's rng-seed, so a fixed
 * QEMU -seed gives the same numbers again.  After each request the key is replaced, so what was
 * given out cannot be computed from what is in memory later.
 */
#ifndef KERNEL_RANDOM_H
#define KERNEL_RANDOM_H

#include "lib/types.h"

void get_random_bytes(void *buf, size_t n);
u32 get_random_u32(void);
/* Mixes in what the caller has: the device tree's seed, what users write to /dev/random. */
void add_randomness(const void *buf, size_t n);

/* /dev/urandom's read: bytes copied or -EFAULT.  May sleep. */
ssize_t get_random_bytes_user(char *ubuf, size_t n);

#endif
