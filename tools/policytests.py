# SPDX-License-Identifier: MIT
"""Kernel and simulator agree: what the kernel's policies were told and what they said, call by
call, is played to the same policies on the host (`polsim replay`); and what the calls cost.

Each case is a function of a directory and a root disk that returns None or what is wrong.
"""
import os
import subprocess

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
