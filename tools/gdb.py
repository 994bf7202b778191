# SPDX-License-Identifier: MIT
"""Commands for a debugger that is attached to Faultline (tools/gdb loads this file).

fl-tasks            every process: pid, state, hart, what it is called
fl-stack PID        where a process that does not run sleeps in the kernel
fl-vmas [PID]       the mappings of a process (default: the one on this hart)
fl-walk VA [PID]    the three page-table entries on the way to an address; the frame is in $frame
fl-folio PFN        the descriptor of a frame; with a kernel address (0xffff…) that of its frame
fl-rmap PFN         the mappings that may hold it, found as the kernel does (mm/rmap.h)
fl-anon VA [PID]    the anon_vmas that the mapping at an address has links to (mm/anon_vma.h)

They read kernel memory through the selected hart's translation, so that hart must be in the
kernel: break there (`break do_page_fault`, `continue`), or select one that idles (`thread N`).
"""
import gdb

PAGE_SHIFT = 12
# These three as in arch/riscv/page.h, whose macros are not in the debug information.
PAGE_OFFSET = 0xFFFFFFD800000000
KERNEL_LINK_ADDR = 0xFFFFFFFF80000000
THREAD_SIZE = 16384
VM_FLAGS = ((1, "r"), (2, "w"), (4, "x"), (8, "s"))
PTE_FLAGS = "VRWXUGADns"  # n: not counted (special), s: soft-dirty
STATES = {0: "running", 1: "sleeping", 2: "waiting", 34: "waiting", 4: "stopped", 8: "zombie",
          16: "dead"}


def value(expression):
    return gdb.parse_and_eval(expression)


def pointer(address, type_name):
    return gdb.Value(int(address)).cast(gdb.lookup_type(type_name).pointer())


