# SPDX-License-Identifier: MIT
"""How good is a policy?  From nothing but the reference string and what it evicts.

mm/policy/mine.c is compiled by itself; it may use mm/policy.h and no function but what the compiler
may call.  Linked with the simulator's core it runs in a process with little time and memory, which
is told one reference after another and says which page went at which.  The misses are counted here.
"""
import functools
import heapq
import os
import resource
import struct
import subprocess
import threading

import testlib
from labfamily import Failed

CORE = ["core", "alloc", "generate", "guard", "trace"]
FLAGS = "-std=gnu11 -O2 -Itools/polsim/include -I. -D_GNU_SOURCE -fno-strict-aliasing".split()
MAY_CALL = {"memcpy", "memset", "memmove", "memcmp"}
REF_ID = 0x0FFFFFFF     # of a reference: the page (tools/polsim/trace.h)
SECONDS, MEMORY = 20, 1 << 30
building = threading.Lock()


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (4096, 4096))


def newer(source, target):
    return not os.path.exists(target) or os.path.getmtime(source) >= os.path.getmtime(target)


def compile_one(root, source, out):
    if not newer(f"{root}/{source}", out):
        return
    done = subprocess.run(["gcc", *FLAGS, "-c", source, "-o", os.path.abspath(out)], cwd=root,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Failed(f"{source} in the simulator", "compiles", done.stdout[:2000])


def symbols(compiled, *options):
    """The names in an object file."""
    listed = subprocess.run(["nm", "-j", *options, compiled], stdout=subprocess.PIPE, text=True,
                            check=True)
    return set(listed.stdout.split())


def check_calls(policy, compiled):
    """It calls nobody, and nobody calls it instead of something else."""
    others = symbols(compiled, "-u") - MAY_CALL
    if others:
        raise Failed(f"what mm/policy/{policy}.c uses", "only what is in mm/policy.h",
                     ", ".join(sorted(others)))
    others = {name for name in symbols(compiled, "-g", "--defined-only")
              if not name.startswith("policy_")}
    if others:
        raise Failed(f"what mm/policy/{policy}.c defines without `static`", f"policy_{policy}",
                     ", ".join(sorted(others)))


def program(tree, policy):
    """Builds `evictions` around one policy of the tree; its path."""
    out = f"{tree}/build/judge"
    linked, objects = f"{out}/evictions-{policy}", [f"{out}/{name}.o" for name in CORE]
    with building:
        os.makedirs(out, exist_ok=True)
        for name, target in zip(CORE, objects):
            compile_one(tree, f"tools/polsim/{name}.c", target)
        objects += [f"{out}/evictions.o", f"{out}/{policy}.o"]
        compile_one(tree, "labs/reclaim/evictions.c", objects[-2])
        compile_one(tree, f"mm/policy/{policy}.c", objects[-1])
        check_calls(policy, objects[-1])
        if any(newer(o, linked) for o in objects):
            subprocess.run(["gcc", "-o", linked, *objects], check=True)
    return linked


def words(content):
    return struct.unpack(f"<{len(content) // 4}I", content[:len(content) // 4 * 4])


@functools.lru_cache(maxsize=4)
def string_of(trace):
    """From a program that holds none of the submission's code; evictions.c has the format."""
    trusted = program(testlib.ROOT, "fifo")
    return subprocess.run([trusted, "references", trace], stdout=subprocess.PIPE, check=True).stdout


def references(trace):
    """The pages, one after another."""
    string = string_of(trace)
    pages, _ = struct.unpack_from("<2I", string)
    return [ref & REF_ID for ref in words(string[8 + 8 * pages:])]


def count_misses(string, frames, evictions):
    """What really happens if these pages go at these moments."""
    memory, misses, at = set(), 0, 0
    for when, page in enumerate(string):
        if page not in memory:
            misses += 1
        while at < len(evictions) and evictions[at][0] <= when:
            memory.discard(evictions[at][1])
            at += 1
        memory.add(page)
        if len(memory) > frames:
            raise Failed("pages in memory", f"at most {frames}", f"{len(memory)}, at reference "
                         f"{when}: it did not evict, or what was not there")
    return misses


def misses(tree, policy, frames, trace, seed=1):
    """Of a policy of the tree."""
    done = subprocess.run([os.path.abspath(program(tree, policy)), "run", str(frames), str(seed)],
                          input=string_of(trace), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          preexec_fn=limit, env={})
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise Failed(f"the run over {trace}", "to its end, all promises kept",
                     said or f"status {done.returncode} (time, memory, or a bad access)")
    pairs = words(done.stdout)
    return count_misses(references(trace), frames, list(zip(pairs[::2], pairs[1::2])))


def opt_misses(string, frames):
    """Belady's: who is needed latest goes."""
    following, last = [0] * len(string), {}
    for i in range(len(string) - 1, -1, -1):
        following[i] = last.get(string[i], len(string))
        last[string[i]] = i
    memory, heap, count = {}, [], 0
    for i, page in enumerate(string):
        if page not in memory:
            count += 1
            while len(memory) >= frames:
                needed, victim = heapq.heappop(heap)
                if memory.get(victim) == -needed:
                    del memory[victim]
        memory[page] = following[i]
        heapq.heappush(heap, (-following[i], page))
    return count


def gain(tree, frames, trace):
    """How far mine comes on the way from fifo (0) to the one that knows the future (1)."""
    string = references(trace)
    worst = misses(testlib.ROOT, "fifo", frames, trace)
    best = opt_misses(string, frames)
    mine = misses(tree, "mine", frames, trace)
    return (worst - mine) / (worst - best), f"{mine} misses, fifo {worst}, opt {best}"
