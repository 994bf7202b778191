// SPDX-License-Identifier: MIT
// file_races.c - threads that write to one file and send it to the disk
#include "user/usertests/crowd.h"

enum { PIECE = 1000, PIECES = 20 };

static int file, done;

static void append(void)
{
	char text[PIECE];

	for (int i = 0; i < PIECES; i++) {
		memset(text, 'a' + i, PIECE);
		CHECK_EQ(pwrite(file, text, PIECE, i * PIECE), PIECE);
	}
	set_word(&done, 1);
}

// What is clean is forgotten, so that it must be on the disk.
static void append_or_sync(int me)
{
	if (me == 0)
		append();
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
		CHECK_SYS(fsync(file));
		CHECK_EQ(posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED), 0);
	}
}

TEST(file_races_append)
{
	char text[PIECE];

	file = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0600));
	crowd(append_or_sync);
	for (int i = 0; i < PIECES; i++) {
		CHECK_EQ(pread(file, text, PIECE, i * PIECE), PIECE);
		for (int n = 0; n < PIECE; n++)
			if (text[n] != 'a' + i)
				fail(HERE("text"), "byte %d: want '%c', got %#x", i * PIECE + n,
				     'a' + i, text[n]);
	}
}
