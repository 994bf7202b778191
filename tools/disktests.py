# SPDX-License-Identifier: MIT
"""Tests of the disk from outside: one that QEMU lets fail, and QEMU's count of what it was asked.

Each case is a function of a directory and a root disk that returns None or what is wrong.
"""
import json
import os
import re
import socket
import subprocess
import threading
import time

import testlib

VICTIM = "victim"  # the file whose block cannot be written
FAILING = """fsync a: Input/output error
fsync a again: ok
fsync b: Input/output error
fsync of a new open: ok
msync: Input/output error
msync again: ok
mapped: wm, read: the same
"""


def ext2_with_files(directory):
    """An ext2 disk with two files; the sector at which the first one's content begins."""
    disk, stage = f"{directory}/failing.disk", testlib.fresh_directory(f"{directory}/failing")
    for name in VICTIM, "other":
        with open(f"{stage}/{name}", "wb") as file:
            file.write(b"o" * 8192)
    with open(disk, "wb") as file:
        file.truncate(8 << 20)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext2", "-b", "4096", "-d", stage, disk],
                   env=testlib.clean_env(), check=True)
    blocks = subprocess.run(["debugfs", "-R", f"blocks /{VICTIM}", disk], check=True, text=True,
                            env=testlib.clean_env(), capture_output=True).stdout.split()
    return disk, int(blocks[0]) * 8


def failing_disk(directory, base):
    """Writes to one sector fail behind the driver: who is told, and everything else goes on."""
    disk, sector = ext2_with_files(directory)
    rule = f"inject-error.0.event=none,inject-error.0.iotype=write,inject-error.0.sector={sector}"
    drive = (f"-blockdev node-name=good,driver=file,filename={os.path.abspath(disk)} "
             f"-blockdev node-name=bad,driver=blkdebug,image=good,{rule},inject-error.0.errno=5 "
             "-device virtio-blk-device,drive=bad,werror=report")
    command = f"""mount -t ext2 /dev/vdb /mnt && /overlay/writer /mnt/{VICTIM} &&
        echo still > /mnt/new && dd if=/mnt/new of=/mnt/other conv=notrunc,fsync status=none &&
        head -c 5 /mnt/other && umount /mnt && dmesg | grep 'I/O error'"""
    done = testlib.guest(f"{directory}/boot-failing-disk.img", base, CMD=command, SWAP=0,
                         QEMU_ARGS=drive)
    damage = testlib.fsck(disk)
    said = f"vdb: I/O error, write of 4096 bytes at sector {sector}\n"
    text = done.text.replace(said, "")
    if done.status or damage or FAILING + "still" not in text or said not in done.text:
        return f"status {done.status}\n" + testlib.tail(done.text + (damage or ""))
    return None


def bad_swap(directory, iotype, slot=None):
    """QEMU's options for a swap disk that cannot read, or write, one slot or (None) all."""
    disk = f"{directory}/bad-swap.disk"
    with open(disk, "wb") as file:
        file.truncate(64 << 20)
    subprocess.run(["mkswap", "-q", disk], env=testlib.clean_env(), check=True)
    rule = f"inject-error.0.event=none,inject-error.0.iotype={iotype},inject-error.0.errno=5"
    if slot is not None:
        rule += f",inject-error.0.sector={slot * 8}"
    return (f"-blockdev node-name=good,driver=file,filename={os.path.abspath(disk)} "
            f"-blockdev node-name=bad,driver=blkdebug,image=good,{rule} "
            "-device virtio-blk-device,drive=bad,werror=report,rerror=report")


def failing_swap(directory, base):
    """Slot 258 of the swap disk cannot be written: its page goes elsewhere, and nothing is lost."""
    slot = 258
    drive = bad_swap(directory, "write", slot)
    tests = "swap-fork* swap-threads swap-children* swapoff-brings* swapoff-while*"
    command = testlib.usertests_command(tests) + \
        "; s=$?; dmesg | grep 'swap: '; exit $s"
    done = testlib.guest(f"{directory}/boot-failing-swap.img", base, CMD=command, SWAP=0,
                         SCRATCH=0, QEMU_ARGS=drive)
    said = f"swap: write error on vdb, sector {slot * 8}\n"
    if done.status or said not in done.text:
        return f"status {done.status}\n" + testlib.explain(done.text)
    return None


def slow_disk(path, seconds):
    """Options of QEMU for one where the first request goes through at once; the second waits so
    long for the 64 KiB of the first."""
    with open(path, "wb") as file:
        file.truncate(1 << 20)
    return (f"-drive if=none,format=raw,id=slow,file={os.path.abspath(path)},"
            f"throttling.bps-total={65536 // seconds} -device virtio-blk-device,drive=slow")


