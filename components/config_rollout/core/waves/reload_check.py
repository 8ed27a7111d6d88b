"""
The question that proves a reload, as a program passes it, and what an answer to it says.

Not here: which programs are known (reload_programs.py), and asking (driver/reload.py).
"""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...args.reload import ReloadArgs, ReloadHttpArgs
from ..arguments.fields import check_seconds, named, wrong_value
from ..arguments.finding import Finding
from ..arguments.nearest import did_you_mean
from ..kubernetes.pods import ProbedPod
from .gates import CommandGate, check_command, check_port
from .http_answers import judge_http
from .reload_programs import NOT_RELOADING, PROGRAMS, Question, missing_plugins

TIMEOUT_SECONDS = 180
"""
How long all pods may take, in seconds: a kubelet looks every 60 to 90 s, a program every 45 s at most.

Source: kubernetes 1.36 pkg/kubelet/pod_workers.go; coredns plugin/reload README.
"""

NONE = "none"
"""The digest of no lines: a process that has never reloaded, or is about to, may report none."""

BACK, KEEP, RESTART = "back", "keep", "restart"
ON_FAILURE = (BACK, KEEP, RESTART)
_KINDS = ("program", "http", "command")
_PROOFS = ("contains", "changes")
_SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*(?:\{.*\})?\s+\S+)\s+-?\d+$")
_DIGEST = re.compile(r"\{(md5|sha1|sha256|sha512):([^{}]*)\}")


@dataclass(frozen=True)
class ReloadCheck:
    """How pods are asked: exactly one of `question` and `argv`, and what follows if not all have read the text."""

    question: Question | None = None
    argv: tuple[str, ...] = ()
    timeout_seconds: int = TIMEOUT_SECONDS
    on_failure: str = BACK
    program: str = ""

    @property
    def digests(self) -> list[str]:
        """The keys whose digests the answer contains."""
        return [key for _, key in _DIGEST.findall(self.question.contains if self.question else "")]

    @property
    def command(self) -> CommandGate:
        """The command as a gate."""
        return CommandGate(self.argv, self.timeout_seconds)


@dataclass(frozen=True)
class Answer:
    """
    What one pod answered before: its process, the digest of the lines that change, and its count of failures.

    `pod` is its UID; `silent` is why it did not answer, empty if it did.
    """

    pod: str
    process: tuple[str, int]
    lines: str = ""
    failures: float = 0.0
    is_refused: bool = False
    silent: str = ""


@dataclass(frozen=True, eq=False)
class ReloadGate:
    """
    Every pod that ran before still runs the same process, and has read the new text.

    `before` is node -> what its pod answered, `known` the digests of lines that stand for another text. With `is_back`
    those of `known` are good too: such a pod never took the text that is being taken back.
    """

    question: Question | None
    before: Mapping[str, Answer] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    is_back: bool = False
    timeout_seconds: int = TIMEOUT_SECONDS
    strict: bool = False

    def __str__(self) -> str:
        return "reload"


def process_of(pod: ProbedPod) -> tuple[str, int]:
    """Return what differs once a container of a pod was started again."""
    return pod.started, pod.restarts


def answer_of(pod: ProbedPod, question: Question | None, body: bytes = b"", status: int = 200) -> Answer:
    """Return what a pod says before its text changes."""
    if question is None:
        return Answer(pod.uid, process_of(pod))
    if wrong := judge_http(status, body):
        return Answer(pod.uid, process_of(pod), NONE, silent=wrong)
    said = _lines_digest(question, body), _sum(question.failures, body), _is_refused(question, body)
    return Answer(pod.uid, process_of(pod), *said)


def judge_process(gate: ReloadGate, pod: ProbedPod) -> str:
    """Return that a container has restarted since, which is no reload; a pod that is new began with the new text."""
    before = gate.before.get(pod.node)
    if before is None or before.pod != pod.uid or before.process == process_of(pod):
        return ""
    return "restarted in place of reloading"


def is_new(gate: ReloadGate, pod: ProbedPod) -> bool:
    """Return whether a pod started after the text was written, and so with it."""
    before = gate.before.get(pod.node)
    return before is None or before.pod != pod.uid


