"""The ConfigMaps of a component, from its arguments: what each holds, and what its pods read of it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pulumi

from ..core.arguments.fields import check_config_map_name, named
from ..core.arguments.finding import Finding
from ..core.configuration.content import Content, parse_content, unmatched, warnings
from ..core.configuration.effects import Effects, parse_effects
from ..core.configuration.reloading import reload_keys
from ..core.formats import on_platform
from ..core.kubernetes.asked_keys import Keys, missing_keys
from ..core.kubernetes.pod_spec import platform, references
from ..core.kubernetes.uses import keys_read
from ..core.revisions.naming import max_source_length
from ..core.workload.configuration import Configuration
from ..core.workload.reload import check_reloads
from ..core.workload.source import CONFIG_MAP, Source

_FIELDS = ("data", "binary_data", "formats", "effects", "text_version")

_Sources = dict[str, tuple[str, dict[str, Any]]]
"""Name in the pod spec -> where in the arguments it is, and its fields."""


def source_names(name: str, plain: Mapping[str, Any]) -> list[str]:
    """Return what the pod spec calls the ConfigMaps of a component, the one of `data` first."""
    others = plain.get("config_maps")
    listed = [one for one in others if isinstance(one, str)] if isinstance(others, Mapping) else []
    own = "data" in plain or not (listed or "secrets" in plain or "external" in plain or others == {})
    return list(dict.fromkeys([*([name] if own else []), *listed]))


def parse_sources(
    name: str, plain: dict[str, Any], may_read_nothing: bool = False
) -> tuple[Configuration, list[Finding]]:
    """
    Return what the pods read, and everything that is wrong with it. It is complete only if nothing is.

    `plain` are the arguments of the component with that Kubernetes name; formats get the platform of the pods. Values
    that are Outputs are those that a preview does not know.
    """
    no_sources: tuple[_Sources, list[Finding]] = {}, []
    reads_nothing = may_read_nothing and plain.get("config_maps") == {}
    sources, findings = no_sources if reads_nothing else _sources(name, plain)
    parsed: dict[str, Source] = {}
    for called, (place, fields) in sources.items():
        unknown, known = _without_outputs(fields)
        _add_platform(known, plain.get("pod_spec"))
        content, wrong = _content(known, unknown)
        wrong = wrong or _check_images(content, plain.get("pod_spec"))
        selective = any(argument in plain for argument in ("config_maps", "external", "secrets"))
        if selective and not wrong and not unknown:
            content, wrong = _as_read(content, called, plain.get("pod_spec"))
        stated = _stated(fields)
        wrong = [*wrong, *check_reloads(stated, called, plain.get("pod_spec"))]
        findings += [replace(finding, where=_within(place, finding.where)) for finding in wrong]
        values, reloads = (fields.get("data") or {}, fields.get("binary_data")), reload_keys(stated)
        parsed[called] = Source(called, content, *values, unknown=unknown, reloads=reloads)
    findings += _check_keys(sources, plain.get("pod_spec"))
    return Configuration(list(parsed.values())), findings


def warned(name: str, plain: Mapping[str, Any], configuration: Configuration) -> Iterator[Finding]:
    """Yield what should not stay as it is in the contents."""
    for source in (one for one in configuration.sources if not one.external):
        place = "" if source.name == name and "data" in plain else f"config_maps[{source.name!r}]"
        yield from (replace(finding, where=_within(place, finding.where)) for finding in warnings(source.content))


def _within(place: str, where: str) -> str:
    return f"{place}.{where}" if place and where else place or where or "data"


def _sources(name: str, plain: dict[str, Any]) -> tuple[_Sources, list[Finding]]:
    """Return the fields of each ConfigMap, `data` with its own as one of them."""
    others = plain.get("config_maps")
    if others is None and "data" not in plain:
        has_others = "secrets" in plain or "external" in plain
        return {}, [] if has_others else [Finding("data", "is required", "Pass it")]
    sources: _Sources = {}
    findings: list[Finding] = []
    if "data" in plain:
        sources[name] = "", plain
    else:
        what, fix = "is said of `data`, which is not passed", "Put it into the entry of config_maps that it is about"
        findings += [Finding(field, what, fix) for field in _FIELDS if field in plain]
    if others is None:
        return sources, findings
    if not isinstance(others, Mapping) or not others:
        what = f"must map name to a ConfigMap's fields (got {others if others == {} else type(others).__name__})"
        return sources, [*findings, Finding("config_maps", what, "Pass {'NAME': {'data': {...}}}")]
    every: dict[str, Any] = {}
    for called, fields in others.items():
        place = f"config_maps[{called!r}]"
        findings += check_config_map_name(place, called, max_source_length(name))
        if called in sources:
            findings.append(Finding(place, "is the ConfigMap that `data` makes", "Keep it in one of the two"))
        elif not isinstance(fields, Mapping):
            what = f"must be a mapping with `data` (got {type(fields).__name__})"
            findings.append(Finding(place, what, "Pass {'data': {...}}"))
        else:
            every[str(called)], wrong = named(place, fields, _FIELDS)
            findings += wrong
    plain["config_maps"] = every
    sources |= {called: (f"config_maps[{called!r}]", fields) for called, fields in every.items()}
    return sources, findings


def _add_platform(fields: dict[str, Any], pod_spec: object) -> None:
    data, formats, system = fields.get("data"), fields.get("formats", {}), platform(pod_spec)
    if system and isinstance(data, Mapping) and isinstance(formats, Mapping):
        fields["formats"] = on_platform(data, formats, system) or fields.get("formats")


def _without_outputs(fields: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """Return the keys that are not known yet, `*` for all, and the fields without them and what is said of them."""
    sections = {section: fields.get(section) or {} for section in ("data", "binary_data")}
    if any(isinstance(values, pulumi.Output) for values in sections.values()):
        return ["*"], {"text_version": fields.get("text_version")}
    mappings = {section: values for section, values in sections.items() if isinstance(values, Mapping)}
    unknown = [key for values in mappings.values() for key, value in values.items() if isinstance(value, pulumi.Output)]
    if not unknown:
        return [], fields
    known = {**fields, **{section: _but(values, unknown) for section, values in mappings.items()}}
    return unknown, known | {section: _but(fields.get(section), unknown) for section in ("formats", "effects")}


def _but(values: Any, keys: list[str]) -> Any:
    """Return a mapping without these keys, and without what begins with one of them and a colon."""
    if not isinstance(values, Mapping):
        return values
    return {key: value for key, value in values.items() if str(key).partition(":")[0] not in keys}


def _content(fields: Mapping[str, Any], unknown: list[str]) -> tuple[Content, list[Finding]]:
    """Parse a ConfigMap's content, as far as it is known."""
    data, binary = fields.get("data", {}), fields.get("binary_data", {})
    if unknown and not data and not binary:
        return Content(), []
    declared = (fields.get(argument) for argument in ("formats", "effects", "text_version"))
    content, wrong = parse_content(data, binary, *declared)
    return content, [*wrong, *(unmatched(content) if not wrong else [])]


