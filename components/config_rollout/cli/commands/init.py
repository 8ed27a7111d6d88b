"""`init`: a Pulumi project, of what runs in a cluster or from nothing."""

import argparse
import os
import shlex
from collections.abc import Sequence
from typing import Any

from ...cluster.client import Cluster, Object
from ...core.arguments.finding import Finding, report
from ...core.kube_proxy.layout import LAYOUTS
from ...core.kubernetes.workload_kinds import DAEMON_SET, KINDS, WorkloadName
from ...core.project.kube_proxy import kube_proxy_layout, kube_proxy_project, new_kube_proxy_project
from ...core.project.new import new_chart_project, new_project
from ...core.project.project import (
    LANGUAGES,
    Project,
    check_live,
    check_owner,
    config_maps_of,
    project_of,
    secrets_of,
)
from ...core.rbac.rights import Right
from ..errors import Trouble
from .looking import add_cluster_options, open_cluster
from .naming import named


def add(commands: Any) -> None:
    """Add the command."""
    text = "write a Pulumi project for a workload that runs in a cluster, its kube-proxy, a new DaemonSet, or a chart"
    command = commands.add_parser("init", help=text, description=text)
    command.set_defaults(run=_init)
    command.add_argument("directory", metavar="DIR", help="a folder that does not exist yet, or is empty")
    source = command.add_mutually_exclusive_group()
    what = "the workload to take over: daemonset/NAME, deployment/NAME or statefulset/NAME; by default all are listed"
    source.add_argument("--from", dest="workload", metavar="KIND/NAME", help=what)
    source.add_argument("--daemon-set", metavar="NAME", help="a new DaemonSet, not read from a cluster")
    what = (
        "a chart: a folder, an archive, `oci://...`, or the name of one in the repository; its release is called as DIR"
    )
    source.add_argument("--chart", metavar="CHART", help=what)
    source.add_argument(
        "--kube-proxy",
        action="store_true",
        help="the kube-proxy of kubeadm or kubespray, not read from a cluster",
    )
    language = "the language of its program; by default python"
    command.add_argument("--language", choices=list(LANGUAGES), default="python", help=language)
    command.add_argument("--repository", metavar="URL", help="the chart's repository")
    command.add_argument("--version", metavar="VERSION", help="the chart's version in a repository")
    help_namespace = "the namespace of the workload or of the chart's release"
    command.add_argument("-n", "--namespace", metavar="NAMESPACE", default="default", help=help_namespace)
    add_cluster_options(command)


def _init(args: argparse.Namespace) -> int:
    _check_empty(args.directory)
    if args.daemon_set:
        project = new_project(args.daemon_set, args.language)
    elif args.chart:
        project = _chart_project(args)
    elif args.kube_proxy:
        project = new_kube_proxy_project(args.language)
    elif args.workload:
        project = _live_project(args)
    else:
        return _list(args)
    _write(args.directory, project)
    _say(args, project)
    return 0


def _chart_project(args: argparse.Namespace) -> Project:
    """Return the project of a chart; a path is one from the project's folder."""
    folder = os.path.abspath(args.directory)
    chart = args.chart if args.repository or not os.path.exists(args.chart) else os.path.relpath(args.chart, folder)
    name = os.path.basename(folder)
    return new_chart_project(name, chart, args.repository, args.version, args.namespace, args.language)


def _live_project(args: argparse.Namespace) -> Project:
    """Return the project of the workload that runs."""
    one = named(args)
    rights = [Right("get", "apps", one.kind.resource, one.namespace, one.name)]
    rights += [Right("get", "", resource, one.namespace) for resource in ("configmaps", "secrets")]
    with open_cluster(args, rights) as cluster:
        workload = cluster.get(one.kind.resource, one.name, one.namespace)
        if workload is None:
            raise Trouble(f"{one}: no such {one.kind.kind} on {cluster.server}. Correct the name or the namespace.")
        if one.kind is DAEMON_SET and (layout := kube_proxy_layout(workload)):
            _refuse(one, check_owner(workload))
            return kube_proxy_project(layout, workload, _kube_proxy_config(cluster, layout), args.language)
        config_maps = _present(cluster, "configmaps", one, config_maps_of(workload))
        # Only their names go on: no value of a Secret is written.
        secrets = [*_present(cluster, "secrets", one, secrets_of(workload))]
    _refuse(one, check_live(workload, config_maps, secrets))
    return project_of(one.kind, workload, config_maps, secrets, args.language)


def _refuse(one: WorkloadName, findings: Sequence[Finding]) -> None:
    if findings:
        raise Trouble(report(str(one), findings))


def _present(cluster: Cluster, resource: str, one: WorkloadName, names: list[str]) -> dict[str, Object]:
    """Return name -> object, of those that exist."""
    found = {name: cluster.get(resource, name, one.namespace) for name in names}
    return {name: thing for name, thing in found.items() if thing is not None}


def _kube_proxy_config(cluster: Cluster, layout: str) -> str | None:
    """Return the KubeProxyConfiguration that others know by name."""
    of = LAYOUTS[layout]
    config_map = cluster.get("configmaps", of.config_map, of.namespace) or {}
    return (config_map.get("data") or {}).get(of.key)


def _list(args: argparse.Namespace) -> int:
    """Print the workloads that belong to no project yet, each as the command that makes its project."""
    with open_cluster(args, [Right("list", "apps", kind.resource) for kind in KINDS.values()]) as cluster:
        found = [
            (item["metadata"]["namespace"], f"{kind.word}/{item['metadata']['name']}")
            for kind in KINDS.values()
            for page, _ in cluster.pages(kind.resource)
            for item in page
            if not check_owner(item)
        ]
        if not found:
            raise Trouble(f"{cluster.server}: no workload to take over. Make a new DaemonSet with --daemon-set NAME.")
    language = args.language if args.language != "python" else None
    given = (("--language", language), ("--kubeconfig", args.kubeconfig), ("--context", args.context))
    options = [word for option, value in given if value for word in (option, value)]
    print("Choose a workload:\n")
    for namespace, workload in sorted(found):
        words = ["config-rollout", "init", args.directory, "--from", workload, "-n", namespace, *options]
        print(f"  {shlex.join(words)}")
    return 0


def _check_empty(directory: str) -> None:
    if os.path.lexists(directory) and (not os.path.isdir(directory) or os.listdir(directory)):
        raise Trouble(f"{directory}: exists already and is not empty. Name a new folder: nothing is overwritten.")


def _write(directory: str, project: Project) -> None:
    try:
        for path, text in project.files.items():
            file = os.path.join(directory, path)
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, "xb") as stream:
                stream.write(text)
    except OSError as error:
        raise Trouble(f"{directory}: {(error.strerror or str(error)).lower()}. Name another folder.") from None


def _say(args: argparse.Namespace, project: Project) -> None:
    """Print what was written, how its texts are read, what to run, and what a preview will say."""
    print(f"Wrote {args.directory}: {', '.join(sorted(project.files))}")
    for note in project.notes:
        print(f"  {note}")
    given = (("kubeconfig", args.kubeconfig and os.path.abspath(args.kubeconfig)), ("context", args.context))
    cluster = [f"pulumi config set kubernetes:{key} {shlex.quote(value)}" for key, value in given if value]
    print("\nRun, with this Python environment active:\n")
    folder = f"cd {shlex.quote(args.directory)}"
    for line in (folder, *project.install, "pulumi stack init dev", *cluster, *project.settings, "pulumi preview"):
        print(f"  {line}")
    if project.expected:
        print("\nIn the preview, the component's message will begin:\n")
        for line in project.expected:
            print(f"  {line}")