def judge_reload(gate: ReloadGate, pod: ProbedPod, status: int, body: bytes) -> tuple[str, bool]:
    """Return what is wrong with a pod's answer, and whether asking again would not change it."""
    question, before = gate.question, gate.before[pod.node]
    assert question
    if wrong := judge_http(status, body):
        return f"does not answer at {question} through the API server ({wrong})", False
    failures = _sum(question.failures, body)
    if failures > before.failures and not gate.is_back:
        return f"rejected it ({question.failures} {before.failures:g} => {failures:g})", True
    if _is_refused(question, body) and not (before.is_refused or gate.is_back):
        return f"rejected it ({question.refused})", True
    if question.changes and _is_unread(gate, before, _lines_digest(question, body)):
        return f"has not read it yet: {question.changes} is as before", False
    if question.contains and question.contains not in body.decode(errors="replace"):
        return f"has not read it yet: no {question.contains}", False
    return "", True


def judge_start(question: Question, status: int, body: bytes) -> str:
    """Return what is wrong with the answer of a pod that has started with the text, and so has read it once."""
    if wrong := judge_http(status, body):
        return wrong
    if failures := _sum(question.failures, body):
        return f"rejected it ({question.failures} {failures:g})"
    if _is_refused(question, body):
        return f"rejected it ({question.refused})"
    if question.contains and question.contains not in body.decode(errors="replace"):
        return f"has not read it: no {question.contains}"
    return ""


def judge_now(question: Question, known: Collection[str], status: int, body: bytes) -> str:
    """
    Return what a pod's answer says long after a reload: that it does not run the text; empty if nothing says so.

    `known` are the digests of lines that stood for the texts before. A pod that never reloaded may report none.
    """
    if wrong := judge_http(status, body):
        return f"does not answer at {question} through the API server ({wrong})"
    lines = _lines_digest(question, body) if question.changes else NONE
    is_without = question.contains and question.contains not in body.decode(errors="replace")
    return "reports an older text" if is_without or (lines != NONE and lines in known) else ""


def _is_unread(gate: ReloadGate, before: Answer, lines: str) -> bool:
    """Return whether lines that change are those of a text which this one replaces, or of none."""
    if gate.is_back:
        is_between = lines == NONE != before.lines
        return is_between or (lines not in gate.known and lines == before.lines)
    return lines in gate.known or lines == NONE


def with_digests(question: Question | None, texts: Mapping[str, bytes]) -> Question | None:
    """Return a question in which `{sha256:KEY}` and its like are the digests of these texts."""
    if question is None:
        return None

    def digest(found: re.Match[str]) -> str:
        return hashlib.new(found[1], texts[found[2]], usedforsecurity=False).hexdigest()

    return replace(question, contains=_DIGEST.sub(digest, question.contains))


def parse_reload(value: object, keys: Sequence[str]) -> tuple[ReloadCheck | None, list[Finding]]:
    """Return the argument `reload`, and everything wrong with it; `keys` are those that reload."""
    if value is None and not keys:
        return None, []
    if value is None:
        what = f"is required: nothing says how pods are asked whether they have read {', '.join(keys)} again"
        return None, [Finding("reload", what, "Pass {'program': ...}, {'http': {...}} or {'command': [...]}")]
    if not isinstance(value, Mapping):
        return None, [Finding("reload", f"must be a mapping (got {type(value).__name__})", "Pass a dict")]
    of, findings = named("reload", value, tuple(ReloadArgs.__annotations__))
    if not keys:
        what = "is for keys that reload, and there are none"
        findings.append(Finding("reload", what, "State one in `effects`, or leave it out"))
    kinds = [kind for kind in _KINDS if kind in of]
    if len(kinds) != 1:
        what = f"must have exactly one of {', '.join(_KINDS)} (got {', '.join(kinds) or 'none'})"
        return None, [*findings, Finding("reload", what, "Say how pods are asked")]
    check = ReloadCheck(**_known(of))
    findings += _check_beside(of)
    if kinds == ["command"]:
        findings += check_command("reload.command", of["command"])
        return (replace(check, argv=tuple(of["command"])) if not findings else None), findings  # type: ignore[arg-type]
    question, wrong = _program(of) if kinds == ["program"] else _http(of["http"])
    check = replace(check, question=question, program=str(of.get("program", "")))
    findings += [*wrong, *(_check_digests(check, keys) if question else ())]
    return (check if not findings else None), findings


def check_program(check: ReloadCheck, texts: Mapping[str, bytes]) -> Iterator[Finding]:
    """Find that a known program would not read these texts again, or not say so: key -> text."""
    missing = missing_plugins(check.program, texts.values()) if check.program and texts else []
    if missing:
        plugins = " and ".join(f"`{one}`" for one in missing)
        what = f"is {check.program!r}, and {', '.join(texts)} has no {plugins}: it would not reload, or not tell"
        yield Finding("reload.program", what, "Add the plugin, or use the effect 'restart'")


