"""Reads what a path of a git repository held, commit by commit, with the `git` executable."""

import io
import os
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..errors import Trouble
from .files import MAX_FILE_BYTES

NAME_LENGTH = 12
"""How many hex digits of a commit are shown."""

_GITLINK, _FOLDER = b"160000", b"40000"
_PIECE = 65536


@dataclass(frozen=True)
class Version:
    """
    What was there at one time: a folder's files, or one file as its key in `files` and its bytes in `text`.

    `name` and `date` are for people, `where` begins the messages about it.
    """

    name: str
    date: str
    where: str
    files: Mapping[str, bytes] | str
    text: bytes = b""


def git_versions(repository: str, path: str, warn: Callable[[str], None]) -> Iterator[Version]:
    """
    Yield what the checked-out branch held at a path after each commit that changed it, the oldest first.

    Commits of merged branches count as their merge: pods saw nothing else. While the path does not exist there is no
    version.

    Raises:
      Trouble: There is no git, no repository, no commit, or no commit has the path.

    """
    path = path_in(path, "--path")
    with ExitStack() as stack:
        batch = stack.enter_context(_git(repository, "cat-file", "--batch", stdin=subprocess.PIPE))
        objects = _Objects(repository, batch)
        for commit, date in commits(repository, path, warn):
            version = _version(objects, commit, date, f"{repository}: {path} at {commit[:NAME_LENGTH]}", path, warn)
            if version is not None:
                yield version


def path_in(path: str, option: str) -> str:
    """Return the path of an option as git takes it, from the top of the repository."""
    path = path.strip("/").removeprefix("./")
    if not path or "\n" in path:
        raise Trouble(f"{option}: must be a file or folder in the repository (got {path!r}).")
    return path


def commits(repository: str, path: str, warn: Callable[[str], None]) -> Iterator[tuple[str, str]]:
    """
    Yield commit and date of each change of a path on the checked-out branch, the oldest first.

    Raises:
      Trouble: As of `git_versions`.

    """
    if _ask(repository, "rev-parse", "--is-shallow-repository") == "true":
        warn(f"{repository}: is a shallow clone without older commits. Run: git fetch --unshallow")
    _ask(repository, "rev-parse", "--verify", "HEAD", wrong="has no commits. Pass a repository with a history.")
    has_commits = False
    with _git(repository, *_log(path)) as log:
        for line in log.stdout or ():
            commit, date = line.decode().split()
            has_commits = True
            yield commit, date
        if log.wait():
            raise _broken(repository)
    if not has_commits:
        raise Trouble(f"{repository}: no commit has '{path}'. Pass the path from the top of the repository.")


def unpack(repository: str, commit: str, path: str, folder: Path) -> bool:
    """Unpack a folder as a commit had it; return whether it had one."""
    with _git(repository, "archive", "--format=tar", f"{commit}:{path}") as archive:
        content = archive.stdout.read() if archive.stdout else b""
    if archive.returncode:
        return False
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        tar.extractall(folder, filter="data")
    return True


def _log(path: str) -> Sequence[str]:
    return "log", "--first-parent", "--reverse", "--format=%H %cs", "HEAD", "--", f":(top,literal){path}"


def _version(
    objects: "_Objects", commit: str, date: str, where: str, path: str, warn: Callable[[str], None]
) -> Version | None:
    """Return the version of a commit; `None` where there is none, or none that could be a configuration."""
    kind, content = objects.read(f"{commit}:{path}")
    name = commit[:NAME_LENGTH]
    if kind == "blob":
        if content is None:
            warn(f"{where}: is larger than {MAX_FILE_BYTES:,} bytes. This version is skipped.")
            return None
        return Version(name, date, where, path.rsplit("/", 1)[-1], content)
    if kind != "tree" or content is None:
        return None
    files = {}
    for mode, file, identity in _entries(content, objects.identity_bytes):
        if mode in (_FOLDER, _GITLINK):
            warn(f"{where}: contains the folder '{file}', but a ConfigMap has no folders. This version is skipped.")
            return None
        file_kind, text = objects.read(identity)
        if not file_kind:
            raise _broken(objects.repository)
        if text is None:
            warn(f"{where}: {file} is larger than {MAX_FILE_BYTES:,} bytes. This version is skipped.")
            return None
        files[file] = text
    return Version(name, date, where, files)


class _Objects:
    """The objects of a repository, read through one `git cat-file --batch`."""

    def __init__(self, repository: str, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.repository = repository
        self._asked: IO[bytes] = process.stdin
        self._answers: IO[bytes] = process.stdout
        self.identity_bytes = 20
        """How many bytes the name of an object has: 20 (SHA-1) or 32 (SHA-256)."""

    def read(self, name: str) -> tuple[str, bytes | None]:
        """Return kind and bytes of an object; no bytes if there is none or it is too large."""
        try:
            self._asked.write(name.encode(errors="surrogateescape") + b"\n")
            self._asked.flush()
        except BrokenPipeError:
            raise _broken(self.repository) from None
        line = self._answers.readline()
        if not line:
            raise _broken(self.repository)
        head = line.split()
        if len(head) != 3 or not head[2].isdigit():  # "... missing"
            if ":" in name and _is_named(self.repository, name):
                raise _broken(self.repository)
            return "", None
        self.identity_bytes = len(head[0]) // 2
        kind, size = head[1].decode(), int(head[2])
        if size > MAX_FILE_BYTES:
            self._skip(size + 1)
            return kind, None
        return kind, self._answers.read(size + 1)[:-1]

    def _skip(self, size: int) -> None:
        while size > 0:
            size -= len(self._answers.read(min(size, _PIECE)))


def _entries(tree: bytes, identity_bytes: int) -> Iterator[tuple[bytes, str, str]]:
    """Yield mode, name and object of each entry. Source: git-scm.com Book, 10.2 Git Objects, Tree Objects."""
    at = 0
    while at < len(tree):
        space, end = tree.index(b" ", at), tree.index(b"\0", at)
        identity = tree[end + 1 : end + 1 + identity_bytes]
        yield tree[at:space], tree[space + 1 : end].decode(errors="surrogateescape"), identity.hex()
        at = end + 1 + identity_bytes


def _broken(repository: str) -> Trouble:
    return Trouble(f"{repository}: git cannot read its objects. Run: git -C {repository} fsck")


def _git(
    repository: str, *arguments: str, stdin: int = subprocess.DEVNULL, stderr: int = subprocess.DEVNULL
) -> "subprocess.Popen[bytes]":
    command = ["git", "-C", repository, *arguments]
    environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        return subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, env=environment)
    except FileNotFoundError:
        raise Trouble("git: is required to read the history of a repository. Install git.") from None


def _is_named(repository: str, name: str) -> bool:
    """Return whether the trees name an object, be it there or not."""
    with _git(repository, "rev-parse", "--quiet", "--verify", name) as process:
        return process.wait() == 0


def _ask(repository: str, *arguments: str, wrong: str = "") -> str:
    """Return what git prints; what it complains about is trouble, in its words if not in ours."""
    with _git(repository, *arguments, stderr=subprocess.PIPE) as process:
        output, complaint = process.communicate()
    if process.returncode:
        lines = complaint.decode(errors="replace").strip().splitlines()
        raise Trouble(f"{repository}: {wrong or f'git says: {lines[0] if lines else process.returncode}'}")
    return output.decode(errors="replace").strip()
