# SPDX-License-Identifier: MIT
"""A guest from outside: its memory, which is a file of the host, and QEMU's monitor.

Where things are, the kernel's symbols tell, and `vmcoreinfo` in its memory: the offsets of members
(kernel/crash_core.c).  The guest had better stand still meanwhile, and is not asked.
"""
import json
import mmap
import os
import re
import socket
import struct
import subprocess

import sv39
from sv39 import PAGE

RAM_START = 0x80000000
PAGE_OFFSET = 0xFFFFFFD800000000  # this and the next as in arch/riscv/page.h
KERNEL_LINK_ADDR = 0xFFFFFFFF80000000
MASK = (1 << 64) - 1


class Unreadable(Exception):
    """What the kernel keeps in its memory cannot be: something has overwritten it."""


class Gone(OSError):
    """QEMU has ended."""


class Offsets(dict):
    """Of members, by name, as the kernel says them."""

    def __missing__(self, name):
        raise Unreadable(f"vmcoreinfo does not say {name}")


def is_frame(fp):
    """Can this be a frame pointer of the kernel's?"""
    return fp >> 38 == MASK >> 38 and fp % 8 == 0


class Memory:
    """The RAM file of a guest, with the symbols of the kernel that runs in it."""

    def __init__(self, ram, elf):
        with open(ram, "rb") as f:
            self.ram = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
        listed = subprocess.run([os.environ.get("CROSS_COMPILE", "riscv64-linux-gnu-") + "nm", "-n",
                                 elf], stdout=subprocess.PIPE, text=True, check=True).stdout
        self.text = [(int(a, 16), name) for a, name in re.findall(r"^(\w+) [tT] ([\w.]+)$", listed,
                                                                  re.M)]
        self.symbols = {name: int(a, 16) for a, name in re.findall(r"^(\w+) \w (\w+)$", listed,
                                                                   re.M)}
        self.image = RAM_START + 0x200000
        self.image = self.long(self.symbols["kernel_phys_base"])
        self.direct = self.long(self.symbols["va_pa_offset"])
        self.offsets, entry = Offsets(), self.symbols["vmcoreinfo"]
        while name := self.read(entry, 24).rstrip(b"\0").decode(errors="replace"):
            self.offsets[name] = self.long(entry + 24)
            entry += 32

    def physical(self, address):
        """Of a kernel address; those of neither image nor direct map are looked up."""
        if address >= KERNEL_LINK_ADDR:
            return address - KERNEL_LINK_ADDR + self.image
        if address >= PAGE_OFFSET:
            return address - self.direct & MASK
        entry = self.walk(self.symbols["swapper_pg_dir"], address)[-1]
        return sv39.frame(entry) * PAGE + address % PAGE

    def content(self, physical, size):
        start = physical - RAM_START
        if not 0 <= start <= len(self.ram) - size:
            raise Unreadable(f"{physical:#x} is no address of RAM")
        return self.ram[start:start + size]

    def read(self, address, size):
        return self.content(self.physical(address), size)

    def long(self, address):
        return struct.unpack("<Q", self.read(address, 8))[0]

    def linked(self, head, what):
        """The nodes of a list."""
        node, seen = self.long(head), {head}
        while node not in seen:
            yield node
            seen.add(node)
            node = self.long(node)
        if node != head:
            raise Unreadable(f"the list of {what} runs in a circle")

    def member(self, thing, name):
        return self.long(thing + self.offsets[name])

    def frame(self, number):
        """The content of a frame."""
        return self.content(number * PAGE, PAGE)

    def is_anon(self, number):
        """Does a frame hold anonymous memory?  Bit 0 of folio->mapping says so (mm/folio.h)."""
        folio = self.long(self.symbols["folio_map"]) + number * 64
        return bool(self.member(folio, "folio.mapping") & 1)

    def tasks(self):
        """{pid: address of the task_struct}"""
        tasks = self.offsets["task_struct.tasks"]
        return {self.member(node - tasks, "task_struct.pid") & 0xFFFFFFFF: node - tasks
                for node in self.linked(self.symbols["task_list"], "tasks")}

    def name(self, task):
        comm = self.read(task + self.offsets["task_struct.comm"], 16)
        return comm.split(b"\0")[0].decode(errors="replace")

    def requests_in_flight(self):
        """Requests that disks and partitions have and have not answered."""
        found = 0
        for node in self.linked(self.symbols["bdev_list"], "disks"):
            device = node - self.offsets["block_device.bd_list"]
            stats = device + self.offsets["block_device.bd_stats"]
            found += self.member(stats, "disk_stats.in_flight") & 0xFFFFFFFF
        return found

    def table(self, pid):
        """Where the page table of a process begins; None: it has no memory of its own."""
        task = self.tasks().get(pid)
        mm = task and self.member(task, "task_struct.mm")
        return self.member(mm, "mm_struct.pgd") if mm else None

    def walk(self, table, address):
        return sv39.walk(self.content, self.physical(table), address)

    def pages(self, table, *between):
        return sv39.pages(self.content, self.physical(table), *between)

    def symbol(self, address):
        below = [(a, name) for a, name in self.text if a <= address]
        return "%s+%#x" % (below[-1][1], address - below[-1][0]) if below else hex(address)

    def is_code(self, address):
        return self.text[0][0] <= address < self.text[-1][0] + PAGE

    def stack(self, pc, fp, ra=0):
        """The functions on a kernel stack, by frame pointers, innermost first.

        ra: the register, for a hart.  A function that calls none has not saved it: where others
        have it, it has the caller's frame pointer.
        """
        names = [self.symbol(pc)]
        try:
            if self.is_code(ra) and is_frame(fp):
                saved = self.long(fp - 8)
                if is_frame(saved) and not self.is_code(saved):
                    names.append(self.symbol(ra - 4))
                    fp = saved
            while is_frame(fp) and len(names) < 24:
                ra, fp = struct.unpack("<QQ", self.read(fp - 16, 16))[::-1]
                if not self.is_code(ra):
                    break
                names.append(self.symbol(ra - 4))
        except Unreadable:
            pass    # the stack, too, may have been overwritten: as far as it can be read
        return names


class Monitor:
    """QEMU's machine protocol over a socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.stream = self.socket.makefile("r")
        self.stream.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        try:
            self.socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
            while (line := self.stream.readline()).endswith("\n"):
                answer = json.loads(line)
                if "return" in answer:
                    return answer["return"]
                if "error" in answer:
                    raise OSError(f"{command}: {answer['error']}")
        except (BrokenPipeError, ConnectionResetError):
            pass
        raise Gone(f"{command}: QEMU has ended")

    def human(self, line):
        return self.ask("human-monitor-command", **{"command-line": line})
