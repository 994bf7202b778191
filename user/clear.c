// SPDX-License-Identifier: MIT
// clear: empties the screen.
#include <err.h>
#include <unistd.h>

int main(void)
{
	if (write(1, "\033[H\033[2J", 7) < 0)
		err(1, "standard output");
	return 0;
}
