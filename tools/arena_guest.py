# SPDX-License-Identifier: MIT
"""The arena's workloads in the kernel: one guest for each policy and workload, one hart, ICOUNT=1.

The programs are those of tools/arena_workload.c, with more memory than the guest has.  With the
trace event `policy` on the kernel counts the instructions that its policy takes.
"""
import os
import re
import sys

import testlib

DIRECTORY = "build/arena"
MEMORY = "32M"
MEGABYTES = {"sort": 36, "kv": 32}
LIMIT = 200  # seconds, a net only
RESULT = re.compile(r"^workload (\w+) (.*)$", re.M)


def run_one(policy, workload, base):
    command = "echo policy > /proc/faultline/trace_events; " \
              f"arena_workload {workload} {MEGABYTES[workload]}"
    done = testlib.guest(f"{DIRECTORY}/{workload}-{policy}.img", base, CMD=command, MEM=MEMORY,
                         ICOUNT=1, APPEND=f"reclaim={policy}", TIMEOUT=LIMIT)
    found = RESULT.search(done.text)
    if done.status or not found:
        sys.exit(f"arena: {workload} under {policy}: status {done.status}\n"
                 + testlib.tail(done.text))
    words = found[2].split()
    row = {"workload": workload, "policy": policy,
           **{name: int(number) for name, number in zip(words[::2], words[1::2])}}
    row["instr_per_page"] = round(row["policy_instructions"] / max(row["reclaimed"], 1), 1)
    row["instr_per_scan"] = round(row["policy_instructions"] / max(row["scanned"], 1), 1)
    return row


def run(policies):
    os.makedirs(DIRECTORY, exist_ok=True)
    base = testlib.base_image(f"{DIRECTORY}/base.img", OVERLAY=f"{DIRECTORY}/overlay", FREE=64)
    rows = [run_one(policy, workload, base) for workload in MEGABYTES for policy in policies]
    testlib.remove_disks(DIRECTORY)
    return rows
