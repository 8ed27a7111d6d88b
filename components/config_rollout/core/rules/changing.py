"""Values that change with every deployment, judged by name and value: times, run numbers, commits, random text."""

import re
from collections.abc import Iterable, Iterator

from .objects import KubernetesObject

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")

_ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T _][0-9]{2}[:-]?[0-9]{2}"
_SECONDS = r"1[4-9][0-9]{8}(?:\.[0-9]+|[0-9]{3}|[0-9]{6}|[0-9]{9})?"
"""Seconds since 1970, of the years 2014 to 2033, also in thousandths and finer."""

_DATE_AND_TIME = re.compile(rf"{_ISO}.*")
_ANY_TIME = re.compile(
    rf"{_SECONDS}|{_ISO}.*|20[0-9]{{2}}-?[01][0-9]-?[0-3][0-9]([T._-]?[0-9]{{2}}:?[0-9]{{2}}.*)?"
    r"|.*\b[0-9]{1,2}:[0-9]{2}.*\b20[0-9]{2}\b.*|.*\b20[0-9]{2}\b.*\b[0-9]{1,2}:[0-9]{2}.*"
)
_DONE = {
    *("deploy", "deployed", "redeploy", "redeployed", "restart", "restarted", "update", "updated", "create", "created"),
    *(
        "generate",
        "generated",
        "roll",
        "rolled",
        "rollout",
        "release",
        "released",
        "apply",
        "applied",
        "build",
        "built",
    ),
    *("render", "rendered", "install", "installed", "upgrade", "upgraded", "sync", "synced", "trigger", "triggered"),
}
_TIMES = {"time", "date", "timestamp", "stamp", "epoch", "ts", "datetime", "now"}
_FIXED = {
    *("expire", "expires", "expiry", "expiration", "until", "after", "before", "valid", "validity", "start", "end"),
    *("since", "birth", "max", "min", "limit", "limits", "bandwidth", "rate", "timeout", "interval", "period", "size"),
}
"""Words in the names of times and numbers that somebody chose."""

_RUNS = {"build", "run", "pipeline", "deploy", "deployment", "job", "workflow", "release"}
_NUMBERS = {"number", "num", "no", "id", "iid", "counter", "nr"}
_ALONE = {("build",), ("pipeline",), ("ci", "pipeline"), ("revision",), ("release", "revision"), ("helm", "revision")}
_CHOSEN = {"max", "min", "limit", "default", "keep", "history", "first", "next", "retention", "last"}
_RUN = re.compile(r"[0-9][0-9._-]*|[0-9a-f]{8}-[0-9a-f]{4}-.*")

_RANDOM = {"rollme", "nonce", "random"}

_COMMITS = {"sha", "commit", "revision", "rev", "ref", "version"}
_HEX = r"(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{7,40}"
_COMMIT = re.compile(rf"(?:git|sha|main|master|g)?-?({_HEX})|.*-g({_HEX})")

_STAMPED_LINE = re.compile(
    rf"(?im)^.*\b(?:{'|'.join(sorted(_DONE))})(?:[ _-]?(?:at|on|time|date|timestamp))?\b.*?(?:{_ISO}|\b{_SECONDS}\b)"
)


def words_of(key: str) -> tuple[str, ...]:
    """Return the lower-case words of a key without its domain: `build` and `number` for `ci/buildNumber`."""
    return tuple(word.lower() for word in _WORDS.findall(key.rpartition("/")[2]))


def time_in(words: tuple[str, ...], value: str, any_name: bool = True) -> bool:
    """
    Return whether a value is the time of a deployment.

    A number is a time only if the name says so, as `deployedAt` does: others are bandwidths, depths, identifiers. With
    `any_name` a date with a time of day counts under any name, unless the name speaks of an end or a limit.
    """
    if not words or set(words) & _FIXED:
        return False
    if any_name and _DATE_AND_TIME.fullmatch(value):
        return True
    says_so = words[-1] in _TIMES or set(words) & _DONE
    return bool(says_so and _ANY_TIME.fullmatch(value))


def is_run(words: tuple[str, ...], value: str) -> bool:
    """Return whether a value is the number of a build, a pipeline run or a release revision."""
    if set(words) & _CHOSEN or not _RUN.fullmatch(value):
        return False
    return words in _ALONE or (words[-1:] != () and words[-1] in _NUMBERS and bool({*words[-3:-1]} & _RUNS))


def is_random(words: tuple[str, ...]) -> bool:
    """Return whether a name says that its value is random."""
    return bool(words) and words[-1] in _RANDOM


def commit_in(words: tuple[str, ...], value: str, is_variable: bool) -> str | None:
    """Return the commit in a value if the name suggests one; the name of a variable must mention git or a commit."""
    if not words or "sync" in words or "depth" in words:
        return None
    of_git = bool({"git", "commit", "vcs"} & set(words)) and (
        "commit" in words or words[-1] in _COMMITS | {"id", "hash"}
    )
    if not of_git and (is_variable or words[-1] not in _COMMITS):
        return None
    commit = _COMMIT.fullmatch(value)
    return (commit[1] or commit[2]) if commit else None


def is_install_information(words: Iterable[str]) -> bool:
    """Return whether a hash covers information about the installation: its tool, time and version."""
    joined = "".join(words)
    return "installinfo" in joined or joined in ("install", "installation", "kpitelemetry", "releaseinfo", "buildinfo")


def changing_parts(o: KubernetesObject, sure: bool = False) -> Iterator[str]:
    """
    Yield a description of each part of a ConfigMap or Secret that may change with every deployment.

    With `sure` only keys that hold nothing but a time or a run, such as `install_time`; otherwise also lines that
    contain a time.
    """
    for section in ("data", "stringData"):
        for key, text in o.texts(section).items():
            if not isinstance(text, str):
                continue
            words, value = words_of(key), text.strip()
            if time_in(words, value, any_name=False) or is_run(words, value) or (is_random(words) and value):
                yield f"{section}['{key}']"
            elif not sure and _STAMPED_LINE.search(text):
                yield f"the time in {section}['{key}']"
