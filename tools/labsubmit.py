# SPDX-License-Identifier: MIT
"""What is handed in, in whatever form, as text.

A tree, a git repository (bare, too), a hand-in or another archive, a patch against the handout.
Nothing of it is executed, and nothing is unpacked: the files that the lab names are read from it,
one by one, and everything that leads elsewhere is refused with the reason.

    labsubmit.py LAB PATH      what is handed in there, as JSON

is the process that reads, with little time and memory: what hangs it, or is too much for it, is
refused like the rest.
"""
import bz2
import gzip
import io
import json
import lzma
import os
import posixpath
import re
import resource
import signal
import stat
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib

import lablib
import testlib

FILE_LIMIT = 1 << 20        # bytes of one file
TOTAL_LIMIT = 256 << 20     # bytes of an archive's content
COUNT_LIMIT = 50000         # files in an archive
READ_SECONDS, READ_MEMORY = 20, 1 << 30     # for the process that reads
READ_WALL = 300             # the last net
ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".zip")


class Refused(Exception):
    """A submission that cannot be graded; the text says why."""


class Submission:
    """{file: regions}, {file: text} of those handed in whole, answers.md, remarks."""

    def __init__(self, regions, whole, answers, remarks):
        self.regions, self.whole, self.answers, self.remarks = regions, whole, answers, remarks

    @classmethod
    def of(cls, lab, read, remarks=()):
        """read(path): the text of a file, or None."""
        regions, whole = {}, {}
        for path in lab.files + lab.whole:
            text = read(path)
            if text is None:
                raise Refused(f"{path} is missing")
            if path in lab.files:
                regions[path] = lablib.regions(text, lab.name, path)
            else:
                whole[path] = text
        return cls(regions, whole, read(lab.answers), list(remarks))


def decode(content, path):
    if len(content) > FILE_LIMIT:
        raise Refused(f"{path} is larger than {FILE_LIMIT >> 20} MiB")
    return content.decode("utf-8", errors="replace")


# --- trees and repositories -----------------------------------------------------------------

def tree_reader(root):
    def read(path):
        full = os.path.join(root, path)
        if os.path.realpath(full) != os.path.join(os.path.realpath(root), path):
            raise Refused(f"{path} is or lies behind a symbolic link")
        if not os.path.exists(full):
            return None
        if not stat.S_ISREG(os.stat(full).st_mode):
            raise Refused(f"{path} is not a file")
        with open(full, "rb") as f:
            return decode(f.read(FILE_LIMIT + 1), path)
    return read


def is_bare(path):
    return os.path.isfile(f"{path}/HEAD") and os.path.isdir(f"{path}/objects")


