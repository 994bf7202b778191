// SPDX-License-Identifier: MIT
#include "kernel/utsname.h"

#include "arch/riscv/uaccess.h"
#include "kernel/cred.h"
#include "kernel/syscall.h"
#include "lib/string.h"
#include "version.h"

#define NAME_MAX_LEN	64	/* without NUL: __NEW_UTS_LEN */

/*
 * The system's name is that of the ABI; who looks for the kernel itself finds it in release and
 * version.
 */
struct new_utsname init_utsname = {
	.sysname = "Linux",
	.nodename = "faultline",
	.release = "6.1.0-faultline",
	.version = "#1 SMP " FAULTLINE_VERSION,
	.machine = "riscv64",
	.domainname = "(none)",
};

SYSCALL_DEFINE1(uname, struct new_utsname *, name)
{
	return copy_to_user(name, &init_utsname, sizeof(init_utsname)) ? -EFAULT : 0;
}

static int set_name(char *field, const char __user *name, int len)
{
	char buf[NAME_MAX_LEN + 1] = { 0 };

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > NAME_MAX_LEN)
		return -EINVAL;
	if (copy_from_user(buf, name, len))
		return -EFAULT;
	memcpy(field, buf, sizeof(buf));
	return 0;
}

SYSCALL_DEFINE2(sethostname, const char *, name, int, len)
{
	return set_name(init_utsname.nodename, name, len);
}

SYSCALL_DEFINE2(setdomainname, const char *, name, int, len)
{
	return set_name(init_utsname.domainname, name, len);
}