def container(node, type_name, member):
    """The object of a type whose `member` is at `node`."""
    field = next(f for f in gdb.lookup_type(type_name).fields() if f.name == member)
    return pointer(int(node) - field.bitpos // 8, type_name)


def tasks():
    head = value("&task_list")
    node = head["next"]
    while int(node) != int(head):
        yield container(node, "struct task_struct", "tasks")
        node = node["next"]


def current():
    """The task of the selected hart: tp points to it in the kernel."""
    if int(value("$pc")) & (1 << 63) == 0:
        raise gdb.GdbError("this hart is in user mode: break in the kernel, or try `thread N`")
    return pointer(int(value("$tp")), "struct task_struct")


def task_of(words, position):
    if len(words) <= position:
        return current()
    pid = int(words[position], 0)
    for task in tasks():
        if int(task["pid"]) == pid:
            return task
    raise gdb.GdbError(f"no process {pid}")


def top_table(task):
    """The page table that the task runs on; the kernel's own if it never had another."""
    mm = task["mm"] if int(task["mm"]) else task["active_mm"]
    return mm["pgd"] if int(mm) else value("(pte_t *)swapper_pg_dir")


def virtual(frame):
    """Where the direct map shows a frame."""
    return (frame << PAGE_SHIFT) + int(value("va_pa_offset")) & (1 << 64) - 1


def physical(address):
    """What a direct-map or image address stands for."""
    if address >= KERNEL_LINK_ADDR:
        return address - KERNEL_LINK_ADDR + int(value("kernel_phys_base"))
    return address - int(value("va_pa_offset")) & (1 << 64) - 1


def flags_of(pte):
    return "".join(letter if pte & 1 << bit else "-" for bit, letter in enumerate(PTE_FLAGS))


class Tasks(gdb.Command):
    """fl-tasks: every process."""

    def __init__(self):
        super().__init__("fl-tasks", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        print("  PID  PPID HART STATE     NAME")
        for task in tasks():
            state = int(task["exit_state"]) or int(task["state"])
            name = STATES.get(state, hex(state))
            numbers = int(task["pid"]), int(task["parent"]["pid"]), int(task["cpu"])
            print("%5d %5d %4d %-9s %s" % (*numbers, name, task["comm"].string()))


class Stack(gdb.Command):
    """fl-stack PID: the return addresses on the kernel stack of a process that does not run."""

    def __init__(self):
        super().__init__("fl-stack", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        task = task_of(gdb.string_to_argv(argument), 0)
        low = int(task["stack"])
        address, frame = int(task["context"]["ra"]), int(task["context"]["s"][0])
        while address >= KERNEL_LINK_ADDR:
            print(gdb.execute(f"info symbol {address}", to_string=True).split(" in section")[0])
            if not low < frame <= low + THREAD_SIZE:
                break
            # The frame pointer is above the two words that a function saves first.
            saved = pointer(frame - 16, "unsigned long")
            frame, address = int(saved[0]), int(saved[1])


def name_of(vma):
    """What /proc/PID/maps calls it, of a file the last component."""
    mm = vma["vm_mm"]
    start, end = int(vma["vm_start"]), int(vma["vm_end"])
    if int(vma["vm_file"]):
        return vma["vm_file"]["f_path"]["dentry"]["d_name"]["name"].string()
    if int(vma["vm_ops"]) == int(value("&special_mapping_vmops")):
        return pointer(vma["vm_private_data"], "struct vm_special_mapping")["name"].string()
    if start <= int(mm["brk"]) and end >= int(mm["start_brk"]):
        return "[heap]"
    if start <= int(mm["start_stack"]) <= end:
        return "[stack]"
    return "anonymous"


def line_of(vma):
    flags = int(vma["vm_flags"])
    letters = "".join(letter if flags & bit else "-" for bit, letter in VM_FLAGS)
    start, end = int(vma["vm_start"]), int(vma["vm_end"])
    return (f"{start:#014x}-{end:#014x} {letters} page {int(vma['vm_pgoff']):#x} of "
            f"{name_of(vma)}  {vma}")


def mappings(mm):
    if not int(mm):
        raise gdb.GdbError("a kernel thread has no mappings")
    vma = mm["mmap"]
    while int(vma):
        yield vma
        vma = vma["vm_next"]


def owner(mm):
    """Whose address space it is: of several, the first in the list of processes."""
    for task in tasks():
        if int(task["mm"]) == int(mm):
            return f"pid {int(task['pid'])} ({task['comm'].string()})"
    return "nobody"


class Vmas(gdb.Command):
    """fl-vmas [PID]: the mappings of a process."""

    def __init__(self):
        super().__init__("fl-vmas", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        for vma in mappings(task_of(gdb.string_to_argv(argument), 0)["mm"]):
            print(line_of(vma))


def in_tree(node):
    """The interval_nodes of a tree in their order, from its rb_node."""
    if int(node):
        yield from in_tree(node["rb_left"])
        yield container(node, "struct interval_node", "rb")
        yield from in_tree(node["rb_right"])


def vmas_of_anon(anon_vma):
    for node in in_tree(anon_vma["rb_root"]["rb_node"]):
        yield container(node, "struct anon_vma_chain", "node")["vma"]


class Anon(gdb.Command):
    """fl-anon VA [PID]: the anon_vmas of a mapping, and who else is in their trees."""

    def __init__(self):
        super().__init__("fl-anon", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        if not words:
            raise gdb.GdbError("fl-anon VA [PID]")
        address = int(value(words[0])) & (1 << 64) - 1
        for vma in mappings(task_of(words, 1)["mm"]):
            if int(vma["vm_start"]) <= address < int(vma["vm_end"]):
                print(line_of(vma))
                self.print_links(vma)
                return
        raise gdb.GdbError(f"{address:#x} is not mapped")

    def print_links(self, vma):
        head = vma["anon_vma_chain"].address
        node = head["next"]
        while int(node) != int(head):
            anon_vma = container(node, "struct anon_vma_chain", "same_vma")["anon_vma"]
            own = ", for new pages" if int(anon_vma) == int(vma["anon_vma"]) else ""
            root = ", a root" if int(anon_vma) == int(anon_vma["root"]) else ""
            print(f"  anon_vma {int(anon_vma):#x}{own}{root}: parent {int(anon_vma['parent']):#x}, "
                  f"{int(anon_vma['refcount']['counter'])} references")
            for other in vmas_of_anon(anon_vma):
                print(f"    {int(other['vm_start']):#014x}-{int(other['vm_end']):#014x} "
                      f"{owner(other['vm_mm'])}")
            node = node["next"]


class Rmap(gdb.Command):
    """fl-rmap PFN: the mappings that may hold a frame, and at which address."""

    def __init__(self):
        super().__init__("fl-rmap", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        folio = folio_of(argument)
        mapping, index = int(folio["mapping"]), int(folio["index"])
        if not mapping:
            raise gdb.GdbError("neither anonymous nor of a file")
        if mapping & 1:
            vmas = vmas_of_anon(pointer(mapping & ~1, "struct anon_vma"))
        else:
            tree = pointer(mapping, "struct address_space")["i_mmap"]["rb_node"]
            vmas = (container(node, "struct vm_area_struct", "i_mmap") for node in in_tree(tree))
        print(f"page {index:#x}, mapped {int(folio['_mapcount']['counter'])} times")
        for vma in vmas:
            address = int(vma["vm_start"]) + (index - int(vma["vm_pgoff"]) << PAGE_SHIFT)
            if int(vma["vm_start"]) <= address < int(vma["vm_end"]):
                print(f"  {address:#014x} in {name_of(vma)} of {owner(vma['vm_mm'])}")


class Walk(gdb.Command):
    """fl-walk VA [PID]: the page-table entries on the way to an address."""

    def __init__(self):
        super().__init__("fl-walk", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        if not words:
            raise gdb.GdbError("fl-walk VA [PID]")
        address = int(value(words[0])) & (1 << 64) - 1
        table = top_table(task_of(words, 1))
        for level in (2, 1, 0):
            index = address >> PAGE_SHIFT + 9 * level & 511
            pte = int(table[index]["pte"])
            frame = pte >> 10 & (1 << 44) - 1
            print(f"level {level}  entry {index:3}  {pte:#018x}  {flags_of(pte)}  frame {frame:#x}")
            if not pte & 1 or pte & 0xe:
                gdb.set_convenience_variable("frame", frame)
                break
            table = pointer(virtual(frame), "pte_t")


def folio_of(argument):
    """The descriptor of the frame with a number, or behind a kernel address."""
    number = int(value(argument)) & (1 << 64) - 1
    if number >> 63:
        number = physical(number) >> PAGE_SHIFT
    if not int(value("min_pfn")) <= number < int(value("max_pfn")):
        raise gdb.GdbError(f"{number:#x} is no frame of RAM")
    return value("folio_map") + number


class Folio(gdb.Command):
    """fl-folio PFN: the descriptor of a frame, or of that behind a kernel address."""

    def __init__(self):
        super().__init__("fl-folio", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        folio = folio_of(argument)
        number = int(folio - value("folio_map"))
        flags = int(folio["flags"])
        bits = gdb.lookup_type("enum folio_flag").fields()
        names = [bit.name[len("PG_"):] for bit in bits if flags & 1 << bit.enumval]
        print(f"frame {number:#x}, references {int(folio['_refcount']['counter'])}, "
              f"mapped {int(folio['_mapcount']['counter'])}, order {int(folio['order'])}")
        print(f"flags: {' '.join(names) or 'none'}")
        print(folio.dereference())


for command in (Tasks, Stack, Vmas, Walk, Folio, Rmap, Anon):
    command()
gdb.execute("set pagination off")
gdb.execute("set print pretty on")
