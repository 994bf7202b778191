# SPDX-License-Identifier: MIT
"""The tests of lab cow: what fork shares, who copies and who keeps (labs/cow/README.md).

Each is a function of t: t.family is a process with t.pages pages of private memory; t.rng is
seeded.
"""
import labfamily
import sv39
from labfamily import Failed
from labguest import ANONYMOUS, PAGE, PRIVATE, PROT_READ, PROT_WRITE, SHARED

FORK = "copy_present_pte() and must_copy_now() in mm/memory.c"
FAULT = "do_wp_page() and wp_can_reuse_anon_folio() in mm/memory.c"
REUSE = "wp_page_reuse() in mm/memory.c"
SWAPPED = "copy_swap_pte() in mm/memory.c"


def filled(t, count=None):
    t.family.fill(0, 0, count or t.pages, t.rng.getrandbits(63) | 1)
    return t.family


def some_pages(t, count, of=None):
    return t.rng.sample(range(of or t.pages), count)


def blame(look, expect, *arguments):
    """What does not hold is the doing of something else than the test is about."""
    try:
        expect(*arguments)
    except Failed as error:
        error.look = look
        raise


def after_fork(expect, *arguments):
    """Nobody has stored yet: it is fork's doing."""
    blame(FORK, expect, *arguments)


def fork_shares(t):
    f = filled(t)
    f.fork(0, 1)
    f.expect_frames("after fork", t.pages)
    f.fork(0, 2)
    f.expect_frames("after a second fork", t.pages)


def fork_protects(t):
    f = filled(t)
    f.fork(0, 1)
    f.expect_frames("after fork", t.pages)
    for process, table in f.tables().items():
        writable = [page for page, entry in table.items() if entry & sv39.W]
        if writable:
            raise Failed(f"pages with W in process {process}", 0, len(writable))


def child_writes(t):
    f = filled(t)
    f.fork(0, 1)
    after_fork(f.expect_entries, "after fork")
    f.forget_faults()
    for page in some_pages(t, 7):
        f.store(1, page, t.rng.randrange(PAGE), 1)
    f.expect_frames("when the child has stored to 7 pages", t.pages + 7)
    f.expect_entries("when the child has stored")
    f.expect_faults("of 7 stores")


def parent_writes(t):
    f = filled(t)
    f.fork(0, 1)
    after_fork(f.expect_entries, "after fork")
    for page in some_pages(t, 5):
        f.store(0, page, t.rng.randrange(PAGE), 1)
    f.expect_entries("when the parent has stored")
    f.expect_frames("when the parent has stored to 5 pages", t.pages + 5)


def last_keeps(t):
    f = filled(t)
    f.fork(0, 1)
    after_fork(f.expect_entries, "after fork")
    f.exit(1, 0)
    f.forget_faults()
    for page in range(t.pages):
        f.store(0, page, t.rng.randrange(PAGE), 1)
    f.expect_entries("when the child is gone and the parent has stored")
    f.expect_faults("of the parent's stores")


def reuse_after_copy(t):
    f = filled(t)
    f.fork(0, 1)
    after_fork(f.expect_entries, "after fork")
    pages = some_pages(t, 9)
    for page in pages:
        f.store(1, page, t.rng.randrange(PAGE), 1)
    f.forget_faults()
    for page in pages:
        f.store(0, page, t.rng.randrange(PAGE), 2)
    f.expect_entries("when the child has copies and the parent has stored, too")
    f.expect_faults("of the parent's stores")
    f.expect_frames("then", t.pages + 9)


def reuse_once(t):
    f = filled(t)
    for child in 1, 2:
        f.fork(0, child)
        f.exit(child, 0)
    for page in some_pages(t, 10):
        f.store(0, page, 0, 1)
    f.forget_faults()
    for page in range(t.pages):
        for byte in 1, 2, 3:
            f.store(0, page, byte, byte)
    f.expect_faults("of stores to pages that are writable again, and others")
    f.expect_entries("after that")


def store_marks(t):
    """After clear_refs every entry is without W and soft-dirty; the page is still one's own."""
    f = filled(t)
    f.clear_refs(0)
    f.expect_entries("after writing 4 to clear_refs")
    f.forget_faults()
    pages = some_pages(t, 8)
    kept = t.guest.do(0, "get", "/proc/vmstat", "pgreuse")
    for page in pages:
        f.store(0, page, 0, 1)
    kept = t.guest.do(0, "get", "/proc/vmstat", "pgreuse") - kept
    f.expect_entries("when 8 pages were stored to again")
    f.expect_faults("of these stores")
    if kept < len(pages):
        raise Failed("pages kept, as pgreuse of /proc/vmstat counts", len(pages), kept)
    for page, entry in f.tables()[0].items():
        if bool(entry & sv39.SOFT_DIRTY) != (page in pages):
            raise Failed(f"the soft-dirty bit of page {page}", page in pages,
                         sv39.flags(entry))


