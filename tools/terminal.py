# SPDX-License-Identifier: MIT
"""A program on a pseudo-terminal, typed at and looked at as a person does.

Each step waits for what it expects, so nothing depends on time but the failure.
"""
import os
import pty
import re
import select
import termios
import time
import tty

LIMIT = 60.0  # seconds without what is expected


class Terminal:
    """raw: the terminal passes every byte on, as for a guest that has a terminal of its own."""

    def __init__(self, argv, env, raw=False):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            if raw:
                tty.setraw(0)
                modes = termios.tcgetattr(0)
                modes[1] &= ~termios.ONLCR  # QEMU turns output processing on again
                termios.tcsetattr(0, termios.TCSANOW, modes)
            os.execvpe(argv[0], argv, env)

    def send(self, text):
        os.write(self.fd, text.encode())

    def read(self, seconds):
        """Returns False if nothing came in that time, or ever will."""
        if not select.select([self.fd], [], [], max(seconds, 0))[0]:
            return False
        try:
            data = os.read(self.fd, 4096)
        except OSError:  # how Linux tells the end
            data = b""
        self.seen += data
        return bool(data)

    def expect(self, pattern):
        """Reads until the pattern is there; what was read up to its end is gone then."""
        end = time.monotonic() + LIMIT
        while True:
            match = re.search(pattern.encode(), self.seen)
            if match:
                self.seen = self.seen[match.end():]
                return match
            if not self.read(end - time.monotonic()):
                raise AssertionError(f"expected {pattern!r}, got {self.seen!r}")

    def wait(self):
        """The exit status, after the last of the output."""
        end = time.monotonic() + LIMIT
        while self.read(end - time.monotonic()):
            pass
        if time.monotonic() >= end:
            raise AssertionError(f"expected the end, got {self.seen!r}")
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
