// SPDX-License-Identifier: MIT
/*
 * unit_string.c - lib/string.h and lib/ctype.h against the C library's.
 *
 * Blocks are tried at every misalignment of source and destination. They lie in memory of exactly
 * their size, so that ASan sees a word read or written over the edge (I1 of lib/string.c).
 */
#include "lib/string.h"

#include "lib/ctype.h"
#include "tests/unit.h"

static const size_t sizes[] = { 0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 23, 31, 32, 39, 40, 41, 47, 48,
				63, 64, 65, 79, 127, 128, 129, 136, 200, 255, 256, 300,
				511, 520 };

static void fill_random(u8 *p, size_t n)
{
	while (n--)
		*p++ = unit_random();
}

/* Memory that begins `skew` bytes behind a word boundary and ends where the block ends. */
static u8 *block_at(size_t skew, size_t n, u8 **whole)
{
	*whole = malloc(skew + n + !(skew + n));
	fill_random(*whole, skew + n);
	return *whole + skew;
}

static void try_copy(size_t dst_skew, size_t src_skew, size_t n)
{
	u8 *dst_whole, *src_whole;
	u8 *dst = block_at(dst_skew, n, &dst_whole), *src = block_at(src_skew, n, &src_whole);

	EXPECT_EQ(memcpy(dst, src, n), dst);
	EXPECT(__builtin_memcmp(dst, src, n) == 0, "%zu bytes, misaligned by %zu from %zu", n,
	       dst_skew, src_skew);
	free(dst_whole);
	free(src_whole);
}

UNIT_TEST(memcpy_of_all_alignments)
{
	size_t d, s, i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (d = 0; d < 8; d++)
			for (s = 0; s < 8; s++)
				try_copy(d, s, sizes[i]);
}

UNIT_TEST(memcpy_leaves_the_surroundings_alone)
{
	u8 dst[96], before[96], src[96];
	size_t d, n;

	fill_random(src, sizeof(src));
	for (d = 0; d < 16; d++) {
		for (n = 0; n <= 64; n++) {
			fill_random(dst, sizeof(dst));
			__builtin_memcpy(before, dst, sizeof(dst));
			memcpy(dst + d, src + 3, n);
			__builtin_memcpy(before + d, src + 3, n);
			EXPECT(__builtin_memcmp(dst, before, sizeof(dst)) == 0,
			       "%zu bytes at %zu", n, d);
		}
	}
}

UNIT_TEST(memmove_of_overlapping_blocks)
{
	u8 got[400], wanted[400];
	size_t from, to, i;

	for (i = 0; i < ARRAY_SIZE(sizes) && sizes[i] <= 300; i++) {
		for (from = 40; from < 56; from++) {
			for (to = 8; to < 96; to++) {
				fill_random(got, sizeof(got));
				__builtin_memcpy(wanted, got, sizeof(got));
				EXPECT_EQ(memmove(got + to, got + from, sizes[i]), got + to);
				__builtin_memmove(wanted + to, wanted + from, sizes[i]);
				EXPECT(__builtin_memcmp(got, wanted, sizeof(got)) == 0,
				       "%zu bytes from %zu to %zu", sizes[i], from, to);
			}
		}
	}
}

UNIT_TEST(memset_of_all_alignments)
{
	u8 *p, *whole;
	size_t skew, i, j;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (skew = 0; skew < 8; skew++) {
			p = block_at(skew, sizes[i], &whole);
			EXPECT_EQ(memset(p, 0x1ff - i, sizes[i]), p);
			for (j = 0; j < sizes[i]; j++)
				EXPECT_EQ(p[j], 0xff - i);
			EXPECT_EQ(memchr_inv(p, 0xff - i, sizes[i]), NULL);
			free(whole);
		}
	}
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

