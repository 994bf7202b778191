# SPDX-License-Identifier: MIT
"""What tools/soak and tools/matrix share: guests by the dozen, one line each, resumable."""
import json
import os
import re
import subprocess

import testlib

POLICIES = ["fifo", "clock", "lru2", "random", "mine"]
RUN_LIMIT = 2400  # seconds for one guest; a hang ends there
TEST_LIMIT = 300  # for one test: how busy the host is does not matter

# What the kernel says of its own accord when something hangs or is not as it must be.
COMPLAINT = r"^(?:INFO: task .* blocked for more than|watchdog: BUG|WARNING:|mm_check:).*$"


class State:
    """A dictionary in a file: what an unfinished series of the same settings has done so far."""

    def __init__(self, directory, env, new):
        self.path = f"{directory}/state.json"
        self.data = {"env": env, "finished": False, **new}
        self.resumed = False
        try:
            with open(self.path) as f:
                found = json.load(f)
            if found["env"] == env and not found["finished"]:
                self.data, self.resumed = found, True
        except (OSError, ValueError, KeyError):
            pass
        if not self.resumed:
            testlib.fresh_directory(directory)

    def save(self, **changes):
        self.data.update(changes)
        with open(self.path + ".new", "w") as f:
            json.dump(self.data, f)
        os.replace(self.path + ".new", self.path)


def swap_disk_with_bad_sectors(path, size, slots):
    """A swap disk on which QEMU lets writes to these slots fail: options for tools/run.

    It is the second disk, which init turns on, where there is no scratch disk.
    """
    subprocess.run(["truncate", "-s", size, path], check=True)
    subprocess.run(["mkswap", "-q", path], env=testlib.clean_env(), check=True)
    rules = "".join(f",inject-error.{i}.event=none,inject-error.{i}.iotype=write,"
                    f"inject-error.{i}.errno=5,inject-error.{i}.sector={slot * 8}"
                    for i, slot in enumerate(slots))
    drive = (f"-blockdev node-name=good,driver=file,filename={os.path.abspath(path)} "
             f"-blockdev node-name=bad,driver=blkdebug,image=good{rules} "
             "-device virtio-blk-device,drive=bad,werror=report")
    return {"SWAP": 0, "SCRATCH": 0, "QEMU_ARGS": drive}


def tests(patterns):
    return testlib.usertests_command(patterns, limit=TEST_LIMIT)


def one_guest(name, base, command, options):
    """Runs a guest of user tests: its score, what failed, and how it ended."""
    options = {"TIMEOUT": RUN_LIMIT, **options}
    done = testlib.guest(f"{name}.img", base, CMD=command, **options)
    score, failed = testlib.score_ktap(done)
    complaints = re.findall(COMPLAINT, done.text, re.M)
    damage = testlib.fsck(f"{name}.img")
    if damage:
        complaints.append("e2fsck of the root disk afterwards")
    score[1] += len(complaints)
    failed += complaints
    if not failed:
        os.unlink(done.log)
    testlib.remove_disks(os.path.dirname(name), os.path.basename(name))
    return score, failed, done


def tell(what, score, failed, done):
    print(f"{what}: {testlib.format_score(score)}, {done.seconds:.0f} s", flush=True)
    for one in failed:
        print(f"      failed: {one}")
    if failed:
        print(f"      log: {done.log}", flush=True)