def _known(of: Mapping[str, Any]) -> dict[str, Any]:
    seconds, then = of.get("timeout_seconds"), of.get("on_failure")
    return {
        **({"timeout_seconds": int(seconds)} if isinstance(seconds, int | float) else {}),
        **({"on_failure": then} if then in ON_FAILURE else {}),
    }


def _check_beside(of: Mapping[str, Any]) -> Iterator[Finding]:
    if "timeout_seconds" in of:
        yield from check_seconds("reload.timeout_seconds", of["timeout_seconds"], least=1)
    if "on_failure" in of and of["on_failure"] not in ON_FAILURE:
        yield wrong_value("reload.on_failure", "is not known", of["on_failure"], f"Use one of {', '.join(ON_FAILURE)}")
    if "port" in of:
        yield from check_port("reload.port", of["port"])
        if "program" not in of:
            yield Finding("reload.port", "belongs beside `program`", "Put it inside `http`")


def _program(of: Mapping[str, Any]) -> tuple[Question | None, list[Finding]]:
    name = of["program"]
    if isinstance(name, str) and name in NOT_RELOADING:
        what = f"is {name!r}, which {NOT_RELOADING[name][0]}"
        return None, [Finding("reload.program", what, "Use the effect 'restart'")]
    if not isinstance(name, str) or name not in PROGRAMS:
        known = ", ".join(PROGRAMS)
        fix = did_you_mean(str(name), PROGRAMS, f"Use one of {known}, or pass `http` or `command`")
        return None, [wrong_value("reload.program", "is not a known program", name, fix)]
    question = PROGRAMS[name].question
    port = of.get("port", question.port)
    return replace(question, port=int(port) if isinstance(port, int | float) else question.port), []


def _http(value: object) -> tuple[Question | None, list[Finding]]:
    if not isinstance(value, Mapping):
        return None, [Finding("reload.http", f"must be a mapping (got {type(value).__name__})", "Pass a dict")]
    of, findings = named("reload.http", value, tuple(ReloadHttpArgs.__annotations__))
    findings += check_port("reload.http.port", of.get("port"))
    path = of.get("path")
    if not isinstance(path, str) or path[:1] != "/":
        findings.append(wrong_value("reload.http.path", "must begin with '/'", path, "Pass one like '/metrics'"))
    texts = {name: str(text) for name, text in of.items() if name not in ("port", "path")}
    for name, text in texts.items():
        if not isinstance(of[name], str) or not text.strip():
            findings.append(wrong_value(f"reload.http.{name}", "must be text", of[name], "Pass a plain str"))
    if not any(name in of for name in _PROOFS):
        what = "has nothing that proves the new text: an answer alone does not"
        findings.append(Finding("reload.http", what, "Pass `changes` or `contains`"))
    if findings:
        return None, findings
    return Question(int(of["port"]), str(path), **texts), []  # type: ignore[call-overload]  # checked above


def _check_digests(check: ReloadCheck, keys: Sequence[str]) -> Iterator[Finding]:
    for key in check.digests:
        if key not in keys:
            what = f"asks for the digest of {key!r}, which is none of the keys that reload"
            yield Finding("reload.http.contains", what, did_you_mean(key, keys, f"Use one of {', '.join(keys)}"))


def _lines(text: str, body: bytes) -> list[str]:
    """Return the lines with a text, without comments."""
    lines = body.decode(errors="replace").splitlines()
    return [line for line in lines if text in line and not line.startswith("#")] if text else []


def _is_refused(question: Question, body: bytes) -> bool:
    return bool(_lines(question.refused, body))


def _lines_digest(question: Question, body: bytes) -> str:
    lines = sorted(map(_without_time, _lines(question.changes, body)))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16] if lines else NONE


def _values(text: str, body: bytes) -> list[float]:
    """Return the numbers at the ends of the lines with a text."""
    values = []
    for line in _lines(text, body):
        try:
            values.append(float(_without_time(line).split()[-1]))
        except (ValueError, IndexError):
            continue
    return values


def _without_time(line: str) -> str:
    """Return a line of metrics without its time, which is another each time. Source: Prometheus text format 0.0.4."""
    return _SAMPLE.sub(r"\1", line)


def _sum(text: str, body: bytes) -> float:
    return sum(_values(text, body))
