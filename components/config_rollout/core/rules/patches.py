"""The rule on patch resources: what `destroy` does to an object that someone else made."""

from collections.abc import Iterator

from ..arguments.finding import Finding
from .objects import KubernetesObject
from .rule import Level, Parameters, Rule, Said, Severity


def _patch_on_destroy(o: KubernetesObject, _: Parameters) -> Iterator[Said]:
    if not o.patch or o.program is None or o.program.protected or o.program.of_this_library:
        return
    yield Finding(
        "metadata.name",
        f"is an object that others made, and destroy takes the fields of this patch away from {o.kind} '{o.name}'",
        "Set retainOnDelete (which no policy can see) and skip this rule, or protect",
    )


PATCH_ON_DESTROY = Rule(
    id="patch-on-destroy",
    level=Level.DISABLED,  # a policy is not told of retainOnDelete, so this would cry at good programs too
    severity=Severity.HIGH,
    topic="adoption",
    prevents="a destroy that removes the patch's fields, such as a volume or a probe, from what others run",
    fix="retainOnDelete; off unless configured, because the engine does not tell a policy whether that is set",
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
