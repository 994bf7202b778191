# SPDX-License-Identifier: MIT
"""What is handed in, in whatever form, as text.

A tree, a git repository (bare, too), a hand-in or another archive, a patch against the handout.
Nothing of it is executed, and nothing is unpacked: the files that the lab names are read from it,
one by one, and everything that leads elsewhere is refused with the reason.
"""
import bz2
import gzip
import io
import lzma
import os
import posixpath
import re
import stat
import subprocess
import tarfile
import tempfile
import zipfile
import zlib

import lablib
import testlib

FILE_LIMIT = 1 << 20        # bytes of one file
TOTAL_LIMIT = 256 << 20     # bytes of an archive's content
COUNT_LIMIT = 50000         # files in an archive
ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".zip")


class Refused(Exception):
    """A submission that cannot be graded; the text says why."""


class Submission:
    """{file: regions}, {file: text} of those handed in whole, answers.md, remarks."""

    def __init__(self, lab, read):
        """read(path): the text of a file, or None."""
        self.regions, self.whole, self.remarks = {}, {}, []
        for path in lab.files + lab.whole:
            text = read(path)
            if text is None:
                raise Refused(f"{path} is missing")
            if path in lab.files:
                self.regions[path] = lablib.regions(text, lab.name, path)
            else:
                self.whole[path] = text
        self.answers = read(lab.answers)


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


def repository_reader(repository):
    """The files of HEAD; neither settings nor hooks of the repository matter to these commands."""
    def read(path):
        command = ["git", "-c", "safe.directory=*", "-C", repository]
        listed = subprocess.run(command + ["ls-tree", "-l", "HEAD", "--", path], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if listed.returncode:
            raise Refused(f"the repository cannot be read: {listed.stderr.strip()[:200]}")
        fields = listed.stdout.split()
        if not fields:
            return None
        if fields[0] not in ("100644", "100755") or int(fields[3]) > FILE_LIMIT:
            raise Refused(f"{path} is a link, a folder or too large")
        shown = subprocess.run(command + ["cat-file", "blob", fields[2]], stdout=subprocess.PIPE)
        return decode(shown.stdout, path)
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
    """A compressed tar is no longer than it may be."""
    opener = next((how for end, how in ((".gz", gzip.open), (".tgz", gzip.open), (".xz", lzma.open),
                                        (".bz2", bz2.open)) if path.endswith(end)), open)
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
        submission = Submission(lab, tree_reader(work))
    submission.remarks = [f"not graded: changes in {path}" for path in touched
                          if path not in lab.handed_in]
    return submission


# --- what differs elsewhere -----------------------------------------------------------------

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


def edits_in_handout():
    """The same for the student's own tree."""
    changed = lablib.git("diff", "--name-only", course_commit(), text=True).splitlines()
    graded = handed_in_for_labs()
    return [path for path in changed if path not in graded]


def course_commit():
    """In a handout: the newest commit of the course in the student's history."""
    try:
        return lablib.git("merge-base", "HEAD", "upstream", text=True,
                          stderr=subprocess.DEVNULL).strip()
    except subprocess.CalledProcessError:
        return lablib.git("rev-list", "--max-parents=0", "HEAD", text=True).split()[0]


def course_archive():
    return io.BytesIO(lablib.git("archive", "--format=tar", course_commit()))


def from_path(lab, path):
    """A submission in any of its forms."""
    if os.path.isdir(path):
        bare = os.path.isfile(f"{path}/HEAD") and os.path.isdir(f"{path}/objects")
        submission = Submission(lab, repository_reader(path) if bare else tree_reader(path))
        own = os.path.exists(lablib.HANDOUT) and os.path.samefile(path, testlib.ROOT)
        elsewhere = [] if bare else edits_in_handout() if own else edits_elsewhere(path)
        submission.remarks = [f"not graded: changes in {p}" for p in elsewhere]
        return submission
    if not os.path.isfile(path):
        raise Refused("it is neither a file nor a folder")
    try:
        if path.endswith((".patch", ".diff")):
            return from_patch(lab, path)
        if path.endswith(ARCHIVES):
            return Submission(lab, archive_reader(lab, path))
    except (tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, EOFError, OSError,
            ValueError, NotImplementedError, RuntimeError) as error:
        raise Refused(f"the archive cannot be read: {error}") from None
    raise Refused(f"of no known form: a folder, {' '.join(ARCHIVES)}, .patch or .diff")
