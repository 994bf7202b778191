// SPDX-License-Identifier: MIT
#include "kernel/reboot.h"

#include <linux/reboot.h>
#include "arch/riscv/reset.h"
#include "fs/mount.h"
#include "kernel/cred.h"
#include "kernel/printk.h"
#include "kernel/syscall.h"

int poweroff_status;

static bool valid_magic(unsigned int magic1, unsigned int magic2)
{
	return magic1 == LINUX_REBOOT_MAGIC1 &&
	       (magic2 == LINUX_REBOOT_MAGIC2 || magic2 == LINUX_REBOOT_MAGIC2A ||
		magic2 == LINUX_REBOOT_MAGIC2B || magic2 == LINUX_REBOOT_MAGIC2C);
}

SYSCALL_DEFINE4(reboot, unsigned int, magic1, unsigned int, magic2, unsigned int, cmd, void *, arg)
{
	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	if (!valid_magic(magic1, magic2))
		return -EINVAL;
	switch (cmd) {
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		return 0;
	case LINUX_REBOOT_CMD_RESTART:
	case LINUX_REBOOT_CMD_RESTART2:
		shutdown_filesystems();
		pr_emerg("reboot: Restarting system\n");
		machine_restart();
	case LINUX_REBOOT_CMD_HALT:
	case LINUX_REBOOT_CMD_POWER_OFF:
		shutdown_filesystems();
		pr_emerg("reboot: Power down\n");
		machine_power_off(poweroff_status & 0xff);
	default:
		return -EINVAL;
	}
}
