# SPDX-License-Identifier: MIT
"""The tests of lab swapin: how a page comes back from the disk (labs/swapin/README.md).

Each is a function of t: t.family is a process with t.pages pages of private memory; t.rng is
seeded.
"""
import labfamily
import sv39
from labfamily import Failed
from labguest import PAGE

CORE = "part A: do_swap_page() and what it calls, mm/memory.c"
MAJOR = "rule A3, VM_FAULT_MAJOR: do_swap_page(), mm/memory.c"
ERRORS = "part B: errors and retry in do_swap_page(), mm/memory.c"
WINDOW = "part C: the readahead windows, mm/swap_state.c"
SWAP = {"SWAP": "64M", "MEM": "24M"}
RUN = {**SWAP, "pages": 64}
LONG = 64       # pages of a run
SIGBUS = 7


def some_pages(t, count, of=None):
    return t.rng.sample(range(of or t.pages), count)


def swapped_out(t, count=None):
    """The first `count` pages are on the disk, and nowhere else."""
    f = t.family
    f.fill(0, 0, count or t.pages, t.rng.getrandbits(62) | 1)
    f.page_out(0, 0, count or t.pages)
    return f


def reads(t):
    """Requests and pages that QEMU has read from the swap disk."""
    said = t.guest.disk("swap")
    return said["rd_operations"], said["rd_bytes"] // PAGE


def seek_for_free(t):
    """From here on the swap disk is of the other kind; an area asks when it is turned on."""
    t.family.must("swapoff", t.guest.do(0, "swapoff", "/dev/vdb"))
    t.guest.do(0, "put", "/sys/block/vdb/queue/rotational", 0)
    t.family.must("swapon", t.guest.do(0, "swapon", "/dev/vdb"))


def both_kinds(t):
    yield "a disk that turns"
    seek_for_free(t)
    yield "a disk without seeks"