UNIT_TEST(memcmp_and_searches_agree_with_the_c_library)
{
	u8 *a, *b, *a_whole, *b_whole, *found, c;
	size_t round, n, at;

	for (round = 0; round < 5000; round++) {
		n = unit_random_below(80);
		a = block_at(unit_random_below(8), n, &a_whole);
		b = block_at(unit_random_below(8), n, &b_whole);
		__builtin_memcpy(b, a, n);
		at = unit_random_below(n + 1);
		if (at < n)
			b[at] ^= 1 << unit_random_below(8);
		EXPECT_EQ(sign(memcmp(a, b, n)), sign(__builtin_memcmp(a, b, n)));
		c = n ? a[at / 2] : 0;
		found = __builtin_memchr(a, c, n);
		EXPECT_EQ(memchr(a, c, n), found);
		EXPECT_EQ(memscan(a, 0x100 | c, n), n ? found : a);
		memset(a, 'x', n);
		if (at < n)
			a[at] = 'y';
		EXPECT_EQ(memchr_inv(a, 'x', n), at < n ? a + at : NULL);
		EXPECT_EQ(memscan(a, 'z', n), a + n);
		free(a_whole);
		free(b_whole);
	}
}

/* A string over two letters, so that prefixes and repetitions are common. */
static char *random_string(void)
{
	size_t n = unit_random_below(12), i;
	char *s = malloc(n + 1);

	for (i = 0; i < n; i++)
		s[i] = unit_random_below(8) ? "ab"[unit_random_below(2)] : '\xe9';
	s[n] = '\0';
	return s;
}

UNIT_TEST(string_functions_agree_with_the_c_library)
{
	size_t round, n;
	char *a, *b;

	for (round = 0; round < 20000; round++) {
		a = random_string();
		b = random_string();
		n = unit_random_below(12);
		EXPECT_EQ(strlen(a), __builtin_strlen(a));
		EXPECT_EQ(strnlen(a, n), min(n, __builtin_strlen(a)));
		EXPECT_EQ(sign(strcmp(a, b)), sign(__builtin_strcmp(a, b)));
		EXPECT_EQ(sign(strncmp(a, b, n)), sign(__builtin_strncmp(a, b, n)));
		EXPECT_EQ(strchr(a, 'b'), __builtin_strchr(a, 'b'));
		EXPECT_EQ(strchr(a, 0), __builtin_strchr(a, 0));
		EXPECT_EQ(strrchr(a, 'b'), __builtin_strrchr(a, 'b'));
		EXPECT_EQ(strrchr(a, 0), __builtin_strrchr(a, 0));
		EXPECT_EQ(strstr(a, b), __builtin_strstr(a, b));
		free(a);
		free(b);
	}
}

UNIT_TEST(strscpy_always_terminates)
{
	char buf[4] = "zzz";

	EXPECT_EQ(strscpy(buf, "", 4), 0);
	EXPECT_STR(buf, "");
	EXPECT_EQ(strscpy(buf, "abc", 4), 3);
	EXPECT_STR(buf, "abc");
	EXPECT_EQ(strscpy(buf, "wxyz", 4), -E2BIG);
	EXPECT_STR(buf, "wxy");
	EXPECT_EQ(strscpy(buf, "q", 1), -E2BIG);
	EXPECT_STR(buf, "");
	EXPECT_EQ(strscpy(buf, "q", 0), -E2BIG);
}

UNIT_TEST(str_has_prefix_returns_its_length)
{
	EXPECT_EQ(str_has_prefix("init=/bin/sh", "init="), 5);
	EXPECT_EQ(str_has_prefix("ini", "init="), 0);
	EXPECT_EQ(str_has_prefix("x", ""), 0);
}

