"""Who runs this program: what Pulumi, git, the CI's variables and the API server say."""

import os
import subprocess

import pulumi

from ..cluster.client import Cluster, ClusterError
from ..core.audit import writing as audit
from ..core.audit.record import By

_GIT_SECONDS = 10


def who(cluster: Cluster | None) -> By:
    """Return what is known; nothing of it is worth an error."""
    commit = _git("rev-parse", "HEAD") or ""
    changed = _git("status", "--porcelain", "--", ".")
    try:
        user = cluster.user() if cluster else ""
    except ClusterError:
        user = ""
    return audit.by(stack_name(), commit, None if changed is None else bool(changed), os.environ, user)


def stack_name() -> str:
    """Return the stack as ORGANIZATION/PROJECT/STACK; without an organization it is Pulumi's `organization`."""
    return f"{pulumi.get_organization() or 'organization'}/{pulumi.get_project()}/{pulumi.get_stack()}"


def _git(*arguments: str) -> str | None:
    """Return what git prints about the folder of the program; `None` without git, or outside of a repository."""
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, errors="replace", timeout=_GIT_SECONDS, check=True,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
