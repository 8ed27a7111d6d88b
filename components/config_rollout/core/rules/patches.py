"""The rule on patch resources: what `destroy` does to an object that someone else made."""

from collections.abc import Iterator

from ..arguments.finding import Finding
from .objects import KubernetesObject
from .rule import Answer, Level, Parameters, Rule, Severity


def _patch_on_destroy(o: KubernetesObject, _: Parameters) -> Iterator[Answer]:
    if not o.patch or o.program is None or o.program.protected or o.program.of_this_library:
        return
    yield Finding(
        "metadata.name",
        f"names a {o.kind} that something else manages: `destroy` removes the fields of this patch from '{o.name}'",
        "Set protect, or set retainOnDelete (which no policy can see) and skip this rule",
    )


PATCH_ON_DESTROY = Rule(
    id="patch-on-destroy",
    level=Level.DISABLED,  # a policy cannot see retainOnDelete, so this would report correct programs too
    severity=Severity.HIGH,
    topic="adoption",
    prevents="a `destroy` that removes the patch's fields, such as a volume or a probe, from an object of others",
    fix="protect or retainOnDelete; off by default, because a policy cannot see whether retainOnDelete is set",
    link="https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/",
    check_one=_patch_on_destroy,
    programs_only=True,
    bad="""
resources:
  proxy:
    type: kubernetes:apps/v1:DaemonSetPatch
    properties:
      metadata: {name: kube-proxy, namespace: kube-system}
      spec: {minReadySeconds: 10}
""",
    good="""
resources:
  proxy:
    type: kubernetes:apps/v1:DaemonSetPatch
    properties:
      metadata: {name: kube-proxy, namespace: kube-system}
      spec: {minReadySeconds: 10}
    options: {protect: true}
""",
)