def hung_task(directory, base):
    """Who waits for a slow disk for longer than the set time is named, with the stack."""
    drive = slow_disk(f"{directory}/slow.disk", 4)
    # The other programs are in memory before, and start when a slow root disk is nobody's fault.
    command = """cd /proc/sys/kernel; cat hung_task_timeout_secs
        dd if=/dev/null of=/dev/null status=none; dmesg > /dev/null; echo 1 > hung_task_timeout_secs
        dd if=/dev/vdb of=/dev/null bs=64k count=2 iflag=direct status=none
        echo 30 > hung_task_timeout_secs; dmesg"""
    done = testlib.guest(f"{directory}/boot-hung-task.img", base, CMD=command, SWAP=0,
                         QEMU_ARGS=drive)
    said = re.search(r"INFO: task dd:(\d+) blocked for more than 1 seconds\.\n"
                     r".*Task dd \(pid \1\) on hart \d:\n(.*\[<.*\n)*.* sys_read\+", done.text)
    others = set(re.findall(r"INFO: task (\S+):", done.text)) - {"dd"}
    if done.status or not said or others or "\n30\n" not in done.text:
        return f"status {done.status}, {others}\n" + testlib.tail(done.text)
    return None


def unreadable_slot(directory, base):
    """One slot cannot be read: who wants that page gets SIGBUS, and one line says where.  Its
    neighbours, which the same request asks for, are nobody's loss."""
    slot = 300
    done = testlib.guest(f"{directory}/boot-unreadable-slot.img", base, CMD="/overlay/swapper back",
                         SWAP=0, SMP=1, MEM="32M", QEMU_ARGS=bad_swap(directory, "read", slot))
    said = done.text.count(f"swap: read error on vdb, sector {slot * 8}\n")
    right = re.search("^255 right, 0 wrong, 1 lost$", done.text, re.M)
    if done.status or not right or said != 1 or done.text.count("swap: ") != 1:
        return f"status {done.status}\n" + testlib.tail(done.text)
    return None


def unwritable_swap(directory, base):
    """No slot can be written: it is as if swap were full.  Who takes too much memory is killed, and
    nothing is lost."""
    done = testlib.guest(f"{directory}/boot-unwritable-swap.img", base, CMD="/overlay/swapper full",
                         SWAP=0, MEM="32M", QEMU_ARGS=bad_swap(directory, "write"))
    right = re.search("^killed by 9\n256 right, 0 wrong, 0 lost$", done.text, re.M)
    if done.status or not right or "swap: write error on vdb, sector " not in done.text:
        return f"status {done.status}\n" + testlib.tail(done.text)
    return None


def oom_in_a_disk_wait(directory, base):
    """A victim of the OOM killer waits for a disk: its memory comes back meanwhile, and nobody
    reads zeros where it was."""
    done = testlib.guest(f"{directory}/boot-oom-disk.img", base, SWAP=0, SCRATCH=0, MEM="32M",
                         QEMU_ARGS=slow_disk(f"{directory}/oom.disk", 8),
                         CMD="SLOW_DISK=/dev/vdb usertests oom-victim-waits*; s=$?; dmesg; exit $s")
    if done.status or "oom_reaper: took back" not in done.text:
        return f"status {done.status}\n" + testlib.explain(done.text)
    return None


def small_blocks(directory, base):
    """The user tests of files on blocks of 1 KiB, of which a page has four."""
    disk = f"{directory}/small-blocks.disk"
    with open(disk, "wb") as file:
        file.truncate(100 << 20)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext2", "-b", "1024", disk],
                   env=testlib.clean_env(), check=True)
    drive = (f"-drive if=none,format=raw,cache=unsafe,id=small,file={os.path.abspath(disk)} "
             "-device virtio-blk-device,drive=small")
    command = "mount -t ext2 /dev/vdb /mnt && mkdir /mnt/t && TMPDIR=/mnt/t " + \
        testlib.usertests_command("direct* rw* msync* uaccess* readahead*") + "; umount /mnt"
    done = testlib.guest(f"{directory}/boot-small-blocks.img", base, CMD=command, SWAP=0,
                         SCRATCH=0, QEMU_ARGS=drive)
    score, _ = testlib.score_ktap(done)
    damage = testlib.fsck(disk)
    if damage or score[1] or not score[0]:
        return testlib.explain(done.text) + testlib.tail(damage or "")
    return None


