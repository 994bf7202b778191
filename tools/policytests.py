# SPDX-License-Identifier: MIT
"""Kernel and simulator agree.

replay      what the kernel's policies were told and what they said, call by call, is played to the
            same policies on the host (`polsim replay`); and what the calls cost
references  where all that a policy is told follows from the reference string, the string alone: a
            program uses its pages in that order in the guest (tests/overlay/references.c), and the
            simulator says which page goes at which reference

Each case is a function of a directory and a root disk that returns None or what is wrong.
`python3 tools/policytests.py NAME…` runs those that match the globs.
"""
import fnmatch
import functools
import itertools
import os
import random
import subprocess
import sys

import testlib

POLSIM = "build/polsim"
LEAST = 1000  # calls of next() and of judge(), or the guest was not short of memory
DEAREST = {"clock": 150, "lru2": 150}  # instructions a folio that next() gave, in reclaim's calls

# The first change is there so that the second is one.  So much memory makes about half as many
# calls as the ring has records.
RECORD = """echo policy > /proc/faultline/trace_events
for p in %s mine %s; do echo $p > /proc/sys/vm/reclaim_policy; done
usertests swap-anon > /dev/null
echo none > /proc/faultline/trace_events
cat /proc/faultline/trace > /trace
"""

FROM_REFERENCES = ["fifo", "clock"]
SIZES = {"belady": (3, 4), "loop": (15, 16), "uniform": (16, 60), "zipf": (16, 60),
         "phases": (24, 40)}


def strings():
    """Reference strings by name, of pages below 256."""
    draw = random.Random(5)
    weights = [1 / (page + 1) for page in range(128)]
    return {
        "belady": [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5],
        "loop": [i % 17 for i in range(500)],
        "uniform": draw.choices(range(64), k=3000),
        "zipf": draw.choices(range(128), weights, k=4000),
        "phases": [base + draw.randrange(32) for base in range(0, 160, 20) for _ in range(400)],
    }


def policies():
    done = subprocess.run([POLSIM, "list"], capture_output=True, text=True, check=True)
    return done.stdout.split()


def record(policy, directory, base):
    """The file with the kernel's record, and what the guest said."""
    image, path = f"{directory}/policy-{policy}.img", f"{directory}/policy-{policy}.trace"
    command = RECORD % ("fifo" if policy == "mine" else "", policy)
    done = testlib.guest(image, base, CMD=command, ICOUNT=1, MEM="44M",
                         APPEND="trace_records=200000")
    subprocess.run(["debugfs", "-R", f"dump /trace {path}", image], env=testlib.clean_env(),
                   capture_output=True, check=True)
    os.unlink(image)
    return path, done


def replay(policy, directory, base):
    path, done = record(policy, directory, base)
    if done.status:
        return f"status {done.status}\n" + testlib.tail(done.text)
    played = subprocess.run([POLSIM, "replay", path], capture_output=True, text=True)
    if played.returncode:
        return played.stderr
    os.unlink(path)
    for line in played.stdout.splitlines():
        name, _, given, judged, cost = line.split()
        if name == policy and min(int(given), int(judged)) >= LEAST:
            dear = int(cost) > DEAREST.get(policy, int(cost))
            return f"{cost} instructions a folio, at most {DEAREST[policy]}\n" if dear else None
    return f"not enough calls to compare:\n{played.stdout}"


def output(argv):
    return subprocess.run(argv, env=testlib.clean_env(), capture_output=True, text=True,
                          check=True).stdout


def first_difference(run, said, predicted):
    for said_line, predicted_line in itertools.zip_longest(said, predicted, fillvalue="nothing"):
        if said_line != predicted_line:
            return f"{run}: the kernel says {said_line}, the simulator {predicted_line}\n"
    return ""


def references(directory, base):
    """One guest for all: which page went, and at which reference."""
    image, name = f"{directory}/references.img", f"{directory}/references"
    subprocess.run(["cp", "--sparse=always", base, image], check=True)
    script, runs = "echo 0 > /proc/sys/vm/page-cluster\n", []
    for string, pages in strings().items():
        with open(f"{name}.{string}", "w") as f:
            f.write("".join(f"{page}\n" for page in pages))
        output(["debugfs", "-w", "-R", f"write {name}.{string} {string}", image])
    for policy, string in itertools.product(FROM_REFERENCES, SIZES):
        for frames in SIZES[string]:
            runs.append((policy, str(frames), string))
            script += f"echo {policy} > /proc/sys/vm/reclaim_policy && " \
                      f"/overlay/references {frames} /{string} > /{len(runs)} || exit 1\n"
    done = testlib.guest(image, CMD=script, ICOUNT=1, MEM="64M", SWAP="ram:16M")
    if done.status:
        return f"status {done.status}\n" + testlib.tail(done.text)
    wrong = ""
    for n, (policy, frames, string) in enumerate(runs, 1):
        said = output(["debugfs", "-R", f"cat /{n}", image])
        predicted = output([POLSIM, "evictions", policy, frames, f"{name}.{string}"])
        wrong += first_difference(f"{policy} {frames} {string}", said.splitlines(),
                                  predicted.splitlines())
    os.unlink(image)
    return wrong or None


def all_cases(base, directory):
    """Pairs of a name and a function that returns None or what is wrong."""
    return [(f"replay-{policy}", functools.partial(replay, policy, directory, base))
            for policy in policies()] + \
           [("references", functools.partial(references, directory, base))]


def main(patterns):
    os.chdir(testlib.ROOT)
    directory = testlib.fresh_directory("build/policytests")
    base = testlib.base_image(f"{directory}/base.img", OVERLAY="build/tests/overlay")
    wrong = [f"{name}: {what}" for name, check in all_cases(base, directory)
             if any(fnmatch.fnmatch(name, p) for p in patterns) and (what := check())]
    testlib.remove_disks(directory)
    print("".join(wrong), end="")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["*"]))
