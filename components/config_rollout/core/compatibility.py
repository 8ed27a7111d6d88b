"""What this library needs beside itself, and what it was tested with. How a version is learnt is not told here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .arguments.finding import Finding

Version = tuple[int, int]


@dataclass(frozen=True)
class Need:
    """
    One thing that has to be there.

    `least` is refused below, with `why`. `tested` is the oldest and the newest minor release that the tests ran with.
    What is newer is warned about if it may break promises: with `by_minor` any newer minor release, else, where SemVer
    holds, the next major one.
    """

    key: str
    title: str
    least: Version
    why: str
    tested: tuple[Version, Version]
    by_minor: bool
    learnt: str

    def judge(self, text: str) -> tuple[Finding | None, Finding | None]:
        """Return what is wrong with a version, and what is to be said of it though it may work."""
        version = parse(text)
        oldest, newest = self.tested
        if version is None:
            return None, Finding(self.title, f"has a version that cannot be read (got {text!r})", "Check it yourself")
        if version < self.least:
            fix = f"Use {_shown(self.least)} or newer"
            return Finding(self.title, f"is too old (got {text}): {self.why}", fix), None
        if self.by_minor and version < oldest:
            what = f"is older than {_shown(oldest)}, the oldest that this is tested with (got {text})"
            return None, Finding(self.title, what, "Expect it to work, and try it on a cluster that may fail")
        if (version > newest) if self.by_minor else (version[0] > newest[0]):
            what = f"is newer than {_shown(newest)}, the newest that this is tested with (got {text})"
            return None, Finding(self.title, what, "See whether this library has a newer release")
        return None, None


NEEDS = (
    Need("python", "Python", (3, 11), "before, the standard library reads no TOML", ((3, 11), (3, 13)), True,
         "by the running interpreter"),
    Need("sdk", "the Python package pulumi", (3, 238),
         "before, an explanation that failed would have failed the run",
         ((3, 272), (3, 272)), False, "by the package's own data"),
    Need("engine", "the Pulumi CLI", (3, 238),
         "before, the engine did not fail a run whose hook failed after an update",
         ((3, 259), (3, 259)), False, "by asking the engine, once a run"),
    Need("provider", "the Python package pulumi-kubernetes", (4, 25),
         "it asks for a provider of at least its own version, and older ones were never tried",
         ((4, 25), (4, 25)), False, "by the package's own data"),
    Need("kubernetes", "Kubernetes", (1, 31),
         "before, a rolling update could take every pod at once that was not ready (kubernetes #123233), and "
         "kube-proxy had other fields",
         ((1, 34), (1, 37)), True, "from the API server, where a component has a connection"),
)  # fmt: skip
"""Everything that is needed. `make docs` shows it."""


def judge(versions: Mapping[str, str]) -> tuple[list[Finding], list[Finding]]:
    """Return findings and warnings on versions by their need's key; what is not given is not judged."""
    verdicts = [need.judge(versions[need.key]) for need in NEEDS if need.key in versions]
    return [finding for finding, _ in verdicts if finding], [warning for _, warning in verdicts if warning]


def parse(version: str) -> Version | None:
    """Return major and minor of `v1.36.3`, `1.34+` or `3.259.0-dev.1`; `None` of anything else."""
    match = re.match(r"v?(\d+)\.(\d+)(?!\w)", version)
    return (int(match[1]), int(match[2])) if match else None


def render_table() -> str:
    """Return the table of needs as Markdown."""
    lines = ["| what | needed | tested with | warned about | learnt |", "| --- | --- | --- | --- | --- |"]
    for need in NEEDS:
        oldest, newest = need.tested
        tested = _shown(oldest) if oldest == newest else f"{_shown(oldest)} to {_shown(newest)}"
        warned = f"from {_shown((newest[0], newest[1] + 1))}" if need.by_minor else f"from {newest[0] + 1}.0"
        if need.by_minor and need.least < oldest:
            warned += f", and below {_shown(oldest)}"
        lines.append(f"| {need.title} | {_shown(need.least)} | {tested} | {warned} | {need.learnt} |")
    return "\n".join(lines) + "\n"


def _shown(version: Version) -> str:
    return f"{version[0]}.{version[1]}"