def repository_reader(repository, own):
    """The files of its HEAD or, if that names nothing, of its branch main.

    own: an empty folder, which becomes a repository with what is stored there, but without the
    settings, some of which name commands that git would start.
    """
    for top, folders, files in os.walk(repository):
        for name in folders + files:
            if not stat.S_IFMT(os.lstat(f"{top}/{name}").st_mode) in (stat.S_IFREG, stat.S_IFDIR):
                raise Refused(f"the repository holds a link or a device: {name[:100]}")
    with open(f"{own}/config", "w") as f:
        f.write("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
    with open(f"{repository}/HEAD") as theirs, open(f"{own}/HEAD", "w") as ours:
        ours.write(theirs.read(4096))
    for name in "objects", "refs", "packed-refs":
        os.symlink(os.path.abspath(f"{repository}/{name}"), f"{own}/{name}")
    command = ["git", "-c", "safe.directory=*", f"--git-dir={own}"]

    def git(*arguments):
        return subprocess.run(command + [*arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    commit = next((name for name in ("HEAD", "refs/heads/main")
                   if git("rev-parse", "-q", "--verify", f"{name}^{{commit}}").returncode == 0), "")

    def read(path):
        listed = git("ls-tree", "-l", commit, "--", path)
        if listed.returncode:
            raise Refused("the repository cannot be read: it has no commit, or a broken one")
        fields = listed.stdout.decode(errors="replace").split()
        if not fields:
            return None
        if fields[0] not in ("100644", "100755"):
            raise Refused(f"{path} is a link or a folder")
        if not fields[3].isdigit() or int(fields[3]) > FILE_LIMIT:
            raise Refused(f"{path} is too large, or not stored in the repository")
        return decode(git("cat-file", "blob", fields[2]).stdout, path)
    return read


# --- archives -------------------------------------------------------------------------------

def leads_outwards(name):
    return name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name)


def checked_names(members):
    """The names; members: (name, is it a plain file or folder, size).  What is too large is not
    read to its end."""
    names, total = [], 0
    for name, plain, size in members:
        names.append(name)
        total += size
        if len(names) > COUNT_LIMIT or total > TOTAL_LIMIT:
            raise Refused("the archive holds too many files, or too large ones")
        if not plain:
            raise Refused(f"the archive holds a link or a device: {name[:100]}")
        if leads_outwards(name):
            raise Refused(f"the archive holds a path out of the tree: {name[:100]}")
    return names


def check_size(path):
    """A compressed tar, whatever its name says, is no longer than it may be."""
    with open(path, "rb") as f:
        head = f.read(6)
    opener = next((how for magic, how in ((b"\x1f\x8b", gzip.open), (b"\xfd7zXZ\0", lzma.open),
                                          (b"BZh", bz2.open)) if head.startswith(magic)), open)
    total = 0
    with opener(path, "rb") as f:
        while piece := f.read(1 << 20):
            total += len(piece)
            if total > TOTAL_LIMIT:
                raise Refused("the archive holds too many files, or too large ones")


def find_member(names, path):
    """The archive's name for a path of the tree, which may lie in a folder of its own."""
    found = [n for n in names if posixpath.normpath(n) == path] or \
            [n for n in names if re.fullmatch(r"[^/]+/" + re.escape(path), posixpath.normpath(n))]
    return found[0] if found else None


def archive_reader(lab, path):
    """Reads from a tar or zip."""
    if path.endswith(".zip"):
        archive = zipfile.ZipFile(path)
        members = ((i.filename, not stat.S_ISLNK(i.external_attr >> 16), i.file_size)
                   for i in archive.infolist() if not i.is_dir())
        open_member = archive.open
    else:
        check_size(path)
        archive = tarfile.open(path)
        members = ((i.name, i.isfile() or i.isdir(), i.size) for i in archive)
        open_member = archive.extractfile
    names = checked_names(members)

    def read(wanted):
        name = find_member(names, wanted)
        if name is None and wanted != lab.answers and \
                any(n.endswith(ARCHIVES) for n in names):
            raise Refused(f"an archive within an archive, and no {wanted}")
        if name is None:
            return None
        with open_member(name) as f:
            return decode(f.read(FILE_LIMIT + 1), wanted)
    return read


# --- patches --------------------------------------------------------------------------------

def handed_out(path):
    """A file as the handout of all labs has it."""
    with open(path) as f:
        text = f.read()
    if os.path.exists(lablib.HANDOUT):
        return text
    return lablib.for_handout(path, text, lablib.all_labs())


def from_patch(lab, patch):
    """What a patch makes of the handout's files; it may only touch those that are handed in."""
    if os.path.getsize(patch) > FILE_LIMIT:
        raise Refused(f"the patch is larger than {FILE_LIMIT >> 20} MiB")
    touched = lablib.patched_files(patch)
    if any(leads_outwards(path) for path in touched):
        raise Refused("the patch holds a path out of the tree")
    with tempfile.TemporaryDirectory() as work:
        for path in lab.files + lab.whole:
            os.makedirs(os.path.dirname(f"{work}/{path}"), exist_ok=True)
            with open(f"{work}/{path}", "w") as f:
                f.write(handed_out(path))
        included = [f"--include={path}" for path in lab.handed_in]
        said = lablib.apply_patch(patch, work, *included)
        if said:
            raise Refused(f"the patch does not fit the handout: {said[:300]}")
        return Submission.of(lab, tree_reader(work), not_graded(
            path for path in touched if path not in lab.handed_in))


# --- what differs elsewhere -----------------------------------------------------------------

def not_graded(paths):
    return [f"not graded: changes in {path}" for path in paths]


def handed_in_for_labs():
    """What is graded, now or in another lab; and which tests are skipped is the student's own."""
    names = [path for name in lablib.all_labs() for path in lablib.Lab(name).handed_in]
    return {*names, "user/usertests/skips.txt"}


def edits_elsewhere(root):
    """Files of a tree that are not as they were handed out, and are not graded."""
    graded, listed = handed_in_for_labs(), []
    for path in lablib.tracked():
        other = os.path.join(root, path)
        if path in graded or not os.path.isfile(other) or os.path.islink(other):
            continue
        with open(path, "rb") as a, open(other, "rb") as b:
            ours, theirs = a.read(), b.read()
        if ours == theirs:
            continue
        try:
            ours = lablib.for_handout(path, ours.decode(), lablib.all_labs()).encode()
        except UnicodeDecodeError:
            pass
        if ours != theirs:
            listed.append(path)
    return listed


def edits_in_handout(commit):
    """The same for the student's own tree; what is new there, too, if it could be compiled."""
    changed = lablib.git("diff", "--name-only", "-z", commit, text=True).split("\0")
    new = lablib.git("ls-files", "-o", "--exclude-standard", "-z", text=True).split("\0")
    graded = handed_in_for_labs()
    return [path for path in changed + [path for path in new if lablib.is_c(path)]
            if path and path not in graded]


def course_commit():
    """In a handout: the newest commit of the course (tools/handout) in the student's history.

    None: there is no such history, in what was downloaded without it, or in a shallow clone.
    """
    try:
        return lablib.git("log", "-1", "--format=%H", "--author=<faultline@localhost>", text=True,
                          stderr=subprocess.DEVNULL).strip() or None
    except (OSError, subprocess.CalledProcessError):
        return None


def course_archive(commit):
    return io.BytesIO(lablib.git("archive", "--format=tar", commit))


def remarks_on_tree(path):
    """What differs in a tree and is not graded."""
    if not os.path.exists(lablib.HANDOUT) or not os.path.samefile(path, testlib.ROOT):
        return not_graded(edits_elsewhere(path))
    commit = course_commit()
    if commit:
        return not_graded(edits_in_handout(commit))
    return ["the history of the course is not here (a full clone has it): edits in other files are "
            "compiled here, and not graded when you hand in"]


# --- the process that reads -----------------------------------------------------------------

def read_path(lab, path):
    """A submission in any of its forms."""
    if is_bare(path):
        with tempfile.TemporaryDirectory() as own:
            return Submission.of(lab, repository_reader(path, own))
    if os.path.isdir(path):
        return Submission.of(lab, tree_reader(path), remarks_on_tree(path))
    if not os.path.isfile(path):
        raise Refused("it is neither a file nor a folder")
    if path.endswith((".patch", ".diff")):
        return from_patch(lab, path)
    if path.endswith(ARCHIVES):
        try:
            return Submission.of(lab, archive_reader(lab, path))
        except (tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, EOFError, OSError,
                ValueError, NotImplementedError, RuntimeError) as error:
            raise Refused(f"the archive cannot be read: {error}") from None
    raise Refused(f"of no known form: a folder, {' '.join(ARCHIVES)}, .patch or .diff")


def limit_reader():
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (READ_SECONDS, READ_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (READ_MEMORY, READ_MEMORY))


def from_path(lab, path):
    """A submission in any of its forms, read by a process of its own."""
    command = [sys.executable, os.path.abspath(__file__), lab.name, path]
    process = subprocess.Popen(command, cwd=testlib.ROOT, stdin=subprocess.DEVNULL, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               preexec_fn=limit_reader)
    try:
        said, wrong = process.communicate(timeout=READ_WALL)
    except subprocess.TimeoutExpired:
        said, wrong = "", ""
    finally:
        end_session(process)
    if not said:
        why = (wrong.splitlines() or ["that takes too long"])[-1]
        raise Refused(f"it cannot be read: {why}")
    found = json.loads(said)
    if "refused" in found:
        raise Refused(found["refused"])
    return Submission(**found)


def end_session(process):
    """Ends what a process has started in its session, and itself."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def main():
    os.chdir(testlib.ROOT)
    try:
        found = vars(read_path(lablib.Lab(sys.argv[1]), sys.argv[2]))
    except (Refused, lablib.BadText) as error:
        found = {"refused": str(error)}
    except OSError as error:
        found = {"refused": f"it cannot be read: {error.strerror}"}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
