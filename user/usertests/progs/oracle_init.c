// SPDX-License-Identifier: MIT
/*
 * oracle_init.c - the first process when the user tests run on a Linux kernel in QEMU
 *
 * Mounts what the tests read, runs usertests with our own arguments in a session with the
 * console as controlling terminal, as Faultline's init does, and powers off.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_tests(char **argv)
{
	int console = open("/dev/ttyS0", O_RDWR | O_NOCTTY);

	setsid();
	ioctl(console, TIOCSCTTY, 0);
	for (int fd = 0; fd < 3; fd++)
		dup2(console, fd);
	argv[0] = "/bin/usertests";
	execv(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

int main(int argc, char **argv)
{
	int status;
	pid_t tests;

	(void)argc;
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	tests = fork();
	if (tests == 0)
		run_tests(argv);
	while (wait(&status) != tests)
		;	// orphans are ours
	sync();
	reboot(RB_POWER_OFF);
}
