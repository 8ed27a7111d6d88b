"""The arguments that the components for manifests have in common, and what becomes of what they read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import pulumi

from ..cluster.client import Cluster, ClusterError
from ..core.arguments.fields import check_name
from ..core.arguments.finding import Finding
from ..core.manifests.asked import parse_asked
from ..core.manifests.items import Item, check_items
from ..core.manifests.plan import Plan, plan
from ..core.manifests.scope import is_namespaced, scopes
from ..core.transform.stream import title
from .arguments import check_provider, plain_arguments
from .cluster import find_cluster
from .manifests import Read, known_value
from .revisions import is_mocked
from .taking_over import refused_objects

_PASSED_ON = ("take_over", "kubeconfig", "context", "audit")
"""What each workload's component takes as it is."""


class CommonArguments:
    """
    The arguments of one component, as plain mappings and lists.

    `namespace` is that of the objects that do not say theirs, `findings` everything wrong so far, `needs` the resources
    that values come from.
    """

    def __init__(self, who: str, args: Mapping[str, Any], args_type: type, opts: pulumi.ResourceOptions | None) -> None:
        self.plain, findings = plain_arguments(who, args, args_type)
        read = Read(findings=[*findings, *check_provider(self.plain, opts)])
        self.namespace = str(known_value("namespace", self.plain.get("namespace", "default"), read))
        if not read.findings:
            read.findings += check_name("namespace", self.namespace)
        if opts is not None and opts.ignore_changes:
            fix = "Use `transforms`, which reach each object"
            read.findings.append(Finding("ignore_changes", "does not say which object it is about", fix))
        self._asked, wrong = parse_asked(self.plain.get("workloads", {}))
        self._leave_out, wrong_keys = _keys(self.plain.get("leave_out", []))
        self.findings = [*read.findings, *wrong, *wrong_keys]
        self.needs = list(read.needs)

    def plan(self, read: Read | None) -> Plan:
        """Return what becomes of the objects; it is complete only if nothing is wrong. `None` is what nobody read."""
        if read is None:
            return Plan()
        self.findings += read.findings
        self.needs += read.needs
        self.findings += check_items(read.items)
        if self.findings:
            return Plan()
        items = list(self._placed(read.items))
        common = {name: self.plain[name] for name in _PASSED_ON if name in self.plain}
        takes, hash_key = self.plain.get("take_over") is True, self.plain.get("hash_key")
        planned, wrong = plan(items, self._asked, self._leave_out, hash_key, common, keeps_names=takes)
        self.findings += wrong
        return replace(planned, notes={**read.notes, **planned.notes})

    def _placed(self, items: list[Item]) -> Iterator[Item]:
        """Yield the objects with their namespaces; of kinds that only the cluster knows it is asked."""
        known = scopes(item.of for item in items)
        for item in items:
            scope = is_namespaced(item.of, known)
            if scope is None and not item.of.get("metadata", "namespace"):
                kind = str(item.of.get("apiVersion")), item.of.kind
                scope = self._ask(*kind)
                if scope is None:
                    what = f"is of a kind that neither the manifests nor the cluster define ({'/'.join(kind)})"
                    fix = "Add its CustomResourceDefinition, or say its metadata.namespace"
                    self.findings.append(Finding(f"{item.of.place}: {title(item.of)}", what, fix))
            yield item.within(self.namespace) if scope else item

    def takes_over(self, planned: Plan) -> Callable[[], Cluster] | None:
        """
        Return what finds the cluster, if objects in it are taken over, once it has been asked what it would refuse.

        With mocks there is no cluster.
        """
        if self.plain.get("take_over") is not True:
            return None
        if not is_mocked() and not self.findings:
            self.findings += refused_objects(planned.objects, self._cluster, pulumi.runtime.is_dry_run())
        return lambda: find_cluster(self.plain)

    def _ask(self, version: str, kind: str) -> bool | None:
        if is_mocked():
            return True
        try:
            found = self._cluster.resource_of(version, kind)
        except ClusterError:
            return None
        return found[1] if found else None

    @cached_property
    def _cluster(self) -> Cluster:
        return find_cluster(self.plain)


def _keys(given: object) -> tuple[list[str], list[Finding]]:
    if isinstance(given, list) and all(isinstance(one, str) for one in given):
        return given, []
    what = f"must be a list of labels and annotations (got {type(given).__name__})"
    return [], [Finding("leave_out", what, "Pass ['helm.sh/chart']")]
