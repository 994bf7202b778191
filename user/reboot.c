// SPDX-License-Identifier: MIT
// reboot: asks process 1 to end all processes, sync the disks and restart the machine.
#include <err.h>
#include <signal.h>

int main(void)
{
	if (kill(1, SIGTERM))
		err(1, "process 1");
	return 0;
}
