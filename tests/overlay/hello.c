// SPDX-License-Identifier: MIT
// The first program that anybody tries.
#include <stdio.h>

int main(void)
{
	printf("hello from glibc\n");
	return 0;
}
