"""
Programs that reload their files when these change, recognised by the options that make them do so.

Only files mounted as a directory change while a program runs, so nothing here covers variables or `subPath`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .uses import How, Use

_OFF = {"false", "0", "no", "off", ""}

_RELOADERS = re.compile(r"(config-?map|config|cm|nats-server-config)-?(reload(er)?|watcher)|prometheus-config-reloader")
"""Images of sidecars that watch the files of a volume and make the main program reload them."""

_RELOADING_COREFILE = re.compile(r"(?m)^\s*reload(\s|$)")
_FALCO_DOES_NOT = re.compile(r"(?m)^\s*watch_config_files:\s*(false|no|off)\b")
_READ_ANYWAY = tuple(
    (re.compile(image), re.compile(path), why)
    for image, path, why in (
        ("", r"/tmp/k8s-webhook-server/serving-certs/tls\.(crt|key)", "controller-runtime reloads certificates"),
        ("^grafana$", r".*dashboard.*/.*\.json", "grafana reloads its dashboards (updateIntervalSeconds)"),
        ("^argocd$", "/app/config/(ssh|tls)/.*", "Argo CD reads it whenever it connects"),
    )
)
"""
(Image, path of the file, why) of what programs reload without an option. Sources: controller-runtime pkg/webhook and
pkg/certwatcher; grafana "Provision Grafana"; argo-cd docs/operator-manual/declarative-setup.md.
"""


@dataclass(frozen=True)
class _Option:
    """A flag, or a variable, with which a program watches its files. `image` is a pattern, empty for any program."""

    image: str
    flags: tuple[str, ...]
    variable: str = ""
    holds: str = ""


_OPTIONS = (
    _Option("", ("--watch-config",)),  # vector, telegraf, and any other program with this flag
    _Option("vector", ("--watch-config", "-w"), "VECTOR_WATCH_CONFIG"),
    _Option("opa", ("--watch", "-w")),
    _Option("caddy", ("--watch",)),
    _Option("prometheus", ("--enable-feature",), holds="auto-reload-config"),
    _Option("prometheus", ("--config.auto-reload",)),
)
"""
Sources: vector.dev "Vector CLI"; telegraf docs/CONFIGURATION.md; openpolicyagent.org "opa run"; caddyserver.com
"Command Line"; prometheus docs/feature_flags.md and, since it is no longer one,
cmd/prometheus/main.go.
"""


def watches(use: Use, others: Iterable[Use]) -> str | None:
    """
    Return why a program notices new files in a volume without a restart; `None` if no known reason applies.

    Args:
      use: How its container reads the source.
      others: All uses of the pods, including the sidecars'.

    """
    return (_by_a_sidecar(use, others) or _by_an_option(use)) if use.how is How.DIRECTORY else None


def reads_again(use: Use, key: str | None, content: Mapping[str, object], others: Iterable[Use]) -> str | None:
    """Return why a program notices new content of one key without a restart."""
    if use.how is not How.DIRECTORY:
        return None
    return _by_itself(use, key, content) or (_by_a_probe(use, key, others) if key else None)


def _by_a_probe(use: Use, key: str, others: Iterable[Use]) -> str | None:
    """Return which container's probe runs a file; other containers that mount it do not use it."""
    for other in others:
        if other.volume == use.volume and other.how is How.DIRECTORY:
            path = other.path_of(key)
            if any(path in word for word in _probed_by(other.container)):
                return f"each probe of container '{other.container.get('name')}' runs it"
    return None


def _by_a_sidecar(use: Use, others: Iterable[Use]) -> str | None:
    """Source: jimmidyson/configmap-reload README; prometheus-operator cmd/prometheus-config-reloader."""
    for other in others:
        if other.volume == use.volume and other.how is How.DIRECTORY and is_reloader(other.container):
            return f"container '{other.container.get('name')}' ({image_of(other.container)}) watches its volume"
    return None