class Monitor:
    """QEMU's monitor protocol (QMP) on a socket that QEMU makes."""

    def __init__(self, path, seconds):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(seconds)
        self.socket.connect(path)
        self.lines = self.socket.makefile()
        self.ask("qmp_capabilities")

    def ask(self, command):
        self.socket.sendall(json.dumps({"execute": command}).encode())
        for line in self.lines:
            message = json.loads(line)
            if "return" in message:
                return message["return"]
        raise ConnectionError(command)


def counts_of(stats, name):
    """Flushes, sectors written and read, as QEMU has counted them."""
    own = next(s["stats"] for s in stats if s["device"] == name)
    return own["flush_operations"], own["wr_bytes"] // 512, own["rd_bytes"] // 512


def wait_for_line(path, line, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if os.path.exists(path):
            with open(path, errors="replace") as console:
                if f"\n{line}\n" in console.read().replace("\r", ""):
                    return
        time.sleep(0.1)
    raise TimeoutError(line)


def with_counts(stem, base, device, pauses, **options):
    """Runs a guest that says each of the lines `pauses` and then reads one: what QEMU has counted
    for the device at each, and the guest's text."""
    guest_reads, we_write = os.pipe()
    options |= {"stdin": guest_reads, "QEMU_ARGS": f"-qmp unix:{stem}.qmp,server=on,wait=off"}
    result, counts = [], []
    # An earlier run's console says the same lines, and its socket leads nowhere.
    for left in f"{stem}.log", f"{stem}.qmp":
        if os.path.exists(left):
            os.unlink(left)
    guest = threading.Thread(
        target=lambda: result.append(testlib.guest(f"{stem}.img", base, **options)))
    guest.start()
    try:
        for line in pauses:
            wait_for_line(f"{stem}.log", line, testlib.HANG)
            stats = Monitor(f"{stem}.qmp", testlib.HANG).ask("query-blockstats")
            counts.append(counts_of(stats, device))
            os.write(we_write, b"\n")
    except OSError as error:
        counts.append(repr(error))
    os.close(we_write)
    guest.join()
    os.close(guest_reads)
    return counts, result[0].text


def flushes_reach_the_disk(directory, base):
    """What /proc/diskstats counts is what the device was asked for; each fsync flushed it."""
    command = """for i in 1 2 3 4 5; do
            dd if=/dev/zero of=/dev/vdb bs=4k count=$i conv=notrunc,fsync status=none
            dd if=/dev/zero of=/dev/vdb bs=4k count=2 oflag=sync conv=notrunc status=none
        done; cat /proc/diskstats; echo ready; read line"""
    counts, text = with_counts(f"{os.path.abspath(directory)}/boot-flushes", base, "scratch",
                               ["ready"], CMD=command, SWAP=0, SCRATCH="16M")
    line = re.search(r"^ *\d+ +\d+ vdb ((?:\d+ ?)+)$", text, re.M)
    fields = [int(n) for n in line.group(1).split()] if line else [0] * 17
    own = (fields[15], fields[6], fields[2])
    # 5 fsyncs, 5 times 2 synchronous writes; each last close flushes, too.
    if counts == [own] and own[0] >= 15:
        return None
    return f"QEMU counted {counts}, the guest {own}\n" + testlib.tail(text)


def swap_as_qemu_counts(directory, base):
    """pswpin and pswpout are the pages that QEMU read from the swap disk and wrote to it."""
    tests = testlib.usertests_command("swap-anon swap-fork")
    # Behind swapoff nothing moves: else the shell might be read in between the two looks.
    command = f"""grep pswp /proc/vmstat; echo before; read line; {tests}
        swapoff /dev/vdb || exit
        grep pswp /proc/vmstat; echo after; read line"""
    counts, text = with_counts(f"{os.path.abspath(directory)}/boot-swap-counts", base, "swap",
                               ["before", "after"], CMD=command, SWAP="64M", MEM="32M")
    own = [[int(n) for n in re.findall(rf"^{name} (\d+)$", text, re.M)]
           for name in ("pswpin", "pswpout")]
    if len(counts) == 2 and all(len(one) == 2 for one in own):
        pages = [(counts[1][i] - counts[0][i]) / 8 for i in (2, 1)]
        if pages == [last - first for first, last in own] and min(pages) > 1000:
            return None
    return f"QEMU counted {counts}, the guest {own}\n" + testlib.tail(text)


CASES = [("failing-disk", failing_disk), ("failing-swap", failing_swap),
         ("oom-disk-wait", oom_in_a_disk_wait),
         ("hung-task", hung_task),
         ("unreadable-slot", unreadable_slot), ("unwritable-swap", unwritable_swap),
         ("small-blocks", small_blocks),
         ("flushes-reach-the-disk", flushes_reach_the_disk),
         ("swap-as-qemu-counts", swap_as_qemu_counts)]