UNIT_TEST(kstrtoul_takes_whole_numbers_only)
{
	static const struct {
		const char *text;
		unsigned int base;
		int err;
		unsigned long value;
	} cases[] = {
		{ "0", 0, 0, 0 },
		{ "42", 0, 0, 42 },
		{ "+42\n", 10, 0, 42 },
		{ "0x2A", 0, 0, 42 },
		{ "0x2a", 16, 0, 42 },
		{ "2a", 16, 0, 42 },
		{ "052", 0, 0, 42 },
		{ "052", 10, 0, 52 },
		{ "18446744073709551615", 10, 0, ULONG_MAX },
		{ "18446744073709551616", 10, -ERANGE, 0 },
		{ "99999999999999999999999", 10, -ERANGE, 0 },
		{ "0xffffffffffffffff", 0, 0, ULONG_MAX },
		{ "", 10, -EINVAL, 0 },
		{ "\n", 10, -EINVAL, 0 },
		{ "+", 10, -EINVAL, 0 },
		{ "-1", 10, -EINVAL, 0 },
		{ " 1", 10, -EINVAL, 0 },
		{ "1 ", 10, -EINVAL, 0 },
		{ "1\n\n", 10, -EINVAL, 0 },
		{ "0x", 0, -EINVAL, 0 },
		{ "08", 0, -EINVAL, 0 },
		{ "12k", 10, -EINVAL, 0 },
	};
	unsigned long value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		value = 0;
		EXPECT(kstrtoul(cases[i].text, cases[i].base, &value) == cases[i].err &&
			       value == cases[i].value,
		       "\"%s\" gave %lu", cases[i].text, value);
	}
}

UNIT_TEST(kstrto_signed_and_narrow_types_check_their_range)
{
	unsigned int u;
	long l;
	int i;

	EXPECT(!kstrtol("-9223372036854775808", 10, &l) && l == LONG_MIN, "LONG_MIN");
	EXPECT(!kstrtol("9223372036854775807", 10, &l) && l == LONG_MAX, "LONG_MAX");
	EXPECT_EQ(kstrtol("9223372036854775808", 10, &l), -ERANGE);
	EXPECT_EQ(kstrtol("-9223372036854775809", 10, &l), -ERANGE);
	EXPECT_EQ(kstrtol("-+1", 10, &l), -EINVAL);
	EXPECT_EQ(kstrtol("--1", 10, &l), -EINVAL);
	EXPECT(!kstrtoint("-2147483648", 10, &i) && i == INT_MIN, "INT_MIN");
	EXPECT_EQ(kstrtoint("2147483648", 10, &i), -ERANGE);
	EXPECT(!kstrtouint("4294967295", 10, &u) && u == UINT_MAX, "UINT_MAX");
	EXPECT_EQ(kstrtouint("4294967296", 10, &u), -ERANGE);
}

static void expect_memparse(const char *text, unsigned long value, const char *rest)
{
	const char *end;

	EXPECT_EQ(memparse(text, &end), value);
	EXPECT_STR(end, rest);
}

UNIT_TEST(memparse_knows_units)
{
	expect_memparse("64M", 64UL << 20, "");
	expect_memparse("4k,rest", 4096, ",rest");
	expect_memparse("0x10G", 16UL << 30, "");
	expect_memparse("123", 123, "");
	expect_memparse("M", 0, "M");
	expect_memparse("", 0, "");
	expect_memparse("18446744073709551615K", ULONG_MAX, "");
}

UNIT_TEST(ctype_agrees_with_the_c_library)
{
	unsigned int got;
	int c;

	for (c = 0; c < 256; c++) {
		got = isalnum(c) | isalpha(c) << 1 | iscntrl(c) << 2 | isdigit(c) << 3 |
		      islower(c) << 4 | isprint(c) << 5 | isspace(c) << 6 | isupper(c) << 7 |
		      isxdigit(c) << 8;
		EXPECT(got == host_ctype(c), "character %d is in classes 0x%x", c, got);
		EXPECT_EQ(tolower(toupper(c)), isupper(c) ? c + 32 : c);
	}
	EXPECT(!isprint(-1) && !iscntrl(-1) && !isalnum(0x161), "out of range");
}
