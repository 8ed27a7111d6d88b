"""What a `KubeProxy` is to register: from its arguments and from what is in the cluster, checked before anything is."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi

from ..cluster.client import Cluster, ClusterError
from ..cluster.kube_proxy import read_kube_proxy
from ..cluster.observe import observe
from ..core.arguments.finding import Finding, report
from ..core.configuration.content import Content, parse_content, warnings
from ..core.configuration.digest import config_hash
from ..core.configuration.read_as import read_as
from ..core.kube_proxy.adoption import Adoption
from ..core.kube_proxy.arguments import Settings, parse
from ..core.kube_proxy.discovery import ExistingKubeProxy, check_adoptable, check_ownable, image, mounted_name, version
from ..core.kube_proxy.files import check_release, kept_by_pods, kubeconfig_file, probe, same_bytes
from ..core.kubernetes.asked_keys import Keys, missing_keys
from ..core.kubernetes.field_managers import OWNER
from ..core.kubernetes.kubeconfig import BadKubeconfig, with_server
from ..core.kubernetes.pod_spec import platform
from ..core.rbac.kube_proxy import all_rights, needed_rights
from ..core.rbac.rights import Right, roles
from ..core.revisions.config_maps import content_of
from ..core.revisions.naming import content_name
from ..core.revisions.observation import Observation
from ..core.workload.configuration import Configuration
from ..core.workload.render import render
from ..core.workload.workload import Workload
from . import compatibility
from .arguments import check_provider, plain_arguments
from .cluster import find_cluster
from .errors import BadArguments
from .revisions import read
from .waiting import wait_for_server
from .waves import StagedRollout


@dataclass(frozen=True)
class Prepared:
    """
    Everything that is registered follows from this.

    `existing` is `None` if the cluster could not be read, which only a preview survives; the content is then not known
    where it is taken from there, and `full_hash` is empty. `texts` is what the pods read, in the program's words,
    `known` what is written to the ConfigMap that others know by name, both of them key -> text.
    """

    settings: Settings
    existing: ExistingKubeProxy | None = None
    content: Content = field(default_factory=Content)
    full_hash: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    warned: list[str] = field(default_factory=list)
    """Sentences for the user."""
    observation: Observation = field(default_factory=Observation)
    """The DaemonSet, and what there is of earlier configurations of ours."""
    cluster: Cluster | None = None


def prepare(who: str, args: Mapping[str, Any], args_type: type, opts: pulumi.ResourceOptions | None) -> Prepared:
    """
    Return what is to be registered.

    Raises:
      BadArguments: With one line for everything that is wrong with the arguments; or, if nothing is, for everything
        that they do not fit in the cluster.

    """
    compatibility.check(who)
    plain, findings = plain_arguments(who, args, args_type)
    settings, wrong = parse(plain)
    findings += wrong + _check_options(plain, opts) + _check_given(settings)
    _refuse(who, findings)
    try:
        cluster = find_cluster(plain)
        release, initial, existing = wait_for_server(lambda: _read_cluster(cluster, settings))
        warned = compatibility.check_kubernetes(who, release)
    except ClusterError as error:
        if not pulumi.runtime.is_dry_run():
            raise BadArguments(f"{who}: {error}") from None
        warned = [f"{who}: the cluster cannot be read, so this preview does not show what it has: {error}"]
        if settings.has_waves:
            warned.append(f"{who}: waves: their stashes are not listed either, and are not deleted.")
        return _unread(settings, warned)
    _refuse(who, _misfits(settings, existing))
    settings = replace(settings, platform=settings.platform or platform(existing.pod_spec()))
    data = _data(settings, existing)
    _refuse(who, _missing_keys(settings, existing, data))
    read_by_pods = _read_by_pods(settings, existing, data)
    content, findings = parse_content(read_by_pods, None, _formats(settings, data), None, settings.text_version)
    refused, warnings = _by_release(settings, content, existing)
    findings = [_placed(settings, finding) for finding in (*findings, *refused)]
    if findings and not settings.allow_refused:
        _refuse(who, [*findings, *_why_refused(settings)])
    warned += report(who, [*findings, *warnings]).splitlines()
    warned += _warn_on_leaving(who, settings, existing) + _told_kept(who, settings, data, read_by_pods)
    configuration = Configuration.of({settings.layout.daemon_set: content})
    full_hash = configuration.hash
    needed = needed_rights(settings.layout, _name(settings, full_hash), settings.manage)
    observation, missing = Observation(), list[Right]()
    has_waves = settings.has_waves
    try:
        observation = wait_for_server(lambda: read(cluster, who, initial, configuration, has_waves))
        missing = wait_for_server(lambda: [right for right in needed if not cluster.may(right)])
    except ClusterError as error:
        no_fleet = has_waves and not observation.is_read
        if no_fleet or not pulumi.runtime.is_dry_run():
            raise BadArguments(f"{who}: {'waves: ' if no_fleet else ''}{error}") from None
    if missing:
        listed = ", ".join(str(right) for right in missing)
        smallest = roles(all_rights(settings.layout, settings.manage), "config-rollout", settings.layout.namespace)
        line = f"{who}: {cluster.server}: may not {listed}. `up` needs it; the smallest Role is"
        message = f"{line}\n{smallest}"
        if not pulumi.runtime.is_dry_run():
            raise BadArguments(message)
        warned.append(message)
    written = {key: data[key] for key in _written(settings, data, existing)}
    known = same_bytes(existing.data(), written, _formats(settings, data))
    warned += [
        line for line in [observation.without_namespace(), observation.missing(_name(settings, full_hash))] if line
    ]
    return Prepared(settings, existing, content, full_hash, read_by_pods, known, warned, observation, cluster)


def _read_cluster(cluster: Cluster, settings: Settings) -> tuple[str, Observation, ExistingKubeProxy]:
    """Return the release of the API server, the DaemonSet, and the kube-proxy that it is part of."""
    initial = observe(cluster, settings.layout.namespace, settings.layout.daemon_set)
    return cluster.version(), initial, read_kube_proxy(cluster, settings.layout, initial.workload)


def _refuse(who: str, findings: list[Finding]) -> None:
    if findings:
        raise BadArguments.of(who, findings)


def _check_options(plain: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> list[Finding]:
    """Find resource options that cannot do what a reader expects."""
    findings = [
        Finding(
            f"ignore_changes: '{path}'", "cannot be ignored", "Leave it out: only what the program passes is written"
        )
        for path in (opts and opts.ignore_changes) or []
    ]
    return [*findings, *check_provider(plain, opts)]


def _check_given(settings: Settings) -> list[Finding]:
    """Find what kube-proxy would refuse, or drop, in the configuration that the program says."""
    if not settings.config:
        return []
    key = settings.layout.key
    _, findings = parse_content({key: settings.config}, None, {key: settings.formats()[key]})
    return [_placed(settings, finding) for finding in findings]


def _why_refused(settings: Settings) -> list[Finding]:
    """Return what there is to do about a live configuration that kube-proxy refuses."""
    if settings.config:
        return []
    layout = settings.layout
    what = "kube-proxy would not start with the live configuration, so it is not rolled out"
    fix = "Correct the ConfigMap, or pass `config`; allow_refused_config=True rolls it out as it is"
    return [Finding(f"ConfigMap {layout.namespace}/{layout.config_map}", what, fix)]


def _placed(settings: Settings, finding: Finding) -> Finding:
    return Finding(_place(settings, finding.where), finding.what, finding.fix)


def _place(settings: Settings, where: str) -> str:
    """Return where a user finds what is in a key: in the argument, or in the live ConfigMap."""
    layout = settings.layout
    mine = f"data[{layout.key!r}]"
    if settings.config and where.startswith(mine):
        return f"config{where.removeprefix(mine)}"
    return f"ConfigMap {layout.namespace}/{layout.config_map}: {where}"


def _unread(settings: Settings, warned: list[str]) -> Prepared:
    """Return what is known without the cluster."""
    if settings.manage == "adopt":
        return Prepared(settings, warned=warned)
    data = settings.own_data()
    content, _ = parse_content(data, None, settings.formats(), None, settings.text_version)
    return Prepared(settings, None, content, config_hash(content), data, data, warned)


def _misfits(settings: Settings, existing: ExistingKubeProxy) -> list[Finding]:
    if settings.manage == "own":
        return check_ownable(settings.layout, existing)
    findings = check_adoptable(settings.layout, existing, settings.taken_over())
    return findings or _check_kubeconfig(settings, existing)


def _check_kubeconfig(settings: Settings, existing: ExistingKubeProxy) -> list[Finding]:
    """Find what keeps the address of the live kubeconfig from being replaced in it, and nothing else of it."""
    layout = settings.layout
    live = existing.data().get(layout.kubeconfig_key)
    if not settings.server or not live:
        return []
    try:
        with_server(live, settings.server)
    except BadKubeconfig as why:
        where = f"ConfigMap {layout.namespace}/{layout.config_map}: data[{layout.kubeconfig_key!r}]"
        return [Finding(where, f"{why}, so `api_server` cannot be set in it", "Correct it, or leave api_server out")]
    return []


def _missing_keys(settings: Settings, existing: ExistingKubeProxy, data: Mapping[str, str]) -> list[Finding]:
    """Find keys that the adopted pods ask for, and that their new ConfigMap would not have: each would hang."""
    layout, daemon_set = settings.layout, existing.daemon_set
    if daemon_set is None:
        return []
    names, keys = (layout.config_map, mounted_name(daemon_set, layout)), Keys(list(data))
    where = f"DaemonSet {layout.namespace}/{layout.daemon_set}: spec.template.spec"
    pod_spec = daemon_set["spec"]["template"]["spec"]
    return list(missing_keys(pod_spec, lambda kind, of: keys if kind == "ConfigMap" and of in names else None, where))


def _data(settings: Settings, existing: ExistingKubeProxy) -> dict[str, str]:
    """Return what the pods are to read. Keys of the live ConfigMap that nobody here knows stay."""
    if settings.manage == "own":
        return settings.own_data()
    live, kubeconfig_key = existing.data(), settings.layout.kubeconfig_key
    data = live | settings.own_data()
    if settings.server:
        there = live.get(kubeconfig_key)
        data[kubeconfig_key] = with_server(there, settings.server) if there else kubeconfig_file(settings.server)
    return data


def _formats(settings: Settings, data: Mapping[str, str]) -> dict[str, str]:
    return {key: name for key, name in settings.formats().items() if key in data}


def _written(settings: Settings, data: Mapping[str, str], existing: ExistingKubeProxy) -> list[str]:
    """Return the keys of the ConfigMap known by name that are ours to write: what the program says, or said before."""
    taken_over = settings.taken_over() if settings.manage == "adopt" else []
    return [key for key in settings.formats() if key in data and (key not in taken_over or key in existing.held())]


def _read_by_pods(settings: Settings, existing: ExistingKubeProxy, data: Mapping[str, str]) -> dict[str, str]:
    """Return what the pods are to read: what is said, or what they have where nothing restarts for the difference."""
    mounted: Mapping[str, str] = (existing.mounted or {}).get("data") or {}
    live = image(existing.daemon_set, settings.layout) if existing.daemon_set else ""
    recorded, _ = read_as(existing.mounted or {})
    rolled_out = settings.text_version != (recorded.text_version if recorded else None)
    if settings.platform != "linux" or not mounted or settings.image not in ("", live) or rolled_out:
        return dict(data)
    return kept_by_pods(data, mounted, _formats(settings, data), version(live))


def _told_kept(who: str, settings: Settings, data: Mapping[str, str], read_by_pods: Mapping[str, str]) -> list[str]:
    """Return what is said where the pods keep another text than the program says."""
    if read_by_pods == data:
        return []
    what = "iptables is this release's default anyway, so nothing restarts for it"
    place = _place(settings, f"data[{settings.layout.key!r}]: mode")
    return report(who, [Finding(place, what, "The pods get the new text with their next restart")]).splitlines()


def _by_release(
    settings: Settings, content: Content, existing: ExistingKubeProxy
) -> tuple[list[Finding], list[Finding]]:
    """Return what the kube-proxy that runs, or will, refuses in the content, and what should not stay as it is."""
    layout = settings.layout
    release = version(settings.image or (image(existing.daemon_set, layout) if existing.daemon_set else ""))
    text = content.data.get(layout.key, b"")
    refused, warned = (
        [Finding(f"data[{layout.key!r}]: {one.where}", one.what, one.fix) for one in some]
        for some in check_release(text, release)
    )
    notes = [_placed(settings, one) for one in (*warnings(content), *warned)]
    if settings.manage == "adopt" and probe(text) is None:
        what = "the port of healthzBindAddress is unknown, so no readiness probe is set"
        notes.append(_placed(settings, Finding(f"data[{layout.key!r}]", what, "Correct the configuration")))
    return refused, notes


def _warn_on_leaving(who: str, settings: Settings, existing: ExistingKubeProxy) -> list[str]:
    """Return what `destroy` would leave behind: a strategy that not only this stack's patch holds."""
    holders = existing.holders_of_on_delete()
    if settings.manage != "adopt" or not settings.has_waves or not (OWNER in holders or len(holders) > 1):
        return []
    what = (
        f"OnDelete is set by {' and '.join(holders)}: `pulumi destroy` would leave it, and then nothing restarts "
        f"its pods"
    )
    fix = "Before `pulumi destroy`, remove `waves` and run `pulumi up`"
    return report(who, [Finding(f"DaemonSet {settings.layout.where}", what, fix)]).splitlines()


def _name(settings: Settings, full_hash: str) -> str:
    return content_name(settings.layout.daemon_set, full_hash)


def adoption_of(
    prepared: Prepared, workload: Workload, configuration: Configuration, staged: StagedRollout | None
) -> Adoption | None:
    """Return what adopting means for what is in the cluster; nothing where that is not adopted, or not known."""
    settings, existing = prepared.settings, prepared.existing
    if settings.manage != "adopt" or existing is None or existing.daemon_set is None:
        return None
    live = _content(existing.data(), settings.formats())
    mounted = existing.mounted if (existing.mounted or {}).get("data") else None
    adoption = Adoption(
        settings.layout,
        existing.daemon_set,
        live,
        content_of(dict(mounted), prepared.content) if mounted else live,
        prepared.content,
        {"spec": render(workload, configuration).workload["spec"]},
        list(prepared.known),
        None,
        bool(staged and staged.under_way),
        bool(staged and staged.taken_back),
        _content(dict(prepared.known), settings.formats()),
    )
    return replace(adoption, plan=staged.plan({}, adoption.patch)) if staged else adoption


def _content(data: dict[str, str], formats: dict[str, str]) -> Content:
    return parse_content(data, None, {key: name for key, name in formats.items() if key in data})[0]
