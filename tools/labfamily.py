# SPDX-License-Identifier: MIT
"""A family of processes in the guest (labs/guest/puppet), and beside it a model of what Linux does
with their private anonymous memory: what each page holds, who shares a frame with whom, which entry
is writable, which access faults.

The model's rules, which the handouts state too:
  - fork shares every frame; of those that both may write, neither entry has W.
  - A store to an entry without W faults.  If the frame is mapped by that entry alone it stays, and
    the entry gets W and D.  Else the storing process gets a frame of its own with W and D; the
    others keep theirs.
  - Reading what was never touched maps the zero page, which all share; a store then gets a frame.
"""
import sv39
from labguest import ANONYMOUS, PAGE, PRIVATE, PROT_READ, PROT_WRITE

MASK = (1 << 64) - 1
PAGEOUT = 21       # madvise(2)
FAR = 1 << 16      # pages from AREA on: beyond what a test looks at


class Failed(Exception):
    """A test's expectation does not hold.  look: where to look, if not where the test says."""

    def __init__(self, what, expected, got, look=None):
        super().__init__(f"{what}: expected {expected}, got {got}")
        self.look = look


def sequence(seed):
    """The words that puppet fills memory with."""
    while True:
        seed ^= seed << 13 & MASK
        seed ^= seed >> 7
        seed ^= seed << 17 & MASK
        yield seed


def checksum(content):
    total = 0xcbf29ce484222325
    for i in range(0, len(content), 8):
        total = (total ^ int.from_bytes(content[i:i + 8], "little")) * 0x100000001b3 & MASK
    return total


class Frame:
    """What the model knows of a frame; number: seen in the page tables once it was."""

    def __init__(self, content):
        self.content, self.mappers, self.number = bytearray(content), 0, None


class Entry:
    """A page as one process has it."""

    def __init__(self, frame, writable=False):
        self.frame, self.writable = frame, writable


