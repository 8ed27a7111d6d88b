"""
The arguments of a `ConfiguredStatefulSet`.

What it shares with a `ConfiguredDaemonSet` is written here again: Pulumi's analyzer reads the descriptions of fields
from the source of the class itself, and not from that of a class that it inherits from.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

from pulumi import Input

from .audit import Audit
from .sources import ConfigMapArgs, Effect, ExternalArgs, Format, PodSpec, SecretArgs
from .update_strategy import StatefulSetUpdateStrategy

if TYPE_CHECKING:
    from pulumi_kubernetes.core.v1 import PersistentVolumeClaimArgs

    PodManagementPolicy = Literal["OrderedReady", "Parallel"]
    VolumeClaimTemplate = Mapping[str, Any] | PersistentVolumeClaimArgs
else:
    PodManagementPolicy = str
    VolumeClaimTemplate = Mapping[str, Any]


class ConfiguredStatefulSetArgs(TypedDict):
    """
    What a `ConfiguredStatefulSet` takes. Mappings and lists are plain; where it says so, leaves may be Outputs.

    An optional argument that is `None` counts as left out.
    """

    namespace: Input[str]
    """The namespace of both objects. May be an Output. A change replaces them."""
    data: NotRequired[Mapping[str, Input[str]] | None]
    """
    The configuration: key -> UTF-8 text; as files where `pod_spec` mounts it. With `binary_data` 1 MiB.

    Required without `config_maps`, `secrets` and `external`. All of its keys count, where it is all that the pods read.
    Values may be Outputs, which the component waits for; a secret one is refused.
    """
    config_maps: NotRequired[Mapping[str, ConfigMapArgs] | None]
    """
    More ConfigMaps that the pods read, or all of them: name as `pod_spec` says it -> `data` and the rest.

    A change of one leaves the others alone. With this argument only the keys count that pods read: with `items`,
    `subPath` and references to single keys those, with a whole directory or `env_from` all.
    """
    external: NotRequired[ExternalArgs | None]
    """
    Objects that pods read and others own, such as trust-manager's bundle or cert-manager's Secret.

    They are read in preview and in `up`; a change of them is rolled out by the next `up`, and by nothing before. The
    cluster and `namespace` must be plain then.
    """
    secrets: NotRequired[Mapping[str, SecretArgs] | None]
    """
    The Secrets that the pods read: name as `pod_spec` says it -> `string_data` or `data`, `type` and the rest.

    No value is shown or recorded anywhere; docs/secrets.md has who can read what. A Secret and a ConfigMap may share a
    name. Only the keys count that pods read.
    """
    hash_key: NotRequired[Input[str] | None]
    """
    The key of the hashes of Secrets, also of `external` ones: others can read the hashes. A secret of the stack.

    At least 32 random characters. Another one restarts the pods once.
    """
    pod_spec: PodSpec
    """
    The pods' spec, in snake_case or camelCase, passed through unedited but for the references to the ConfigMap.

    Refer to the ConfigMap by the component's `name`. Leaves may be Outputs.
    """
    name: NotRequired[str | None]
    """
    The Kubernetes name of the StatefulSet, a DNS label of at most 52 characters; by default the component's name.

    The ConfigMap is called `NAME-` and the first 10 digits of the config hash. A change replaces both.
    """
    formats: NotRequired[Mapping[str, Format] | None]
    """
    Key of `data` -> `text`, `yaml`, `json`, `toml`, `corefile` or `kube-proxy`, for keys that do not tell it.

    A KubeProxyConfiguration is known by what it holds, the others by the key's suffix. A Corefile is text if not
    declared.

    What a format does not count restarts nothing. A change of the format itself changes the hash.
    """
    effects: NotRequired[Mapping[str, Effect] | None]
    """
    `KEY` or `KEY:PATH` -> `restart` or `none`, for programs whose fields nobody here knows.

    Paths are as preview prints them. What restarts nothing is not in the hash: pods get it with the next change that
    restarts. A path that names no field is refused.
    """
    text_version: NotRequired[str | None]
    """
    Any text, for example a date. A change of it rolls `data` out as it is written, although it may mean the same.

    It is in the config hash. By default there is none.
    """
    binary_data: NotRequired[Mapping[str, Input[str]] | None]
    """More configuration: key -> base64 text; values may be Outputs. The hash is of the decoded bytes."""
    labels: NotRequired[Mapping[str, Input[str]] | None]
    """Labels of the ConfigMap and the StatefulSet, never of the pods: a change restarts nothing."""
    pod_labels: NotRequired[Mapping[str, Input[str]] | None]
    """Labels of the pods beside the selector's, for NetworkPolicies and Services. A change restarts the pods."""
    selector: NotRequired[Mapping[str, str] | None]
    """
    The StatefulSet finds its pods by these labels, which they get; by default `app.kubernetes.io/name: NAME`. Plain.

    For a StatefulSet that exists: its selector cannot be changed, so a different one is refused.
    """
    take_over: NotRequired[bool | None]
    """
    `True` takes over a StatefulSet of this name that kubectl, Helm or another stack made; by default that is refused.

    Preview shows what changes and what it costs. While it is set, `destroy` leaves the StatefulSet as it is.
    """
    pod_annotations: NotRequired[Mapping[str, Input[str]] | None]
    """Annotations of the pods, beside the config hash. A change restarts them."""
    replicas: NotRequired[Input[int] | None]
    """
    How many pods. Leave it out where an autoscaler sets it: then `up` never writes it, and Kubernetes begins with 1.

    A change restarts nothing. One that was passed before and is left out becomes 1, unless an autoscaler has set it.
    """
    service_name: NotRequired[Input[str] | None]
    """The headless Service that gives the pods their names in DNS. Whoever needs it creates it; cannot be changed."""
    pod_management_policy: NotRequired[Input[PodManagementPolicy] | None]
    """
    Whether pods are made and scaled one after the other (`OrderedReady`, default) or all at once (`Parallel`).

    It does not change how they are updated. Cannot be changed.
    """
    volume_claim_templates: NotRequired[Sequence[VolumeClaimTemplate] | None]
    """
    Claims of which each pod gets its own, in snake_case or camelCase. Kubernetes keeps the volumes of deleted pods.

    Cannot be changed.
    """
    update_strategy: NotRequired[StatefulSetUpdateStrategy | None]
    """
    How Kubernetes replaces the pods of a changed StatefulSet; by default its own: one at a time, highest ordinal first.

    With a `partition` only the pods from that ordinal up are updated, and `up` waits for those.
    """
    kubeconfig: NotRequired[Input[str] | None]
    """
    The kubeconfig of the cluster, as a path or as its content; or `context`. Required with a provider of your own.

    May be an Output. By default the cluster is found as the default provider finds it.
    """
    context: NotRequired[Input[str] | None]
    """The context of that kubeconfig; by default `kubernetes:context`, or its current one."""
    audit: NotRequired[Audit | None]
    """
    Where the record of each rollout goes beside the cluster, as a line of JSON; docs/audit.md has its fields.

    `{"file": PATH}`, `{"stdout": True}`, `{"url": "https://..."}`, or a list of them. Plain.
    """
    min_ready_seconds: NotRequired[Input[int] | None]
    """How long a new pod must be ready to count as available, in seconds; by default Kubernetes' own, 0."""
    revision_history_limit: NotRequired[Input[int] | None]
    """
    How many old revisions Kubernetes keeps for `kubectl rollout undo`; by default Kubernetes' own, 10.

    Cannot be changed: the Kubernetes provider would delete the StatefulSet for it.
    """
    rollout_timeout_seconds: NotRequired[int | None]
    """
    How long `up` waits for a rolling restart, in seconds. `custom_timeouts` on the component takes precedence.

    By default what `replicas` pods (100 where that is left out) need one after the other: 15 s and `min_ready_seconds`
    for each, at least 600. After that `up` fails, the previous ConfigMap stays, and the next `up` continues or goes
    back.
    """
