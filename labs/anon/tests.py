# SPDX-License-Identifier: MIT
"""The tests of lab anon: what the first access to a page maps (labs/anon/README.md).

Each is a function of t: t.family is a process with t.pages pages of private memory; t.rng is
seeded.
"""
import sv39
from labfamily import Failed
from labguest import ANONYMOUS, PAGE, PRIVATE, PROT_READ, PROT_WRITE

READ = "the way of a read in do_anonymous_page(), mm/memory.c"
WRITE = "the way of a store in do_anonymous_page(), mm/memory.c"
BOTH = "both ways in do_anonymous_page(), mm/memory.c"
NORESERVE = 0x4000
MANY = 24576    # pages: 96 MiB on a machine of 64


def some_pages(t, count):
    return t.rng.sample(range(t.pages), count)


def reads_share_zero(t):
    f = t.family
    pages = some_pages(t, t.pages // 2)
    for page in pages:
        f.load(0, page, t.rng.randrange(PAGE))
    table = f.tables()[0]
    frames = {sv39.frame(entry) for entry in table.values()}
    if len(frames) != 1:
        raise Failed(f"frames behind {len(pages)} pages that were only read", 1, len(frames))
    t.guest.stop()
    content = t.guest.memory.frame(frames.pop())
    t.guest.cont()
    if content != bytes(PAGE):
        raise Failed("the content of that frame", "zeroes", "others")
    for page, entry in table.items():
        if entry & (sv39.W | sv39.D) or not entry & sv39.SPECIAL:
            raise Failed(f"the entry of page {page}, which was only read",
                         "special, without W and D", sv39.flags(entry))
    f.expect_faults(f"of {len(pages)} reads")


def reads_cost_nothing(t):
    f = t.family
    free = t.guest.do(0, "get", "/proc/faultline/leak", "free_folios")
    for page in range(t.pages):
        f.load(0, page, 0)
    f.expect_frames("when every page was read and none written", 0)
    taken = free - t.guest.do(0, "get", "/proc/faultline/leak", "free_folios")
    t.at_most(f"frames that {t.pages} reads took, tables included", t.pages // 2, taken)


def reads_beyond_memory(t):
    g = t.guest
    t.family.must("mmap", g.do(0, "map", 4096, MANY, PROT_READ | PROT_WRITE,
                               PRIVATE | ANONYMOUS | NORESERVE))
    t.family.must(f"bytes that are not 0 in {MANY} untouched pages, on a machine with 16384 frames",
                  g.do(0, "scan", 4096, MANY), 0)
    t.family.must("munmap", g.do(0, "unmap", 4096, MANY))
    t.family.forget_faults()


def reads_are_not_counted(t):
    f = t.family
    before = t.guest.do(0, "get", f"/proc/{f.pid[0]}/status", "RssAnon:")
    for page in range(t.pages):
        f.load(0, page, 0)
    read = t.guest.do(0, "get", f"/proc/{f.pid[0]}/status", "RssAnon:")
    t.at_most(f"KiB of RssAnon that {t.pages} reads added", 4 * t.pages // 3, read - before)
    f.fill(0, 0, t.pages, 3)
    written = t.guest.do(0, "get", f"/proc/{f.pid[0]}/status", "RssAnon:")
    f.must(f"KiB of RssAnon when all {t.pages} were written", written - read, 4 * t.pages)


def read_then_write(t):
    f = t.family
    pages = some_pages(t, 8)
    for page in pages:
        f.load(0, page, t.rng.randrange(PAGE))
    for page in pages[:5]:
        f.store(0, page, t.rng.randrange(PAGE), 9)
    f.expect_entries("when 8 pages were read and 5 of them then written")
    f.expect_faults("of 8 reads and 5 stores")
    f.expect_frames("then", 5)


def write_first(t):
    f = t.family
    for page in some_pages(t, 10):
        f.store(0, page, t.rng.randrange(PAGE), 7)
    f.expect_entries("when 10 pages were written")
    f.expect_faults("of 10 stores to untouched pages")


def always_zero(t):
    """What others left in a frame is never seen."""
    f = t.family
    f.fill(0, 0, t.pages, t.rng.getrandbits(62) | 1)
    f.must("munmap", t.guest.do(0, "unmap", 0, t.pages))
    f.must("mmap", t.guest.do(0, "map", 0, t.pages, PROT_READ | PROT_WRITE, PRIVATE | ANONYMOUS))
    for entry in f.view[0].values():
        entry.frame.mappers -= 1
    f.view[0].clear()
    f.forget_faults()
    for page in some_pages(t, t.pages // 2):
        f.store(0, page, t.rng.randrange(PAGE), 1)
    for page in range(t.pages):
        f.load(0, page, t.rng.randrange(PAGE))
    f.expect_frames("when half of the pages were written and the rest read", t.pages // 2)


def read_only_memory(t):
    f = t.family
    f.protect(0, 0, 8, PROT_READ)
    for page in range(8):
        f.load(0, page, t.rng.randrange(PAGE))
    f.expect_frames("when 8 pages of PROT_READ were read", 0)
    f.protect(0, 0, 8, PROT_READ | PROT_WRITE)
    f.store(0, 3, 0, 1)
    f.expect_entries("when they may be written, and one was")
    f.expect_faults("of 8 reads and one store")


def kernel_accesses(t):
    f = t.family
    for page in some_pages(t, 6)[:3]:
        f.must("the sum of what write() took from untouched memory",
               t.guest.do(0, "send", page, PAGE), 0)
        f.read(0, page)
    f.expect_frames("when the kernel has read 3 pages", 0)
    for page in some_pages(t, 4):
        f.receive(0, page, t.rng.randrange(PAGE - 64), 5, 64)
    f.expect_entries("when the kernel has stored to 4 more")
    f.expect_faults("of the kernel's accesses")


def fork_of_zero(t):
    f = t.family
    pages = some_pages(t, 9)
    for page in pages:
        f.load(0, page, 0)
    f.fork(0, 1)
    f.expect_frames("of parent and child, 9 pages read, none written", 0)
    f.view[1] = {page: entry for page, entry in f.view[1].items() if page in f.tables()[1]}
    f.forget_faults()
    for page in pages[:3]:
        f.store(0, page, 1, 1)
    f.check_content()
    f.expect_frames("when the parent has written 3 of them", 3)


def random_memory(t):
    """Reads and stores of user and kernel in an order that the seed decides."""
    f = t.family
    for step in range(1, 81):
        page, at = t.rng.randrange(t.pages), t.rng.randrange(PAGE - 16)
        what = t.rng.random()
        if what < 0.5:
            f.load(0, page, at)
        elif what < 0.85:
            f.store(0, page, at, t.rng.randrange(256))
        else:
            f.receive(0, page, at, 3, 16)
        if step % 20 == 0:
            f.expect_entries(f"after {step} accesses, seed {t.seed}")
            f.expect_faults(f"in the 20 accesses before number {step}, seed {t.seed}")


# name, points, function, where to look, options of the guest
TESTS = [
    ("reads-share-zero", 12, reads_share_zero, READ),
    ("reads-cost-nothing", 8, reads_cost_nothing, READ),
    ("reads-beyond-memory", 8, reads_beyond_memory, READ),
    ("reads-are-not-counted", 8, reads_are_not_counted, READ),
    ("read-then-write", 10, read_then_write, READ),
    ("write-first", 8, write_first, WRITE),
    ("always-zero", 6, always_zero, BOTH),
    ("read-only-memory", 6, read_only_memory, READ),
    ("kernel-accesses", 6, kernel_accesses, READ),
    ("fork-of-zero", 4, fork_of_zero, READ),
    ("random-memory", 4, random_memory, "the rules in labs/anon/README.md"),
]