class Family:
    """Processes 0, 1, … of a guest with `pages` pages of private anonymous memory in AREA."""

    def __init__(self, guest, pages):
        self.guest, self.pages, self.zero = guest, pages, Frame(bytes(PAGE))
        self.zero_page = True
        self.pid = {0: guest.do(0, "pid")}
        self.view = {0: {}}
        self.expected_faults = []
        self.free = guest.do(0, "get", "/proc/faultline/leak", "free_folios")
        self.must("map", guest.do(0, "map", 0, pages, PROT_READ | PROT_WRITE, PRIVATE | ANONYMOUS))
        guest.faults()

    @staticmethod
    def must(what, result, wanted=0):
        if result != wanted:
            raise Failed(what, wanted, result)

    def learn_reads(self):
        """Where lab anon is not solved, as in a handout, reading maps a frame of one's own; a test
        of another lab expects what there is."""
        self.must("map", self.guest.do(0, "map", FAR, 1, PROT_READ | PROT_WRITE,
                                       PRIVATE | ANONYMOUS))
        self.guest.do(0, "load", FAR, 0)
        entry = self.guest.tables([self.pid[0]], FAR + 1)[0][FAR]
        self.zero_page = bool(entry & sv39.SPECIAL)
        self.must("munmap", self.guest.do(0, "unmap", FAR, 1))
        self.forget_faults()

    # --- steps, in the guest and in the model ----------------------------------------------

    def written(self, process, page):
        """The model's side of a store; its entry."""
        entry = self.view[process].get(page)
        if entry and entry.writable:
            return entry
        self.expected_faults.append((page, "w"))
        if not entry or entry.frame is self.zero or entry.frame.mappers > 1:
            old = entry.frame if entry else self.zero
            old.mappers -= 1
            entry = self.view[process][page] = Entry(Frame(old.content))
            entry.frame.mappers = 1
        entry.writable = True
        return entry

    def read(self, process, page):
        if page not in self.view[process]:
            self.expected_faults.append((page, "r"))
            entry = Entry(self.zero) if self.zero_page else Entry(Frame(bytes(PAGE)), True)
            entry.frame.mappers += 1
            self.view[process][page] = entry
        return self.view[process][page].frame.content

    def fill(self, process, page, count, seed):
        words = sequence(seed)
        for p in range(page, page + count):
            content = b"".join(next(words).to_bytes(8, "little") for _ in range(PAGE // 8))
            self.written(process, p).frame.content[:] = content
        self.must("fill", self.guest.do(process, "fill", page, count, seed))

    def store(self, process, page, offset, byte):
        self.written(process, page).frame.content[offset] = byte
        self.must("store", self.guest.do(process, "store", page, offset, byte))

    def receive(self, process, page, offset, byte, count):
        """The kernel stores, for a read() from a pipe."""
        self.written(process, page).frame.content[offset:offset + count] = bytes([byte]) * count
        self.must("read() into the page", self.guest.do(process, "receive", page, offset, byte,
                                                        count))

    def page_out(self, process, page, count):
        """MADV_PAGEOUT, and then so much memory is used that they leave the swap cache, too."""
        self.must("MADV_PAGEOUT", self.guest.do(process, "advise", page, count, PAGEOUT))
        self.guest.settle()     # what is still being written would stay in the cache
        self.squeeze()
        self.forget_faults()

    def squeeze(self):
        """Uses all of the memory for a moment."""
        free = self.guest.do(0, "get", "/proc/meminfo", "MemAvailable:") // 4
        self.must("mmap", self.guest.do(0, "map", FAR, free + 600, 3, 0x4022))
        self.must("fill", self.guest.do(0, "fill", FAR, free + 600, 7))
        self.must("munmap", self.guest.do(0, "unmap", FAR, free + 600))
        self.guest.settle()

    def load(self, process, page, offset):
        wanted = self.read(process, page)[offset]
        self.must(f"content: process {process}, page {page}, byte {offset}",
                  self.guest.do(process, "load", page, offset), wanted)

    def protect(self, process, page, count, prot):
        self.must("mprotect", self.guest.do(process, "protect", page, count, prot))
        for p in range(page, page + count):
            if p in self.view[process]:
                self.view[process][p].writable = False

    def clear_refs(self, process):
        """Forgets what was written since: the next store faults."""
        self.must("clear_refs", self.guest.do(process, "put", f"/proc/{self.pid[process]}/"
                                              "clear_refs", "4"))
        for entry in self.view[process].values():
            entry.writable = False

    def fork(self, parent, child):
        self.pid[child] = self.guest.do(parent, "fork", child)
        self.view[child] = {}
        for page, entry in self.view[parent].items():
            entry.writable = False
            entry.frame.mappers += 1
            self.view[child][page] = Entry(entry.frame)

    def exit(self, child, parent):
        self.guest.do(child, "exit")
        self.must("the child's exit status", self.guest.do(parent, "wait", child))
        for entry in self.view.pop(child).values():
            entry.frame.mappers -= 1
        del self.pid[child]

    # --- looking ---------------------------------------------------------------------------

    def tables(self):
        """{process: {page: entry}} from RAM."""
        processes = sorted(self.pid)
        return dict(zip(processes, self.guest.tables([self.pid[p] for p in processes], self.pages)))

    def frames(self, processes=None):
        """How many frames the family has in the area, the zero page not counted."""
        found = self.tables()
        return len({sv39.frame(entry) for p in processes or found for entry in found[p].values()
                    if not entry & sv39.SPECIAL})

    def expect_frames(self, what, wanted=None):
        """wanted: else as many as the model has."""
        if wanted is None:
            wanted = len({id(entry.frame) for view in self.view.values()
                          for entry in view.values()} - {id(self.zero)})
        got = self.frames()
        if got != wanted:
            raise Failed(f"frames of the family {what}", wanted, got)

    def expect_entries(self, what):
        """Every entry is as the model has it: its frame, W, and D where it was stored to."""
        owner = {}
        for process, table in self.tables().items():
            wanted = self.view[process]
            if set(table) != set(wanted):
                raise Failed(f"{what}: pages that process {process} has", sorted(wanted),
                             sorted(table))
            for page, entry in sorted(table.items()):
                self.expect_entry(f"{what}: process {process}, page {page}", wanted[page], entry,
                                  owner)

    @staticmethod
    def expect_entry(where, wanted, entry, owner):
        number, frame = sv39.frame(entry), wanted.frame
        if frame.number is None:
            frame.number = number
        if frame.number != number:
            raise Failed(where, f"the frame that it had, {frame.number:#x}",
                         f"frame {number:#x}: it was copied, or another's")
        if owner.setdefault(number, frame) is not frame:
            raise Failed(where, "a frame of its own", f"frame {number:#x}, which others have")
        if bool(entry & sv39.W) != wanted.writable:
            raise Failed(where, "W set" if wanted.writable else "W clear", sv39.flags(entry))
        if wanted.writable and not entry & sv39.D:
            raise Failed(where, "D set with W", sv39.flags(entry))

    def expect_faults(self, what):
        """The hart trapped for exactly the accesses that the model says, since the last time."""
        wanted, self.expected_faults = self.expected_faults, []
        got = self.guest.faults(self.pages)
        if sorted(got) != sorted(wanted):
            raise Failed(f"page faults {what}", len(wanted), f"{len(got)}" if len(got) != len(
                wanted) else f"others: {sorted(set(got) ^ set(wanted))[:4]}")

    def forget_faults(self):
        self.guest.faults(self.pages)
        self.expected_faults = []

    # --- gates -----------------------------------------------------------------------------

    def check_content(self):
        for process in sorted(self.pid):
            wanted = b"".join(bytes(self.view[process][p].frame.content) if p in self.view[process]
                              else bytes(PAGE) for p in range(self.pages))
            if self.guest.do(process, "sum", 0, self.pages) == checksum(wanted):
                continue
            for page in range(self.pages):
                got = self.guest.do(process, "sum", page, 1)
                if got != checksum(wanted[page * PAGE:(page + 1) * PAGE]):
                    raise Failed("gate, content", f"process {process} finds in page {page} what "
                                 "it has stored, and nobody else", "something else")

    def check_invariants(self):
        if self.guest.do(0, "put", "/proc/sys/vm/mm_check", "1"):
            said = [line for line in self.guest.text.splitlines() if "mm_check" in line]
            raise Failed("gate, mm_check()", "every invariant holds", said[-1] if said else "EIO",
                         "that invariant in the head of that file")

    def check_leaks(self):
        """Everybody but process 0 goes, and its memory; then as many frames are free as before."""
        for process in sorted(self.pid, reverse=True)[:-1]:
            self.guest.do(process, "exit")
        for process in sorted(self.pid, reverse=True)[:-1]:
            self.guest.do(0, "wait", process)
        self.guest.do(0, "unmap", 0, self.pages)
        free = self.guest.do(0, "get", "/proc/faultline/leak", "free_folios")
        # Tables of the area and the like stay with process 0.
        if self.free - free > 8:
            raise Failed("gate, leaks: frames that are free afterwards, at least",
                         self.free - 8, free, "what takes a reference that nobody gives back")

    def gates(self):
        """What must hold after every test; its points count only then."""
        self.check_content()
        self.check_invariants()
        self.check_leaks()
