// SPDX-License-Identifier: MIT
/*
 * ChaCha20 (RFC 8439 §2.3) as a generator: the key, a block counter, and blocks of 64 bytes.
 *
 * R1 The first 32 bytes of every request's stream become the next key and are given to nobody.
 */
#include "kernel/random.h"

#include "arch/riscv/uaccess.h"
#include "drivers/fdt.h"
#include "kernel/init.h"
#include "kernel/sched.h"
#include "kernel/spinlock.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "lib/string.h"

#include <linux/random.h>

#define KEY_WORDS	8
#define BLOCK_WORDS	16
#define BLOCK_BYTES	(BLOCK_WORDS * 4)

static DEFINE_SPINLOCK(random_lock, RANK_TRACE);
static u32 key[KEY_WORDS];

static u32 rotl(u32 x, int n)
{
	return x << n | x >> (32 - n);
}

static void quarter_round(u32 *a, u32 *b, u32 *c, u32 *d)
{
	*a += *b; *d = rotl(*d ^ *a, 16);
	*c += *d; *b = rotl(*b ^ *c, 12);
	*a += *b; *d = rotl(*d ^ *a, 8);
	*c += *d; *b = rotl(*b ^ *c, 7);
}

static void chacha_block(const u32 *k, u64 counter, u32 *out)
{
	static const u32 constants[4] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	u32 in[BLOCK_WORDS], x[BLOCK_WORDS];

	memcpy(in, constants, sizeof(constants));
	memcpy(in + 4, k, KEY_WORDS * 4);
	in[12] = counter;
	in[13] = counter >> 32;
	in[14] = in[15] = 0;
	memcpy(x, in, sizeof(x));
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 4; i++)
			quarter_round(&x[i], &x[4 + i], &x[8 + i], &x[12 + i]);
		for (int i = 0; i < 4; i++)
			quarter_round(&x[i], &x[4 + (i + 1) % 4], &x[8 + (i + 2) % 4],
				      &x[12 + (i + 3) % 4]);
	}
	for (int i = 0; i < BLOCK_WORDS; i++)
		out[i] = x[i] + in[i];
}

/* One request's stream: a key of its own, taken from the generator. */
struct stream {
	u32 key[KEY_WORDS];
	u64 counter;
};

/* The generator's next block is half its next key (R1), half the stream's. */
static void stream_init(struct stream *s)
{
	u32 block[BLOCK_WORDS];
	unsigned long flags;

	spin_lock_irqsave(&random_lock, flags);
	chacha_block(key, 0, block);
	memcpy(key, block, sizeof(key));
	spin_unlock_irqrestore(&random_lock, flags);
	memcpy(s->key, block + KEY_WORDS, sizeof(s->key));
	s->counter = 0;
}

static void stream_bytes(struct stream *s, u8 *buf, size_t n)
{
	u32 block[BLOCK_WORDS];

	while (n) {
		size_t part = min_t(size_t, n, BLOCK_BYTES);

		chacha_block(s->key, s->counter++, block);
		memcpy(buf, block, part);
		buf += part;
		n -= part;
	}
}

void get_random_bytes(void *buf, size_t n)
{
	struct stream s;

	stream_init(&s);
	stream_bytes(&s, buf, n);
}

u32 get_random_u32(void)
{
	u32 value;

	get_random_bytes(&value, sizeof(value));
	return value;
}

/* Each 32 bytes are added to the key, which then goes through a block. */
void add_randomness(const void *buf, size_t n)
{
	const u8 *p = buf;
	u32 block[BLOCK_WORDS];
	unsigned long flags;

	spin_lock_irqsave(&random_lock, flags);
	while (n) {
		size_t part = min(n, sizeof(key));

		for (size_t i = 0; i < part; i++)
			((u8 *)key)[i] ^= p[i];
		chacha_block(key, n, block);
		memcpy(key, block, sizeof(key));
		p += part;
		n -= part;
	}
	spin_unlock_irqrestore(&random_lock, flags);
}

ssize_t get_random_bytes_user(char __user *ubuf, size_t n)
{
	u8 buf[4 * BLOCK_BYTES];
	struct stream s;
	size_t done = 0;

	stream_init(&s);
	while (done < n) {
		size_t part = min(n - done, sizeof(buf)), left;

		stream_bytes(&s, buf, part);
		left = copy_to_user(ubuf + done, buf, part);
		done += part - left;
		if (left)
			return done ? (ssize_t)done : -EFAULT;
		/* A large request can be interrupted, a small one never is. */
		if (done % PAGE_SIZE == 0) {
			if (signal_pending(current))
				break;
			cond_resched();
		}
	}
	return done;
}

SYSCALL_DEFINE3(getrandom, char *, buf, size_t, n, unsigned int, flags)
{
	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if ((flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	return get_random_bytes_user(buf, min_t(size_t, n, INT_MAX));
}

/* The seed is the only entropy if there is one, so that QEMU's -seed makes a run repeatable. */
static void random_init(void)
{
	int len = 0;
	const void *seed = fdt_prop(fdt_find_path("/chosen"), "rng-seed", &len);
	u64 now = rdtime();

	if (seed && len > 0)
		add_randomness(seed, len);
	else
		add_randomness(&now, sizeof(now));
}
core_initcall(random_init);
