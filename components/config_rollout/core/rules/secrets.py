"""The rule on secrets in ConfigMaps."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..arguments.finding import Finding
from .objects import KubernetesObject
from .placeholders import placeholder_in
from .rule import Answer, Level, Parameters, Rule, Severity

_PRIVATE_KEY = re.compile(
    r"(?m)^[\s\"'|>:A-Za-z0-9_.-]*-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----(?:\s|\\r|\\n)+"
    r"(?:[A-Z][A-Za-z-]+: [^\n]*\s+)*[A-Za-z0-9+/]{16}"
)
"""The first line of a key and the start of the next: a script that searches for keys has only the first."""

_MAYBE_KUBECONFIG = re.compile(r"\bkind\b[\"']?\s*:\s*[\"']?Config\b")
_CREDENTIALS = ("token", "password", "client-key-data")
_LINE = re.compile(rf"(?m)[\s,{{-][\"']?({'|'.join(_CREDENTIALS)})[\"']?:[ \t]*[\"']?([^\"'\s,}}]+)")
_TO_BE_REPLACED = re.compile(
    r"""(?ix) <.*> | x{3,} | \*+ | \.\.\.
    | .* (replace|change) [-_ ]? (me|it|this|with) .*
    | (your|my|some|the) [-_ ] .*
    | .* \b (example|placeholder|redacted|todo) \b .*
    | secret | password | token
    """
)
"""Text that a person is meant to replace with a secret."""


def _secret(config_map: KubernetesObject, _: Parameters) -> Iterator[Answer]:
    for key, text in config_map.texts("data").items():
        if not isinstance(text, str):
            continue
        what = "holds a private key" if _PRIVATE_KEY.search(text) else ""
        if credential := _credential(text):
            what = f"is a kubeconfig with a {credential}"
        if what:
            yield Finding(
                f"data['{key}']",
                f"{what}, which everyone with permission to read ConfigMaps can read",
                "Put it into a Secret, or refer to a file, as tokenFile does",
            )


def _credential(text: str) -> str | None:
    """Return which credential a kubeconfig contains, in any YAML style; `None` for other texts or no credential."""
    if not _MAYBE_KUBECONFIG.search(text) or not any(name in text for name in _CREDENTIALS):
        return None
    from ..formats.meaning import NotUnderstood
    from ..formats.yaml_text import load_documents

    try:
        pairs = [pair for document in load_documents(text.encode(errors="replace")) for pair in _pairs(document)]
    except NotUnderstood:
        pairs = [(name, value) for name, value in _LINE.findall(text)]
    return next((name for name, value in pairs if _is_secret(value)), None)


def _pairs(document: Any) -> Iterator[tuple[str, str]]:
    """Yield the credentials of the users of a kubeconfig."""
    from ..formats.meaning import Spelled

    users = document.get("users") if isinstance(document, Mapping) else None
    for user in users if isinstance(users, list) else ():
        for part in (user, user.get("user")) if isinstance(user, Mapping) else ():
            if isinstance(part, Mapping):
                for name in _CREDENTIALS:
                    value = part.get(name)
                    yield name, value.text if isinstance(value, Spelled) else str(value or "")


def _is_secret(value: str) -> bool:
    text = value.strip()
    filled_later = bool(placeholder_in(text)) or text.startswith(("$", "{{", "{%"))
    return bool(text) and not filled_later and not _TO_BE_REPLACED.fullmatch(text)


def _kubeconfig(user: str) -> str:
    return f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: kube-proxy, namespace: kube-system}}
data:
  kubeconfig.conf: |
    apiVersion: v1
    kind: Config
    users:
    - name: default
      user:
        {user}
"""


SECRET = Rule(
    id="secret-in-config-map",
    level=Level.ADVISORY,
    severity=Severity.HIGH,
    topic="secrets",
    prevents="a private key or a kubeconfig's token that everyone with permission to read ConfigMaps can read",
    fix="a Secret, or tokenFile",
    link="https://kubernetes.io/docs/concepts/configuration/configmap/",
    kinds=("ConfigMap",),
    check_one=_secret,
    bad=_kubeconfig("token: abcdef"),
    good=_kubeconfig("tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token"),
)
