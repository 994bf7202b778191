// SPDX-License-Identifier: MIT
// cxx.c - C++ with threads: the cases of progs/cxx.cc
#include "user/usertests/usertests.h"

TEST(cxx_threads)
{
	static char *const cases[] = { "mutex", "shared-mutex", "condition", "future",
				       "thread-local", "exceptions", "once" };
	static char output[2000];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int status = run_program(program("cxx"), (char *[]){ "cxx", cases[i], NULL },
					 (char *[]){ NULL }, output, sizeof(output));

		if (status != 0)
			fail_later(HERE(cases[i]), "want wait status 0, got %#x: %s", status,
				   output);
	}
}
