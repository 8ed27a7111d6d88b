"""Kubeconfigs: several as one, with the rules of kubectl, and one with another server. Reads no files itself."""

import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any

Config = Mapping[str, Any]

_FILES = {
    "clusters": ("cluster", ("certificate-authority",)),
    "users": ("user", ("client-certificate", "client-key", "tokenFile")),
}
"""Section -> where an entry keeps its fields, and which of them are paths of files."""


class BadKubeconfig(ValueError):
    """What is wrong with a kubeconfig, as a sentence without a subject."""


def merged(configs: Sequence[tuple[str, object]]) -> dict[str, Any]:
    """
    Return several kubeconfigs as one; where two of them differ, the first takes precedence.

    Paths of files become absolute: they are relative to the folder of the kubeconfig that names them.
    Source: client-go 0.36 tools/clientcmd/loader.go `Load`, `ResolveLocalPaths`.

    Args:
      configs: Folder and parsed content of each, the first first.

    Raises:
      BadKubeconfig: One of them is not a kubeconfig.

    """
    whole: dict[str, Any] = {"clusters": [], "users": [], "contexts": []}
    for folder, config in configs:
        if not isinstance(config, Mapping) or not any(section in config for section in whole):
            raise BadKubeconfig("has no clusters, users or contexts")
        if config.get("current-context"):
            whole.setdefault("current-context", config["current-context"])
        for section in ("clusters", "users", "contexts"):
            known = {entry["name"] for entry in whole[section]}
            entries = config.get(section) or []
            if not isinstance(entries, list) or not all(isinstance(e, Mapping) and "name" in e for e in entries):
                raise BadKubeconfig(f"{section} must be a list of entries with names")
            whole[section] += [_absolute(section, entry, folder) for entry in entries if entry["name"] not in known]
    return whole


def chosen(config: Config, context: str | None, cluster: str | None) -> tuple[dict[str, Any], str]:
    """
    Return the kubeconfig with `context` as its current one, and `cluster` instead of that context's cluster.

    Raises:
      BadKubeconfig: The context or cluster does not exist; the message lists those that do.

    """
    name = context or config.get("current-context")
    contexts = {entry["name"]: entry.get("context") or {} for entry in config["contexts"]}
    if not name:
        raise BadKubeconfig(f"has no current-context (contexts: {_listed(contexts)})")
    if name not in contexts:
        raise BadKubeconfig(f"has no context '{name}' (contexts: {_listed(contexts)})")
    wanted = cluster or contexts[name].get("cluster")
    clusters = {entry["name"]: entry.get("cluster") or {} for entry in config["clusters"]}
    if wanted not in clusters:
        raise BadKubeconfig(f"has no cluster '{wanted}' (clusters: {_listed(clusters)})")
    if not clusters[wanted].get("server"):
        raise BadKubeconfig(f"has no server for cluster '{wanted}'")
    users = {entry["name"] for entry in config["users"]}
    user = contexts[name].get("user")
    if user and user not in users:
        raise BadKubeconfig(f"has no user '{user}' (users: {_listed(users)})")
    own = {"name": name, "context": {**contexts[name], "cluster": wanted}}
    others = [entry for entry in config["contexts"] if entry["name"] != name]
    return {**config, "contexts": [own, *others], "current-context": name}, name


def user_of(config: Config) -> Config:
    """Return the credentials of the current context; empty if it has none."""
    return _current(config, "users", "user")


def cluster_of(config: Config) -> Config:
    """Return the cluster of the current context."""
    return _current(config, "clusters", "cluster")


def proxy_of(config: Config) -> str:
    """Return the address of the proxy of the current context's cluster; empty if it has none."""
    return str(cluster_of(config).get("proxy-url") or "")


def _current(config: Config, section: str, kind: str) -> Config:
    """Return the entry of a section that the current context names; empty if it names none."""
    context = config["current-context"]
    name = next((e["context"].get(kind) for e in config["contexts"] if e["name"] == context), None)
    entry: Config = next((e.get(kind) or {} for e in config[section] if e["name"] == name), {})
    return entry