def generations(t):
    f = filled(t)
    for child in 1, 2, 3:
        f.fork(child - 1, child)
    after_fork(f.expect_frames, "of four generations", t.pages)
    pages = some_pages(t, 3)
    for page in pages:
        f.store(3, page, 1, 3)
    for page in pages[:2]:
        f.store(2, page, 2, 2)
    f.store(1, pages[0], 3, 1)
    f.expect_entries("when three generations have stored")
    f.exit(3, 2)
    f.exit(2, 1)
    for page in pages:
        f.store(0, page, 4, 0)
    f.expect_entries("when two of them are gone and the first has stored")


def kernel_stores(t):
    f = filled(t)
    f.fork(0, 1)
    after_fork(f.expect_entries, "after fork")
    f.forget_faults()
    for page in some_pages(t, 6):
        f.receive(1, page, t.rng.randrange(PAGE - 64), 7, 64)
    f.expect_entries("when read() has stored in the child")
    f.expect_faults("of read() into 6 pages")
    f.expect_frames("then", t.pages + 6)


def read_only(t):
    f = filled(t)
    f.protect(0, 0, 8, PROT_READ)
    f.fork(0, 1)
    after_fork(f.expect_frames, "after fork, a third of the pages read-only", t.pages)
    f.protect(1, 0, 8, PROT_READ | PROT_WRITE)
    for page in some_pages(t, 4, of=8):
        f.store(1, page, 9, 9)
    f.expect_entries("when the child may write again and has stored")
    f.protect(0, 0, 8, PROT_READ | PROT_WRITE)
    f.exit(1, 0)
    f.store(0, 0, 10, 10)
    f.expect_entries("when the parent may, too")


def untouched(t):
    t.family.learn_reads()
    f = filled(t, t.pages - 8)
    for page in range(t.pages - 8, t.pages - 2):
        f.load(0, page, t.rng.randrange(PAGE))
    f.fork(0, 1)
    after_fork(f.expect_frames, "after fork, 6 pages read but never written")
    for page in range(t.pages - 6, t.pages):
        f.store(1, page, t.rng.randrange(PAGE), 5)
    f.expect_frames("when the child has stored to 6 that nobody had written")
    f.expect_entries("then")


def counts(t):
    f = filled(t)
    f.fork(0, 1)
    f.expect_frames("after fork", t.pages)
    for page in some_pages(t, 6):
        f.store(1, page, 0, 1)
    for process, pid in f.pid.items():
        said = t.guest.do(0, "get", f"/proc/{pid}/status", "RssAnon:")
        t.guest.stop()
        pages = t.guest.memory.pages(t.guest.memory.table(pid))
        t.guest.cont()
        anonymous = sum(1 for e in pages.values()
                        if not e & sv39.SPECIAL and t.guest.memory.is_anon(sv39.frame(e)))
        if said != 4 * anonymous:
            raise Failed(f"RssAnon of process {process}, in KiB", 4 * anonymous, said)


def shared_memory(t):
    f = filled(t, 8)
    t.guest.do(0, "unmap", 8, 8)
    f.must("mmap", t.guest.do(0, "map", 8, 8, PROT_READ | PROT_WRITE, SHARED | ANONYMOUS))
    for page in range(8, 16):
        t.guest.do(0, "store", page, 0, page)
    f.fork(0, 1)
    for page in range(8, 16):
        t.guest.do(1, "store", page, 1, 100 + page)
    parent, child = (f.tables()[p] for p in (0, 1))
    for page in range(8, 16):
        f.must(f"page {page} of shared memory, what the child stored",
               t.guest.do(0, "load", page, 1), 100 + page)
        if sv39.frame(parent[page]) != sv39.frame(child[page]):
            raise Failed(f"page {page} of shared memory", "one frame", "two")
        if not parent[page] & sv39.W:
            raise Failed(f"page {page} of shared memory in the parent", "W, as before",
                         sv39.flags(parent[page]))
    private = {sv39.frame(e) for table in (parent, child) for page, e in table.items() if page < 8}
    if len(private) != 8:
        raise Failed("frames of the private pages beside it", 8, len(private))
    for process in 1, 0:
        f.must("munmap", t.guest.do(process, "unmap", 8, 8))
        f.must("mmap", t.guest.do(process, "map", 8, 8, 3, PRIVATE | ANONYMOUS))