def _by_an_option(use: Use) -> str | None:
    name = str(use.container.get("name"))
    words = list(_words(use.container))
    for option in _OPTIONS:
        if not re.search(option.image, image_of(use.container)):
            continue
        for flag in option.flags:
            value = _value_of(flag, words)
            if value is not None and value.lower() not in _OFF and option.holds in value:
                return f"container '{name}' watches its files ({flag}{f'={value}' if option.holds else ''})"
        variables = {entry.get("name"): entry.get("value") for entry in _mappings(use.container, "env")}
        if str(variables.get(option.variable) or "").lower() not in _OFF:
            return f"container '{name}' watches its files ({option.variable})"
    return None


def _by_itself(use: Use, key: str | None, content: Mapping[str, object]) -> str | None:
    """
    Return why a program reloads a file without a flag for it.

    Sources: coredns plugin/reload; falco falco.yaml `watch_config_files`, on by default; traefik "File provider",
    watched by default; exporter-toolkit docs/web-configuration.md.
    """
    image, name = image_of(use.container), str(use.container.get("name"))
    words = list(_words(use.container))
    text = content.get(key) if key else None
    path = use.path_of(key or "")
    if key == "Corefile" and isinstance(text, str) and _RELOADING_COREFILE.search(text):
        return "its plugin `reload` reloads it"
    if re.fullmatch(r"falco(-no-driver|-driver)?", image):
        texts = [value for value in content.values() if isinstance(value, str)]
        return None if any(map(_FALCO_DOES_NOT.search, texts)) else "falco watches its files (watch_config_files)"
    if image == "traefik" and (_value_of("--providers.file.watch", words) or "true").lower() not in _OFF:
        folder = _value_of("--providers.file.directory", words)
        if folder and path.startswith(f"{folder.rstrip('/')}/"):
            return "traefik watches the directory (--providers.file.directory)"
    if key and _value_of("--web.config.file", words) == path:
        return f"container '{name}' reads it at each request (--web.config.file)"
    reasons = (why for of, at, why in _READ_ANYWAY if key and of.search(image) and at.fullmatch(path))
    return next(reasons, None)


READ_ONCE = re.compile(r"(^|-)kube-proxy|^cilium(-ci)?$|^fluent-bit|^vector$|^multus|^node-feature-discovery|^flannel$")
"""Images of programs that are known to read their files only at startup, unless an option says otherwise."""


def is_reloader(container: Mapping[str, Any]) -> bool:
    """Return whether a container is a sidecar that makes others reload."""
    return bool(_RELOADERS.search(image_of(container)))


def image_of(container: Mapping[str, Any]) -> str:
    """Return the last part of an image's name, without registry, tag and digest: `kube-proxy`."""
    image = container.get("image")
    return re.split(r"[:@]", image.rpartition("/")[2])[0] if isinstance(image, str) else ""


def _words(container: Mapping[str, Any]) -> Iterator[str]:
    """Yield the words of a container's command line, including those within a script."""
    for field in ("command", "args"):
        value = container.get(field)
        for word in value if isinstance(value, list) else ():
            yield from str(word).split()


def _probed_by(container: Mapping[str, Any]) -> Iterator[str]:
    """Yield the words of the commands that the probes of a container run."""
    for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
        value = container.get(probe)
        run = value.get("exec") if isinstance(value, Mapping) else None
        command = run.get("command") if isinstance(run, Mapping) else None
        yield from (str(word) for word in command) if isinstance(command, list) else ()


def _value_of(flag: str, words: list[str]) -> str | None:
    """Return the value of a flag, `true` if it has none, `None` if it is not set. One dash counts as two."""
    names = {flag, flag[1:]} if flag.startswith("--") else {flag}
    for position, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in names:
            following = words[position + 1] if position + 1 < len(words) else ""
            return value.strip("'\"") if equals else "true" if following.startswith("-") or not following else following
    return None


def _mappings(of: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = of.get(key)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