def major_faults(t, pages):
    """Loads pages that are on the disk, each of which has to be waited for."""
    t.guest.do(0, "put", "/proc/sys/vm/page-cluster", 0)
    before = t.guest.do(0, "major")
    for page in pages:
        t.family.load(0, page, 0)
    t.at_least(f"major faults (rule A3) of {len(pages)} reads from the disk, one page each",
               len(pages) * 5 // 8, t.guest.do(0, "major") - before, MAJOR)


def store_once(t):
    f = swapped_out(t)
    pages = some_pages(t, 12)
    for page in pages:
        f.guest.do(0, "store", page, 5, 7)
        f.view[0][page].frame.content[5] = 7
    got = [page for page, _ in t.guest.faults(t.pages)]
    if sorted(got) != sorted(pages):
        raise Failed("page faults of 12 stores to 12 pages that were swapped out", 12, len(got))
    table = f.tables()[0]
    for page in pages:
        if not table[page] & sv39.W or not table[page] & sv39.D:
            raise Failed(f"page {page}, swapped out and stored to", "W and D",
                         sv39.flags(table[page]))


def store_frees_slot(t):
    f = swapped_out(t)
    pages = some_pages(t, 16)
    before = t.guest.do(0, "get", "/proc/meminfo", "SwapFree:")
    t.guest.faults()
    for page in pages:
        t.guest.do(0, "store", page, 6, 8)
        f.view[0][page].frame.content[6] = 8
    freed = (t.guest.do(0, "get", "/proc/meminfo", "SwapFree:") - before) // 4
    t.at_least("slots that 16 stores freed, with a fault for each page", 12, freed)
    got = len(t.guest.faults(t.pages))
    if got > 16:
        raise Failed("page faults of 16 stores", 16, got)
    f.must("swapoff afterwards", t.guest.do(0, "swapoff", "/dev/vdb"))


def load_keeps_slot(t):
    f = swapped_out(t)
    major_faults(t, range(t.pages))
    if any(entry & (sv39.W | sv39.D) for entry in f.tables()[0].values()):
        raise Failed("entries with W or D when the pages were only read", 0, "some")
    written = t.guest.disk("swap")["wr_bytes"] // PAGE
    f.guest.do(0, "advise", 0, t.pages, labfamily.PAGEOUT)
    t.at_most("pages written when clean ones go out again", 2,
              t.guest.disk("swap")["wr_bytes"] // PAGE - written)


def hit_is_minor(t):
    """What the parent has read, or is in the cache for another reason, is not read again."""
    f = swapped_out(t)
    f.fork(0, 1)
    counted = t.guest.do(0, "get", "/proc/vmstat", "pgmajfault")
    pages = some_pages(t, 10)
    major_faults(t, pages)
    t.at_least("pgmajfault of /proc/vmstat, for these reads", 6,
               t.guest.do(0, "get", "/proc/vmstat", "pgmajfault") - counted)
    operations, _ = reads(t)
    before = t.guest.do(1, "major")
    for page in pages:
        f.load(1, page, 1)
    t.at_most("reads from the disk when the child wants the same pages", 1,
              reads(t)[0] - operations)
    t.at_most("major faults of the child then", 1, t.guest.do(1, "major") - before)
    parent, child = (f.tables()[p] for p in (0, 1))
    if any(sv39.frame(parent[page]) != sv39.frame(child[page]) for page in pages):
        raise Failed("frames of parent and child", "the same", "others")


def shared_store(t):
    f = swapped_out(t)
    f.fork(0, 1)
    pages = some_pages(t, 8)
    t.guest.faults()
    for page in pages:
        f.guest.do(1, "store", page, 9, 1)
    got = len(t.guest.faults(t.pages))
    if got != len(pages):
        raise Failed("page faults of 8 stores to pages on the disk that the parent has, too", 8,
                     got)
    for page in pages:
        f.written(1, page).frame.content[9] = 1
    kept_by_the_last(t, [page for page in range(t.pages) if page not in pages][:8])


def kept_by_the_last(t, pages):
    """What the child has brought back and then given up is the parent's alone, and not copied."""
    f = t.family
    for page in pages:
        f.load(1, page, 0)
    child = f.tables()[1]
    f.exit(1, 0)
    for page in pages:
        f.store(0, page, 10, 2)
    parent = f.tables()[0]
    t.at_least("frames that stayed, of 8 pages that a child had brought back before it ended, when "
               "the parent stored (rule A1: no copy)", 5,
               sum(sv39.frame(parent[page]) == sv39.frame(child[page]) for page in pages))


def soft_dirty(t):
    f = t.family
    f.fill(0, 0, t.pages, 77)
    f.clear_refs(0)
    stored = some_pages(t, t.pages // 2)
    for page in stored:
        f.store(0, page, 0, 3)
    f.page_out(0, 0, t.pages)
    for page in range(t.pages):
        f.load(0, page, 1)
    for page, entry in f.tables()[0].items():
        if bool(entry & sv39.SOFT_DIRTY) != (page in stored):
            raise Failed(f"the soft-dirty bit of page {page}, which was swapped out and read",
                         "s set" if page in stored else "s clear", sv39.flags(entry))


def read_error(t):
    """Who touches a page that cannot be read gets SIGBUS; the others and the kernel go on."""
    f = swapped_out(t)
    f.fork(0, 1)
    g, fail = t.guest, "/sys/kernel/debug/fail_make_request/"
    for name, value in ("probability", 100), ("times", -1), ("verbose", 0):
        g.do(0, "put", fail + name, value)
    g.do(0, "put", "/sys/block/vdb/make-it-fail", 1)
    g.send(1, "load", t.rng.randrange(t.pages), 0)
    load = g.count
    g.send(0, "wait", 1)
    answered, value = g.expect_one_of(load, load + 1)
    if answered == load:
        raise Failed("process 1 loaded a page that cannot be read", "SIGBUS",
                     f"a value, {value:#x}")
    f.must("the status of a process whose page cannot be read", value, SIGBUS)
    g.do(0, "put", "/sys/block/vdb/make-it-fail", 0)
    for entry in f.view.pop(1).values():
        entry.frame.mappers -= 1
    del f.pid[1]
    f.fork(0, 2)
    f.exit(2, 0)
    f.check_invariants()
    # The page that failed may stay lost; the rest is there.
    t.guest.do(0, "unmap", 0, t.pages)
    f.view[0].clear()
    t.guest.do(0, "map", 0, t.pages, 3, 0x22)
    require_major(t)


def require_major(t):
    """The points are for those who tell the kernel that they waited."""
    f = t.family
    f.fill(0, 0, t.pages, 5)
    f.page_out(0, 0, t.pages)
    major_faults(t, some_pages(t, 10))


def others_overtake(t):
    """While one thread waits for the disk, another may change the address space.

    In order, from somewhere on: what was read ahead takes no time, and a page that is read alone
    may be waited for on the spot; but some of so many come with others, and have to be waited for.
    """
    f = swapped_out(t)
    first, got = t.rng.randrange(LONG // 2), 0
    t.guest.slow_down("swap", 1)
    f.load(0, first, 0)     # QEMU lets a first request through at once
    for page in range(first + 1, first + 17):
        got = t.guest.do(0, "overtake", page, 5000)
        f.read(0, page)
        if got:
            break
    t.guest.slow_down("swap", 0)
    if not got:
        raise Failed("mmap() by another thread, while one waits for its page",
                     "at once", "only when the page was there")


def run_of_reads(t, order):
    """Touches LONG pages in an order; requests and pages read."""
    f = swapped_out(t, LONG)
    operations, pages = reads(t)
    for page in order:
        f.load(0, page, t.rng.randrange(PAGE))
    after = reads(t)
    return after[0] - operations, after[1] - pages


def sequential(t):
    seek_for_free(t)
    requests, pages = run_of_reads(t, range(LONG))
    t.at_most(f"requests to read {LONG} pages in order from a disk without seeks", LONG // 2,
              requests)
    t.at_most("pages that were read for it", 2 * LONG, pages)


def backwards(t):
    for kind in both_kinds(t):
        requests, _ = run_of_reads(t, reversed(range(LONG)))
        t.at_most(f"requests to read {LONG} pages from the last to the first, from {kind}",
                  LONG * 5 // 8, requests)


def rotational(t):
    requests, pages = run_of_reads(t, range(LONG))
    t.at_most(f"requests to read {LONG} pages in order from a disk that turns", LONG // 2,
              requests)
    t.at_most("pages that were read for it", 2 * LONG, pages)


def lone_reads(t):
    """Who jumps about is not served what he does not want."""
    for kind in both_kinds(t):
        f = swapped_out(t, LONG)
        _, pages = reads(t)
        wanted = [page for page in range(0, LONG, 16)]
        t.rng.shuffle(wanted)
        for page in wanted:
            f.load(0, page, 0)
        got = reads(t)[1] - pages
        t.at_most(f"pages read for {len(wanted)} that lie far apart, from {kind}",
                  6 * len(wanted), got)
        requests, _ = run_of_reads(t, range(LONG))
        t.at_most(f"requests to read {LONG} pages in order, then", LONG // 2, requests)


def no_readahead(t):
    t.guest.do(0, "put", "/proc/sys/vm/page-cluster", 0)
    requests, pages = run_of_reads(t, range(LONG))
    t.at_least(f"requests to read {LONG} pages in order, with vm.page-cluster 0", LONG * 5 // 8,
               requests)
    t.at_most("pages read then", LONG * 3 // 2, pages)
    t.guest.do(0, "put", "/proc/sys/vm/page-cluster", 3)
    requests, pages = run_of_reads(t, range(LONG))
    t.at_most(f"requests to read {LONG} pages in order, with 3", LONG // 2, requests)


def random_memory(t):
    """Stores, loads and going out in an order that the seed decides; a store faults once."""
    f = swapped_out(t)
    for round_ in range(3):
        pages = some_pages(t, 8)
        t.guest.faults()
        for page in pages:
            t.guest.do(0, "store", page, round_, 50 + round_)
            f.view[0][page].frame.content[round_] = 50 + round_
        got = len(t.guest.faults(t.pages))
        if got != len(pages):
            raise Failed(f"page faults of 8 stores to pages on the disk, seed {t.seed}", 8, got)
        f.check_content()
        f.page_out(0, 0, t.pages)


# name, points, function, where to look, options of the guest
TESTS = [
    ("store-once", 12, store_once, CORE, SWAP),
    ("store-frees-slot", 6, store_frees_slot, CORE, SWAP),
    ("load-keeps-slot", 6, load_keeps_slot, CORE, SWAP),
    ("hit-is-minor", 8, hit_is_minor, CORE, SWAP),
    ("shared-store", 8, shared_store, CORE, SWAP),
    ("soft-dirty", 4, soft_dirty, CORE, SWAP),
    ("read-error", 6, read_error, ERRORS, SWAP),
    ("others-overtake", 10, others_overtake, ERRORS, RUN),
    ("sequential", 8, sequential, WINDOW, RUN),
    ("backwards", 4, backwards, WINDOW, RUN),
    ("rotational", 6, rotational, WINDOW, RUN),
    ("lone-reads", 4, lone_reads, WINDOW, RUN),
    ("no-readahead", 4, no_readahead, WINDOW, RUN),
    ("random-memory", 4, random_memory, CORE, SWAP),
]
