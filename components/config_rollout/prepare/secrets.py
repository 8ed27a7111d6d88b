"""The Secrets of a component, from its arguments. Their values go nowhere but into the objects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi

from ..core.arguments.fields import check_config_map_name, named
from ..core.arguments.finding import Finding
from ..core.configuration.keyed import PASS_KEY, HashKey, parse_hash_key
from ..core.configuration.reloading import no_reloads
from ..core.configuration.secret_content import SecretContent, doubts, parse_secret
from ..core.kubernetes.asked_keys import Keys, missing_keys
from ..core.kubernetes.pod_spec import secret_references
from ..core.revisions.naming import max_source_length
from ..core.workload.secret import SecretSource, as_read
from .external import external_names
from .outputs import NOT_KNOWN, holds_output, known_once

_FIELDS = ("string_data", "data", "type", "formats", "effects", "text_version")
_NO_KEY = "is required with `secrets`: others can read their hash, and without a key anyone could test guesses with it"


@dataclass(frozen=True)
class Secrets:
    """The Secrets of a component, the key of their hashes, and what may be wrong with them and is not refused."""

    sources: Sequence[SecretSource] = ()
    key: HashKey = field(default=HashKey(b""))
    doubtful: Sequence[Finding] = field(default=(), repr=False)


def secret_names(plain: Mapping[str, Any]) -> list[str]:
    """Return what the pod spec calls the Secrets of a component."""
    secrets = plain.get("secrets")
    return [one for one in secrets if isinstance(one, str)] if isinstance(secrets, Mapping) else []


def parse_secrets(name: str, plain: dict[str, Any]) -> tuple[Secrets, list[Finding]]:
    """
    Return the Secrets that the pods of the component with that Kubernetes name read, and everything wrong with them.

    `plain` are its arguments, with the values of `secrets` that are known. They are complete only if nothing is wrong.
    """
    if "secrets" not in plain and not external_names(plain, "secrets"):
        unused = Finding("hash_key", "is for `secrets`, and there are none", "Leave it out")
        return Secrets(), [unused] if "hash_key" in plain else []
    key, findings = _hash_key(plain)
    if "secrets" not in plain:
        return Secrets(key=key), findings
    every = plain["secrets"]
    if not isinstance(every, Mapping) and holds_output(every):
        fix = "Pass a plain mapping; only the values may be Outputs"
        return Secrets(), [*findings, Finding("secrets", "is not known in this preview, so neither are its names", fix)]
    if not isinstance(every, Mapping) or not every:
        what = f"must map name to a Secret's fields (got { {} if every == {} else type(every).__name__ })"
        return Secrets(), [*findings, Finding("secrets", what, "Pass {'NAME': {'string_data': {...}}}")]
    sources: list[SecretSource] = []
    doubtful: list[Finding] = []
    for called, fields in every.items():
        place = f"secrets[{called!r}]"
        secret, unknown, wrong, doubted = _parse(called, fields, plain.get("pod_spec"))
        findings += check_config_map_name(place, called, max_source_length(name), "Secret")
        findings += [_within(place, finding) for finding in wrong]
        doubtful += [_within(place, finding) for finding in doubted]
        sources.append(SecretSource(str(called), secret, key, name, unknown))
    findings += _check_keys(sources, plain.get("pod_spec"))
    return Secrets(sources, key, doubtful), findings


def _hash_key(plain: Mapping[str, Any]) -> tuple[HashKey, list[Finding]]:
    if "hash_key" not in plain:
        return HashKey(b""), [Finding("hash_key", _NO_KEY, PASS_KEY)]
    value, is_secret, _ = known_once(plain["hash_key"])
    if holds_output(value):
        what, fix = "is not known in this preview, so no name would be", "Pass a secret of the stack's configuration"
        return HashKey(b""), [Finding("hash_key", what, fix)]
    return parse_hash_key(value, is_secret)


def _parse(
    called: object, fields: Any, pod_spec: object
) -> tuple[SecretContent, list[str], list[Finding], list[Finding]]:
    """Return the content, the keys that are not known yet, what is wrong, and what is doubtful."""
    if not isinstance(fields, Mapping):
        what = f"must be a mapping with `string_data` or `data` (got {type(fields).__name__})"
        return SecretContent(), [], [Finding("", what, "Pass {'string_data': {...}}")], []
    of, findings = named("", fields, _FIELDS)
    findings = [replace(finding, where=finding.where.lstrip(".")) for finding in findings]
    unknown = _unknown_keys(of)
    if unknown:
        places = [f"{section}[{key!r}]" for section, values in of.items() if holds_output(values) for key in unknown]
        wrong = [] if pulumi.runtime.is_dry_run() else [Finding(places[0], *NOT_KNOWN)]
        return SecretContent(), unknown, [*findings, *wrong], []
    secret, wrong = parse_secret(of)
    wrong += no_reloads(secret.content.effects)
    if not wrong:
        secret, wrong = _as_read(secret, called, pod_spec)
    return secret, [], [*findings, *wrong], list(doubts(of, secret))


def _unknown_keys(fields: Mapping[str, Any]) -> list[str]:
    """Return the keys that this preview does not know; `*` for all."""
    keys: list[str] = []
    for values in filter(holds_output, fields.values()):
        keys += (
            [str(key) for key, value in values.items() if holds_output(value)] if isinstance(values, Mapping) else ["*"]
        )
    return keys


def _as_read(secret: SecretContent, name: object, pod_spec: object) -> tuple[SecretContent, list[Finding]]:
    """Return the content with what pods read of it; find that this is nothing."""
    content = as_read(secret.content, pod_spec, str(name))
    is_named = any(reference.name == name for reference in secret_references(pod_spec))  # else that is said
    if len(content.unread) < len(content.meanings) or not is_named:
        return replace(secret, content=content), []
    return secret, [Finding("", "pods read none of its keys", "Ask for one in pod_spec, or leave the Secret out")]


def _check_keys(sources: Sequence[SecretSource], pod_spec: object) -> Iterator[Finding]:
    """Find keys of the component's Secrets that the pods ask for and that they do not have."""
    every = {source.name: Keys(list(source.content.meanings)) for source in sources if source.content.meanings}

    def keys_of(kind: str, name: object) -> Keys | None:
        return every.get(name) if kind == "Secret" and isinstance(name, str) else None

    yield from missing_keys(pod_spec, keys_of)


def _within(place: str, finding: Finding) -> Finding:
    return replace(finding, where=f"{place}.{finding.where}" if finding.where else place)