def _check_images(content: Content, pod_spec: object) -> list[Finding]:
    if all(meaning.format != "kube-proxy" for meaning in content.meanings.values()):
        return []
    from ..core.kube_proxy.files import check_images  # with it comes all that is known of kube-proxy

    return check_images(content, pod_spec)


def _stated(fields: Mapping[str, Any]) -> dict[str, Effects]:
    """Return key -> what is stated of it, also of keys that a preview does not know."""
    effects = fields.get("effects")
    if not isinstance(effects, Mapping):
        return {}
    return parse_effects(effects, [str(name).partition(":")[0] for name in effects])[0]


def _as_read(content: Content, name: str, pod_spec: object) -> tuple[Content, list[Finding]]:
    """Return the content with what pods read of it; find that this is nothing."""
    read = content.as_read(keys_read(pod_spec, CONFIG_MAP, name).reads)
    is_named = any(reference.name == name for reference in references(pod_spec))  # else that is said
    if len(read.unread) < len(read.meanings) or not is_named:
        return read, []
    return read, [Finding("", "pods read none of its keys", "Ask for one in pod_spec, or leave the ConfigMap out")]


def _check_keys(sources: _Sources, pod_spec: object) -> Iterator[Finding]:
    """Find keys of the component's ConfigMaps that the pods ask for and that are in neither map."""
    known = {}
    for name, (_, fields) in sources.items():
        text, binary = (fields.get(section) or {} for section in ("data", "binary_data"))
        if isinstance(text, Mapping) and isinstance(binary, Mapping):
            known[name] = Keys(list(map(str, text)), list(map(str, binary)))

    def keys_of(kind: str, name: object) -> Keys | None:
        return known.get(name) if kind == CONFIG_MAP and isinstance(name, str) else None

    yield from missing_keys(pod_spec, keys_of)