def only_one_has_it_back(t, f, pages):
    """One entry maps the frame, and another names its slot: it is not the first one's alone."""
    for page in pages:
        f.load(1, page, 0)
        f.store(1, page, 0, f.view[1][page].frame.content[0] ^ 1)
        blame(FAULT, f.load, 0, page, 0)


def swapped_fork(t):
    """What is on the swap area when fork comes is shared, too."""
    f = filled(t)
    f.clear_refs(0)
    pages = some_pages(t, 12)
    stored = pages[:6]
    for page in stored:
        f.store(0, page, 0, 1)
    f.must("MADV_PAGEOUT", t.guest.do(0, "advise", 0, t.pages, labfamily.PAGEOUT))
    f.fork(0, 1)
    for process, table in f.tables().items():
        for page in pages:
            entry = table[page]
            if not entry & sv39.V and (entry & sv39.A or
                                         bool(entry & sv39.SOFT_DIRTY) != (page in stored)):
                raise Failed(f"the swap entry of page {page} in process {process} after fork",
                             f"not exclusive, soft-dirty: {page in stored}", hex(entry))
    only_one_has_it_back(t, f, t.rng.sample(sorted(set(range(t.pages)) - set(pages)), 4))
    for process in 1, 0:
        for page in pages:
            f.load(process, page, t.rng.randrange(PAGE))
    parent, child = (f.tables()[p] for p in (0, 1))
    for page in pages:
        if sv39.frame(parent[page]) != sv39.frame(child[page]) or \
                (parent[page] | child[page]) & sv39.W:
            raise Failed(f"page {page}, swapped out before fork and read by both",
                         "one frame, neither entry with W",
                         f"{sv39.flags(parent[page])} and {sv39.flags(child[page])}")
    for page in pages:
        f.store(0, page, 0, 1)
        f.store(1, page, 1, 2)


def random_step(t, f, alive):
    what = t.rng.random()
    process = t.rng.choice(alive)
    if what < 0.12 and len(alive) < 6:
        child = max(alive + [0]) + 1 if max(alive) < 30 else None
        if child:
            f.fork(process, child)
            t.parents[child] = process
            alive.append(child)
    elif what < 0.2 and process not in t.parents.values() and process:
        f.exit(process, t.parents.pop(process))
        alive.remove(process)
    elif what < 0.3:
        f.receive(process, t.rng.randrange(t.pages), t.rng.randrange(PAGE - 9), 3, 9)
    elif what < 0.4:
        f.load(process, t.rng.randrange(t.pages), t.rng.randrange(PAGE))
    else:
        f.store(process, t.rng.randrange(t.pages), t.rng.randrange(PAGE), t.rng.randrange(256))


def random_family(t):
    """Forks, exits, stores of users and of the kernel in an order that the seed decides."""
    t.family.learn_reads()
    f = filled(t, t.pages // 2)
    alive, t.parents = [0], {}
    f.fork(0, 1)
    alive.append(1)
    t.parents[1] = 0
    f.forget_faults()
    for step in range(60):
        random_step(t, f, alive)
        if step % 10 == 9:
            f.expect_entries(f"after {step + 1} steps, seed {t.seed}")
            f.expect_faults(f"in the 10 steps before step {step + 1}, seed {t.seed}")


# name, points, function, where to look, options of the guest
TESTS = [
    ("fork-shares", 6, fork_shares, FORK),
    ("fork-protects", 4, fork_protects, FORK),
    ("child-writes", 8, child_writes, FAULT),
    ("parent-writes", 6, parent_writes, FAULT),
    ("last-keeps", 10, last_keeps, FAULT + "; " + REUSE),
    ("reuse-after-copy", 8, reuse_after_copy, FAULT),
    ("reuse-once", 6, reuse_once, REUSE),
    ("store-marks", 2, store_marks, REUSE),
    ("generations", 6, generations, FAULT),
    ("kernel-stores", 6, kernel_stores, FAULT),
    ("read-only", 4, read_only, REUSE),
    ("untouched", 4, untouched, FAULT),
    ("counts", 4, counts, FORK),
    ("shared-memory", 4, shared_memory, FORK),
    ("swapped-fork", 2, swapped_fork, SWAPPED, {"SWAP": "64M"}),
    ("random-family", 4, random_family, "the rules in labs/cow/README.md"),
]
