"""
Programs that read their files again, and how each is asked whether it did: as data, with sources.

`run_by` is what runs the program itself; without it its answers are only what is written about it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """
    A GET that a pod answers, and which lines of the answer say what. `#` begins a comment.

    `changes`: the lines with this text are others than before. `contains`: the answer has this text. `failures`: the
    numbers on the lines with this text do not grow. `refused`: the answer does not have this text, unless it had it
    before. An empty one is not asked.
    """

    port: int
    path: str
    contains: str = ""
    changes: str = ""
    failures: str = ""
    refused: str = ""

    def __str__(self) -> str:
        return f":{self.port}{self.path}"


@dataclass(frozen=True)
class Program:
    """One program: what makes it reload, how it is asked, where that is written, and what runs it to see that."""

    question: Question
    turned_on: str
    source: str
    run_by: str = ""
    plugins: tuple[str, ...] = ()
    """Directives that a line of its text has to begin with: without them it never reloads, or never tells."""


_METRICS = "/metrics"
_COREDNS_PLUGINS = ("reload", "prometheus")

PROGRAMS: Mapping[str, Program] = {
    "coredns": Program(
        Question(9153, _METRICS, changes="coredns_reload_version_info", failures="coredns_reload_failed_total"),
        "the plugins `reload` and `prometheus` in the Corefile",
        "coredns 1.15 plugin/reload/reload.go `hook`",
        run_by="`make test`",
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
    "vector": Program(
        Question(9598, _METRICS, changes="vector_reloaded_total", failures='error_type="configuration_failed"'),
        "`--watch-config`, and the source `internal_metrics` at a sink `prometheus_exporter`",
        "vector src/internal_events/process.rs; global options are never reloaded: src/topology/running.rs",
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
        Question(
            9090,
            _METRICS,
            changes="prometheus_config_last_reload_success_timestamp_seconds ",
            refused="prometheus_config_last_reload_successful 0",
        ),
        "`--config.auto-reload`, at first called `--enable-feature=auto-reload-config`, or a sidecar that asks for "
        "`/-/reload`",
        "prometheus 3.16 cmd/prometheus/main.go `reloadConfig`",
        run_by="`make programs`",
    ),
    "alertmanager": Program(
        Question(
            9093,
            _METRICS,
            changes="alertmanager_config_last_reload_success_timestamp_seconds ",
            refused="alertmanager_config_last_reload_successful 0",
        ),
        "a sidecar that asks for `/-/reload`",
        "alertmanager config/coordinator.go",
    ),
    "falco": Program(
        Question(8765, _METRICS, changes="falcosecurity_falco_reload_timestamp_nanoseconds"),
        "`watch_config_files`, which is on by default; `metrics.enabled` and `webserver.prometheus_metrics_enabled`",
        "falco userspace/falco/falco_metrics.cpp, app/restart_handler.cpp",
    ),
}
"""
Name -> program.

CoreDNS' `version_info` is that of the last Corefile that it tried, also where it failed: the counter alone tells that.
"""

NOT_RELOADING: Mapping[str, tuple[str, str]] = {
    "kube-proxy": (
        "reads its configuration once, when it starts: with a ConfigMap it does not even notice that it changed",
        "kubernetes cmd/kube-proxy/app/server.go, pkg/util/filesystem",
    ),
    "nvidia-device-plugin": (
        "follows a label of its node that names a key, and does not watch the text of that key",
        "k8s-device-plugin cmd/config-manager/main.go",
    ),
    "cilium": (
        "takes nearly all of its keys only when it starts, and reports what has changed since as drift",
        "docs.cilium.io: Configuration, ConfigMap drift detection",
    ),
    "node-feature-discovery": (
        "has not watched its file since 0.17",
        "node-feature-discovery docs/usage/nfd-worker.md, release 0.17",
    ),
}
"""Programs that could be taken for such: name -> why a changed text never reaches the process, and where that is."""


def missing_plugins(name: str, texts: Iterable[bytes]) -> list[str]:
    """Return the directives that a known program needs and that none of the texts which it reads again has."""
    lines = [line.split() for text in texts for line in text.decode(errors="replace").splitlines()]
    firsts = {words[0] for words in lines if words}
    return [one for one in PROGRAMS[name].plugins if one not in firsts]


def render_table() -> str:
    """Return the programs as a table of a document: those that reload, and those that could be taken for such."""
    lines = ["| program | turned on by | asked | source | |", "| --- | --- | --- | --- | --- |"]
    for name, of in PROGRAMS.items():
        how = f"run by {of.run_by}" if of.run_by else "read about, not run"
        lines.append(f"| `{name}` | {of.turned_on} | {_asked(of.question)} | {of.source} | {how} |")
    for name, (why, source) in NOT_RELOADING.items():
        lines.append(f"| `{name}` | nothing: it {why} | refused | {source} | read about, not run |")
    return "\n".join(lines)


def _asked(question: Question) -> str:
    proofs = [f"`{question.changes.strip()}` changes"]
    proofs += [f"`{question.failures.strip()}` does not grow"] if question.failures else []
    proofs += [f"`{question.refused}` is a rejection"] if question.refused else []
    return f"`:{question.port}{question.path}`: {', '.join(proofs)}"
