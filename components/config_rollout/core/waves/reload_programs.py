"""
Programs that read their files again, and how each is asked whether it did: as data, with sources.

`is_run` tells whether the tests run the program itself, or its answers are only what is written about it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """
    A GET that a pod answers, and which lines of the answer say what. `#` begins a comment.

    `changes`: the lines with this text are others than before. `contains`: the answer has this text. `failures`: the
    numbers on the lines with this text do not grow. An empty one is not asked.
    """

    port: int
    path: str
    contains: str = ""
    changes: str = ""
    failures: str = ""


@dataclass(frozen=True)
class Program:
    """One program: what makes it reload, how it is asked, where that is written, and whether the tests run it."""

    question: Question
    turned_on: str
    source: str
    is_run: bool = False
    plugins: tuple[str, ...] = ()
    """Directives that a line of its text has to begin with: without them it never reloads, or never tells."""


_METRICS = "/metrics"
_COREDNS_PLUGINS = ("reload", "prometheus")

PROGRAMS: Mapping[str, Program] = {
    "coredns": Program(
        Question(9153, _METRICS, changes="coredns_reload_version_info", failures="coredns_reload_failed_total"),
        "the plugins `reload` and `prometheus` in the Corefile",
        "coredns 1.15 plugin/reload/reload.go `hook`",
        is_run=True,
        plugins=_COREDNS_PLUGINS,
    ),
    "node-local-dns": Program(
        Question(9253, _METRICS, changes="coredns_reload_version_info", failures="coredns_reload_failed_total"),
        "the same plugins; it is CoreDNS with a Corefile that it fills in",
        "kubernetes/dns cmd/node-cache/app/configmap.go",
        plugins=_COREDNS_PLUGINS,
    ),
    "fluent-bit": Program(
        Question(2020, "/api/v2/reload", changes="hot_reload_count"),
        "`hot_reload: on`, the HTTP server, and a sidecar that asks for it",
        "fluent-bit docs administration/hot-reload",
    ),
    "alloy": Program(
        Question(
            12345,
            _METRICS,
            changes="alloy_config_last_load_success_timestamp_seconds ",
            failures="alloy_config_load_failures_total ",
        ),
        "a sidecar that asks for `/-/reload`",
        "alloy internal/runtime, metrics of the controller",
    ),
    "prometheus": Program(
        Question(9090, _METRICS, changes="prometheus_config_last_reload_success_timestamp_seconds "),
        "`--enable-feature=auto-reload-config`, or a sidecar that asks for `/-/reload`",
        "prometheus cmd/prometheus/main.go",
    ),
    "alertmanager": Program(
        Question(9093, _METRICS, changes="alertmanager_config_last_reload_success_timestamp_seconds "),
        "a sidecar that asks for `/-/reload`",
        "alertmanager config/coordinator.go",
    ),
}
"""
Name -> program.

CoreDNS' `version_info` is that of the last Corefile that it tried, also where it failed: the counter alone tells that.
"""


def missing_plugins(name: str, texts: Iterable[bytes]) -> list[str]:
    """Return the directives that a known program needs and that none of the texts which it reads again has."""
    lines = [line.split() for text in texts for line in text.decode(errors="replace").splitlines()]
    firsts = {words[0] for words in lines if words}
    return [one for one in PROGRAMS[name].plugins if one not in firsts]


def render_table() -> str:
    """Return the programs as a table of a document."""
    lines = ["| program | turned on by | asked | source | |", "| --- | --- | --- | --- | --- |"]
    for name, of in PROGRAMS.items():
        asked = of.question
        proof = f"`{asked.changes.strip()}` changes" + (
            f", `{asked.failures.strip()}` does not grow" if asked.failures else ""
        )
        how = "run by the tests" if of.is_run else "read about, not run"
        lines.append(f"| `{name}` | {of.turned_on} | `:{asked.port}{asked.path}`: {proof} | {of.source} | {how} |")
    return "\n".join(lines)
