"""Takes the arguments of a component apart and reports everything wrong with them at once. The rules are core/'s."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pulumi

from ..core.arguments.case import snake_case
from ..core.arguments.fields import check_argument_names, check_name, check_whole_number
from ..core.arguments.finding import Finding
from ..core.audit.sinks import Sink, parse_audit
from ..core.kubernetes.labels import check_labels, check_pod_annotations, check_selector
from ..core.kubernetes.spelling import unknown_fields
from ..core.kubernetes.strategies import check_strategy
from ..core.kubernetes.workload_kinds import DAEMON_SET, WorkloadKind
from ..core.revisions import references as checks
from ..core.revisions.naming import MAX_NAME_LENGTH
from ..core.waves.places import from_the_top
from ..core.workload.asked import selector_of
from ..core.workload.configuration import Configuration
from . import schema
from .errors import BadArguments
from .external import external_names, read_external
from .outputs import known, wait_for_outputs
from .secrets import Secrets, parse_secrets, secret_names
from .sources import parse_sources, source_names, warned
from .taking_over import check_take_over

if TYPE_CHECKING:  # imported where there are any: configured_workload.py says why
    from ..core.waves.order import Waves
    from ..core.waves.reload_check import ReloadCheck

_NUMBERS = {"min_ready_seconds": 0, "revision_history_limit": 0, "rollout_timeout_seconds": 1, "replicas": 0}
"""Argument -> the least that it may be."""


@dataclass(frozen=True)
class Arguments:
    """
    The arguments of a component: as plain mappings and lists, and parsed where the core has a type for it.

    `waves` is `None` where there are none. `needs` are the resources that the configuration comes from, `missing` says
    which objects that others own are not there. The values of `secrets` are in nothing else.
    """

    plain: Mapping[str, Any]
    configuration: Configuration
    needs: Sequence[pulumi.Resource]
    missing: Sequence[str]
    secrets: Secrets
    waves: "Waves | None"
    sinks: Sequence[Sink]
    reload: "ReloadCheck | None" = None
    """How pods are asked whether they have read a text again."""


def checked(
    who: str,
    name: str,
    args: Mapping[str, Any],
    args_type: type,
    opts: pulumi.ResourceOptions | None,
    kind: WorkloadKind = DAEMON_SET,
    may_read_nothing: bool = False,
) -> Arguments:
    """
    Return the arguments, each parsed once; `may_read_nothing` tells whether pods need a ConfigMap or Secret at all.

    Raises:
      BadArguments: One line for everything that is wrong, each beginning with `who: where:`.

    """
    plain, findings = plain_arguments(who, args, args_type, kind)
    of_secrets: set[pulumi.Resource] = set()
    if "secrets" in plain:
        plain["secrets"], _, of_secrets = known(plain["secrets"])
    kubernetes_name = str(plain.get("name", name))
    findings += _check_values(name, plain, kind)
    waves, wrong = _waves(plain, kind)
    sinks, wrong_audit = parse_audit(plain.get("audit", []))
    findings += [*wrong_audit, *wrong]
    ignored, names = (opts and opts.ignore_changes) or [], source_names(kubernetes_name, plain)
    findings += checks.check_ignore_changes(ignored, names, plain.get("pod_spec"), secret_names(plain), kind)
    findings += check_provider(plain, opts)
    needs, wrong = wait_for_outputs(plain)
    findings += wrong
    configuration, wrong = parse_sources(kubernetes_name, plain, may_read_nothing)
    secrets, wrong_secrets = parse_secrets(kubernetes_name, plain)
    own = {"config_maps": names, "secrets": secret_names(plain)}
    reload, wrong_reload = _reload(plain, configuration)
    external, wrong_external = read_external(kubernetes_name, plain, own, secrets.key)
    findings += [*wrong, *wrong_reload, *wrong_external, *wrong_secrets]
    if findings:
        raise BadArguments.of(who, findings)
    sources = [*configuration.sources, *external.sources]
    public = [*(source.public for source in secrets.sources), *external.secrets]
    configuration = replace(configuration, sources=sources, secrets=public)
    return Arguments(plain, configuration, [*needs, *of_secrets], external.missing, secrets, waves, sinks, reload)


def plain_arguments(
    who: str, args: Mapping[str, Any], args_type: type, kind: WorkloadKind = DAEMON_SET
) -> tuple[dict[str, Any], list[Finding]]:
    """
    Return the arguments as plain mappings and lists, and what is wrong with their names.

    Raises:
      BadArguments: They are not a mapping.

    """
    if not isinstance(args, Mapping):
        wrong = Finding("args", f"must be a mapping (got {type(args).__name__})", "Pass a dict")
        raise BadArguments.of(who, [wrong])
    plain = {key: _without_input_types(value) for key, value in args.items() if value is not None}
    known: Mapping[str, Any] = args_type.__annotations__
    required: frozenset[str] = getattr(args_type, "__required_keys__", frozenset())
    refused = []
    if not kind.has_waves and plain.pop("waves", None) is not None:
        from ..core.waves.order import no_waves

        refused = [no_waves(kind)]
    return plain, [*refused, *check_argument_names(plain, known, sorted(required), from_the_top(known))]


def _check_values(name: str, plain: Mapping[str, Any], kind: WorkloadKind) -> Iterator[Finding]:
    """Find what is wrong with the arguments one by one; `data` is looked at elsewhere."""
    kubernetes_name = plain.get("name", name)
    where = "name" if "name" in plain else f"the component's name, which is also the {kind.kind}'s (or pass `name`)"
    yield from check_name(where, kubernetes_name, MAX_NAME_LENGTH)
    if "namespace" in plain and not isinstance(plain["namespace"], pulumi.Output):
        yield from check_name("namespace", plain["namespace"])
    if "pod_spec" in plain:
        every = [*source_names(str(kubernetes_name), plain), *external_names(plain)]
        yield from checks.check_references(list(dict.fromkeys(every)), plain["pod_spec"])
        every_secret = [*secret_names(plain), *external_names(plain, "secrets")]
        yield from checks.check_references(list(dict.fromkeys(every_secret)), plain["pod_spec"], "Secret")
        yield from _unknown_fields(plain)[0]
    yield from _check_labels(plain, str(kubernetes_name))
    if "pod_annotations" in plain:
        yield from check_pod_annotations(plain["pod_annotations"])
    if (strategy := snake_case(kind.strategy)) in plain:
        yield from check_strategy(kind, strategy, plain[strategy], plain.get("pod_spec"))
    if "take_over" in plain:
        yield from check_take_over(plain)
    for number, least in _NUMBERS.items():
        if number in plain:
            yield from check_whole_number(number, plain[number], least)


def _waves(plain: Mapping[str, Any], kind: WorkloadKind) -> "tuple[Waves | None, list[Finding]]":
    if "waves" not in plain:
        return None, []
    from ..core.waves.order import check_beside_waves, parse_waves

    waves, wrong = parse_waves(plain["waves"], kind=kind)
    needed = ("namespace", "min_ready_seconds", "kubeconfig", "context")
    outputs = [key for key in needed if isinstance(plain.get(key), pulumi.Output)]
    return waves, [*wrong, *check_beside_waves(plain, outputs, kind)]


def _reload(plain: Mapping[str, Any], configuration: Configuration) -> "tuple[ReloadCheck | None, list[Finding]]":
    keys = [key for source in configuration.sources for key in source.reloads]
    if not keys and plain.get("reload") is None:
        return None, []
    from ..core.waves.reload_check import check_program, parse_reload

    reload, wrong = parse_reload(plain.get("reload"), keys)
    if reload:
        for source in (one for one in configuration.sources if one.reloads and not one.unknown):
            wrong += check_program(reload, source.reloaded.data)
    return reload, wrong


def _check_labels(plain: Mapping[str, Any], kubernetes_name: str) -> Iterator[Finding]:
    for argument in ("labels", "pod_labels", "selector"):
        if argument in plain:
            yield from check_labels(argument, plain[argument])
    yield from check_selector(selector_of(plain, kubernetes_name), plain.get("pod_labels"))


def doubtful(arguments: Arguments, name: str, declares_all: bool = True) -> list[Finding]:
    """
    Return what may be wrong with the arguments and is not refused, for the component with that Kubernetes name.

    `declares_all` tells whether the program is to name everything that its pods read.
    """
    plain = arguments.plain
    of_contents = [*warned(name, plain, arguments.configuration), *arguments.secrets.doubtful]
    if not declares_all:
        return [*of_contents, *_unknown_fields(plain)[1]]
    every = [*source_names(name, plain), *external_names(plain)]
    every_secret = [*secret_names(plain), *external_names(plain, "secrets")]
    undeclared = [
        *checks.check_undeclared(every, plain["pod_spec"]),
        *checks.check_undeclared(every_secret, plain["pod_spec"], "Secret"),
    ]
    return [*of_contents, *undeclared, *_unknown_fields(plain)[1]]


def _unknown_fields(plain: Mapping[str, Any]) -> tuple[list[Finding], list[Finding]]:
    return unknown_fields("pod_spec", plain["pod_spec"], schema.pod_spec_fields, schema.source())


def _without_input_types(value: Any) -> Any:
    """Return a structure in which `ContainerArgs` and its like are dicts, so that what is in them can be seen."""
    if isinstance(value, Mapping):
        return {key: _without_input_types(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_input_types(item) for item in value]
    if pulumi._types.is_input_type(type(value)):
        return {key: _without_input_types(item) for key, item in vars(value).items() if item is not None}
    return value


def check_provider(plain: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> Iterator[Finding]:
    """Find a Kubernetes provider of the caller's own whose cluster is not known."""
    if opts is None or "kubeconfig" in plain or "context" in plain:
        return
    several = opts.providers or []
    providers = [opts.provider, *(several.values() if isinstance(several, Mapping) else several)]
    inherited = getattr(opts.parent, "_providers", {})
    if "kubernetes" in inherited or any(getattr(one, "package", "") == "kubernetes" for one in providers):
        what = "is required with a provider of your own: the component reads the cluster too"
        yield Finding("kubeconfig", what, "Pass the same kubeconfig, or `context`")
