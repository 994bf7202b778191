// SPDX-License-Identifier: MIT
// poweroff: asks process 1 to end all processes, sync the disks and switch the machine off.
#include <err.h>
#include <signal.h>

int main(void)
{
	if (kill(1, SIGUSR2))
		err(1, "process 1");
	return 0;
}
