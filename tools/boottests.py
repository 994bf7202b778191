# SPDX-License-Identifier: MIT
"""Tests of the whole machine from outside: how runs end, what reaches the guest, bad disks.

A case is the options of tools/run, the status that it must end with, and patterns that the console
must show.
"""
import collections
import functools
import os
import re
import subprocess

import consoletest
import disktests
import testlib

Case = collections.namedtuple("Case", "name options status shows")

ODD_BYTES = "$HOME ${x} `pwd` \"two\" ; # % \\ * ~ ! & | <>"
ODD_PARAMETERS = "loglevel=4 note=\"a ${b} #;%\""
LONG = "x" * 3900

CASES = [
    Case("exit-status", {"CMD": "exit 7", "SMP": 2}, 7, [r"\[exit status 7\]"]),
    Case("exit-zero", {"CMD": "true", "SMP": 1}, 0, [r"\[exit status 0\]"]),
    Case("exit-124-is-not-a-timeout", {"CMD": "exit 124"}, 124, [r"\[exit status 124\]"]),
    Case("killed-by-signal", {"CMD": "kill -SEGV $$"}, 139, [r"\[exit status 139\]"]),
    Case("no-newline-at-end", {"CMD": "dd if=/etc/hostname bs=1 count=3 2>/dev/null"}, 0,
         [r"^fau$", r"^\[exit status 0\]$"]),
    Case("command-byte-for-byte", {"CMD": f"echo '{ODD_BYTES}'\necho second\n"}, 0,
         ["^" + re.escape(ODD_BYTES) + "$", "^second$"]),
    Case("command-of-4000-bytes", {"CMD": f"echo {LONG}\nexit 3"}, 3, [f"^{LONG}$"]),
    Case("parameters-byte-for-byte", {"CMD": "cat /proc/cmdline", "APPEND": ODD_PARAMETERS}, 0,
         [re.escape(ODD_PARAMETERS)]),
    Case("timeout", {"CMD": "sleep 1000", "TIMEOUT": 15}, 124, [r"TIMEOUT=15 seconds ran out"]),
    Case("forged-status-then-reset", {"CMD": "echo '[exit status 0]'; reboot"}, 125,
         [r"not a proper power-off"]),
    Case("no-init", {"APPEND": "init=/nothing"}, 125, [r"^Boot failed: .*init"]),
    Case("no-root-disk", {"APPEND": "root=/dev/vdz"}, 125, [r"vdz"]),
    Case("unknown-parameter", {"CMD": "true", "APPEND": "frobnicate=1"}, 0, [r"frobnicate"]),
    Case("no-swap-disk", {"CMD": "ls /dev/vdb", "SWAP": "0"}, 2, [r"vdb"]),
    Case("eight-harts-4G", {"CMD": "grep -c ^processor /proc/cpuinfo; free", "SMP": 8, "MEM": "4G"},
         0, [r"^8$"]),
    Case("one-hart-32M", {"CMD": "free", "SMP": 1, "MEM": "32M"}, 0, []),
    Case("icount", {"CMD": "uname -a", "ICOUNT": 1}, 0, [r"Faultline|Linux"]),
    Case("swap-in-memory", {"CMD": "cat /proc/swaps; usertests swap-fork swap-threads swap-dont*",
                            "SWAP": "ram:16M", "ICOUNT": 1}, 0,
         [r"^/dev/ram0 +partition\t16380\t", r"^3 passed, 0 failed, 0 skipped$"]),
    Case("panic-on-oom", {"CMD": "echo 1 > /proc/sys/vm/panic_on_oom; usertests oom-hog*",
                          "SWAP": 0, "MEM": "32M"}, 125,
         [r"^Kernel panic: Out of memory: system-wide panic_on_oom is enabled",
          r"invoked oom-killer: gfp_mask=0x", r"^Mem-Info:", r"^\[  pid  \]   uid total_vm"]),
    Case("uboot", {"CMD": f"echo '{ODD_BYTES}'; cat /proc/cmdline; exit 5", "BOOT": "uboot"}, 5,
         ["^" + re.escape(ODD_BYTES) + "$", r"root=/dev/vda1"]),
    Case("fault-locks", {"CMD": "/usr/lib/usertests/fault_locks", "DEBUG": 1, "SMP": 4,
                         "MEM": "256M"}, 0, [r"^fault_locks: ok$"]),
    Case("overlay-hello", {"CMD": "/overlay/hello"}, 0, [r"^hello from glibc$"]),
    Case("overlay-exceptions", {"CMD": "/overlay/exceptions"}, 0, [r"^caught: out of range$"]),
    Case("overlay-ledger", {"CMD": "/overlay/ledger"}, 0, [r"^ledger: all books balance$"]),
]


def run_case(case, base, directory):
    """None if the case holds, else what is wrong with it."""
    image = f"{directory}/boot-{case.name}.img"
    done = testlib.guest(image, base, **case.options)
    wrong = [f"status {done.status}, expected {case.status}"] if done.status != case.status else []
    wrong += [f"console does not show {p}" for p in case.shows if not re.search(p, done.text, re.M)]
    if done.status != 124:
        damage = testlib.fsck(image)
        wrong += [f"e2fsck: {damage}"] if damage else []
    os.unlink(image)
    return "; ".join(wrong) + "\n" + testlib.tail(done.text) if wrong else None


def bad_superblock(directory, base):
    """A root disk without a file system: one clear line, no crash."""
    image = f"{directory}/boot-bad-superblock.img"
    subprocess.run(["cp", "--sparse=always", base, image], check=True)
    with open(image, "r+b") as disk:
        disk.seek(1024)
        disk.write(bytes(1024))
    done = testlib.guest(image, CMD="true")
    clear = re.search(r"vda.*(ext2|superblock|file system)|(ext2|superblock).*vda", done.text)
    if done.status == 125 and clear:
        return None
    return f"status {done.status}\n" + testlib.tail(done.text)


def full_disk(directory, _base):
    """Fills a small disk from the guest, frees it again, and lets e2fsck judge both states."""
    small = testlib.base_image(f"{directory}/small.img", FREE=8)
    fill = "dd if=/dev/zero of=/big bs=64k; mkdir /d; for i in $(seq 99); do echo x > /d/$i; done; "
    for name, then in ("full", ":"), ("freed", "rm -rf /big /d; echo ok > /f && cat /f"):
        image = f"{directory}/boot-disk-{name}.img"
        done = testlib.guest(image, small, CMD=fill + then)
        damage = testlib.fsck(image)
        if done.status != 0 or damage or "No space left on device" not in done.text:
            return f"{name}: status {done.status}\n" + testlib.tail(done.text + (damage or ""))
    return None


def all_cases(base, directory):
    """Pairs of a name and a function that returns None or what is wrong."""
    special = [("bad-superblock", bad_superblock), ("full-disk", full_disk),
               ("console", consoletest.run)] + disktests.CASES
    return [(case.name, functools.partial(run_case, case, base, directory)) for case in CASES] + \
           [(name, functools.partial(function, directory, base)) for name, function in special]
