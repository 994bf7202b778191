// SPDX-License-Identifier: MIT
/*
 * unit_vsnprintf.c - lib/vsnprintf.h against the C library's, conversion by conversion.
 */
#include "lib/vsnprintf.h"

#include "lib/string.h"
#include "tests/unit.h"

/* Both print it, at every size of buffer: same text, same length, nothing behind the end. */
static void compare(const char *fmt, ...)
{
	char wanted[256], got[256];
	va_list args;
	int len, got_len;
	size_t size;

	va_start(args, fmt);
	len = host_vsnprintf(wanted, sizeof(wanted), fmt, args);
	va_end(args);
	for (size = 0; size < (size_t)len + 3; size++) {
		memset(got, '~', sizeof(got));
		va_start(args, fmt);
		got_len = vsnprintf(got, size, fmt, args);
		va_end(args);
		EXPECT(got_len == len, "\"%s\" has length %d, got %d", fmt, len, got_len);
		EXPECT(got[size] == '~', "\"%s\" writes behind %zu bytes", fmt, size);
		if (size)
			EXPECT(got[min(size - 1, (size_t)len)] == '\0', "\"%s\" is not ended",
			       fmt);
	}
	EXPECT_STR(got, wanted);
}

UNIT_TEST(vsnprintf_numbers_of_all_sizes)
{
	compare("%d %i %u %x %X %o", -5, 7, 4000000000U, 0xbeef, 0xbeef, 0777);
	compare("%d %d %u", INT_MIN, INT_MAX, UINT_MAX);
	compare("%ld %ld %lu %lx", LONG_MIN, LONG_MAX, ULONG_MAX, ULONG_MAX);
	compare("%lld %llu %llo", (long long)LONG_MIN, ~0ULL, ~0ULL);
	compare("%zu %zd %td %jd", sizeof(long), (ssize_t)-3, (ptrdiff_t)-4, (intmax_t)-5);
	compare("%hhd %hhu %hd %hu %hhx %hx", 0x1ff, 0x1ff, 0x1ffff, 0x1ffff, -1, -1);
	compare("%d %u %x %o", 0, 0, 0, 0);
}

/* Every combination of flags, some widths and precisions, for some values. */
static void compare_all(const char *length, char conversion, long value)
{
	static const char *const widths[] = { "", "1", "5", "21" };
	static const char *const precisions[] = { "", ".", ".0", ".1", ".7", ".22" };
	char fmt[32], flags[8];
	unsigned int bits, w, p;

	for (bits = 0; bits < 32; bits++) {
		snprintf(flags, sizeof(flags), "%s%s%s%s%s", bits & 1 ? "-" : "",
			 bits & 2 ? "0" : "", bits & 4 ? "+" : "", bits & 8 ? " " : "",
			 bits & 16 ? "#" : "");
		for (w = 0; w < ARRAY_SIZE(widths); w++) {
			for (p = 0; p < ARRAY_SIZE(precisions); p++) {
				snprintf(fmt, sizeof(fmt), "<%%%s%s%s%s%c>", flags, widths[w],
					 precisions[p], length, conversion);
				compare(fmt, value);
			}
		}
	}
}

UNIT_TEST(vsnprintf_flags_width_and_precision)
{
	static const long values[] = { 0, 1, -1, 42, -1234567, LONG_MAX, LONG_MIN };
	const char *conversion;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		for (conversion = "diuxXo"; *conversion; conversion++) {
			compare_all("l", *conversion, values[i]);
			compare_all("", *conversion, values[i]);
			compare_all("hh", *conversion, values[i]);
		}
	}
}

UNIT_TEST(vsnprintf_strings_and_characters)
{
	char unended[3] = { 'a', 'b', 'c' };

	compare("%s|%5s|%-5s|%.2s|%5.1s|%-7.3s|", "abc", "abc", "abc", "abc", "abc", "abcdef");
	compare("%s|%3s", "", "");
	compare("%.3s", unended);
	compare("%c%c|%3c|%-3c|", 'x', 0x141, 'y', 'z');
	compare("100%% %5s", "ok");
}

UNIT_TEST(vsnprintf_star_arguments)
{
	compare("%*d|%-*d|%*d|%.*d|%.*d|", 5, 42, 5, 42, -5, 42, 4, 42, -4, 42);
	compare("%*.*s|%*s|", 6, 2, "abc", -6, "abc");
	compare("%0*lx", 16, 0xdeadbeefUL);
}

UNIT_TEST(vsnprintf_pointers_have_sixteen_digits)
{
	char buf[64];

	snprintf(buf, sizeof(buf), "%p %p", (void *)0xdeadUL, NULL);
	EXPECT_STR(buf, "0x000000000000dead 0x0000000000000000");
}

UNIT_TEST(vsnprintf_null_string_and_unknown_conversions)
{
	const char *volatile null = NULL, *volatile unknown = "%y %5ld%";
	char buf[32];

	snprintf(buf, sizeof(buf), "%s", null);
	EXPECT_STR(buf, "(null)");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-security"
	snprintf(buf, sizeof(buf), unknown, 3L);
#pragma GCC diagnostic pop
	EXPECT_STR(buf, "%y     3%");
}

UNIT_TEST(scnprintf_returns_what_it_wrote)
{
	char buf[8];

	EXPECT_EQ(snprintf(buf, sizeof(buf), "%s", "0123456789"), 10);
	EXPECT_EQ(scnprintf(buf, sizeof(buf), "%s", "0123456789"), 7);
	EXPECT_STR(buf, "0123456");
	EXPECT_EQ(scnprintf(buf, sizeof(buf), "%d", 42), 2);
	EXPECT_EQ(scnprintf(buf, 1, "%d", 42), 0);
	EXPECT_STR(buf, "");
	EXPECT_EQ(scnprintf(NULL, 0, "%d", 42), 0);
}