def impersonation(user: Config) -> list[tuple[str, str]]:
    """
    Return the headers with which a user impersonates another one.

    Source: client-go 0.36 transport/round_trippers.go `NewImpersonatingRoundTripper`.
    """
    headers = [("Impersonate-User", user.get("as")), ("Impersonate-Uid", user.get("as-uid"))]
    headers += [("Impersonate-Group", group) for group in user.get("as-groups") or []]
    for key, values in (user.get("as-user-extra") or {}).items():
        headers += [(f"Impersonate-Extra-{key}", value) for value in values]
    return [(name, str(value)) for name, value in headers if value]


def with_server(kubeconfig: str, server: str) -> str:
    """
    Return a kubeconfig with another address in the cluster of its current context; every other byte stays.

    Without a current context, its only cluster is used.

    Raises:
      BadKubeconfig: It does not name that cluster, or the address is shared with others.

    """
    import yaml

    try:
        root = yaml.compose(kubeconfig, Loader=yaml.CSafeLoader)
        place = _fields(root)
        name = _text(place.get("current-context"))
        contexts, clusters = _entries(place.get("contexts"), "context"), _entries(place.get("clusters"), "cluster")
        if name:
            if name not in contexts:
                raise BadKubeconfig(f"has no context '{name}' (contexts: {_listed(contexts)})")
            name = _text(_fields(contexts[name]).get("cluster"))
        elif len(clusters) == 1:
            (name,) = clusters
        if name not in clusters:
            what = f"has no cluster '{name}'" if name else "has no current-context"
            raise BadKubeconfig(f"{what} (clusters: {_listed(clusters)})")
        address = _fields(clusters[name]).get("server")
        if not isinstance(address, yaml.ScalarNode):
            raise BadKubeconfig(f"has no server for cluster '{name}'")
        plain = not address.style and re.fullmatch(r"[\w.:/-]+", server)
        start, end = address.start_mark.index, address.end_mark.index
        changed = f"{kubeconfig[:start]}{server if plain else json.dumps(server)}{kubeconfig[end:]}"
        # Every leaf as text, so that nothing is taken for something else.
        before, after = (yaml.load(text, Loader=yaml.CBaseLoader) for text in (kubeconfig, changed))
    except yaml.YAMLError as error:
        raise BadKubeconfig(f"is not valid YAML ({str(error).splitlines()[0]})") from None
    if _with_address(before, name, server) != after:
        raise BadKubeconfig(f"shares the server of cluster '{name}' with other clusters, or sets it twice")
    return changed


def _with_address(config: Any, name: str, server: str) -> Any:
    """Return a parsed kubeconfig with the address of one cluster replaced."""
    clusters = [
        {**entry, "cluster": {**entry["cluster"], "server": server}} if entry.get("name") == name else entry
        for entry in config["clusters"]
    ]
    return {**config, "clusters": clusters}


def _fields(node: Any) -> dict[str, Any]:
    """Return key -> node of a mapping's node; of none, nothing."""
    pairs = node.value if getattr(node, "id", "") == "mapping" else []
    return {str(key.value): value for key, value in pairs}


def _entries(node: Any, inner: str) -> dict[str, Any]:
    """Return name -> node of what the entries of a section hold."""
    entries = [_fields(entry) for entry in node.value] if getattr(node, "id", "") == "sequence" else []
    return {_text(entry.get("name")): entry.get(inner) for entry in entries}


def _text(node: Any) -> str:
    return str(node.value) if getattr(node, "id", "") == "scalar" else ""


def _absolute(section: str, entry: Mapping[str, Any], folder: str) -> dict[str, Any]:
    if section not in _FILES:
        return dict(entry)
    inner, paths = _FILES[section]
    fields = dict(entry.get(inner) or {})
    for path in paths:
        if fields.get(path):
            fields[path] = posixpath.join(folder, str(fields[path]))
    program = fields.get("exec")
    if isinstance(program, Mapping) and "/" in str(program.get("command", "")):
        fields["exec"] = {**program, "command": posixpath.join(folder, str(program["command"]))}
    return {**entry, inner: fields}


def _listed(names: object) -> str:
    return ", ".join(sorted(str(name) for name in names)) or "none"  # type: ignore[attr-defined]
