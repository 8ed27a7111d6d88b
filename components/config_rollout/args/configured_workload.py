"""The arguments that the components of single workloads have in common."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

from pulumi import Input

from .audit import Audit
from .reload import ReloadArgs
from .sources import ConfigMapArgs, Effect, ExternalArgs, Format, PodSpec, SecretArgs


class ConfiguredWorkloadArgs(TypedDict):
    """What the component of a workload takes, whatever kind the workload is of."""

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
    The Kubernetes name of the workload, a DNS label of at most 52 characters; by default the component's name.

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
    `KEY` or `KEY:PATH` -> `restart`, `reload` or `none`, for programs whose fields nobody here knows.

    Paths are as preview prints them. What restarts nothing is not in the hash: pods get it with the next change that
    restarts. A path that names no field is refused.
    """
    reload: NotRequired[ReloadArgs | None]
    """
    How running pods are asked whether they have read a changed text again; required with the effect `reload`.

    `program`, `http` or `command`; docs/reload.md has every field.
    """
    text_version: NotRequired[str | None]
    """
    Any text, for example a date. A change of it rolls `data` out as it is written, although it may mean the same.

    It is in the config hash. By default there is none.
    """
    binary_data: NotRequired[Mapping[str, Input[str]] | None]
    """More configuration: key -> base64 text; values may be Outputs. The hash is of the decoded bytes."""
    labels: NotRequired[Mapping[str, Input[str]] | None]
    """Labels of the ConfigMap and the workload, never of the pods: a change restarts nothing."""
    pod_labels: NotRequired[Mapping[str, Input[str]] | None]
    """Labels of the pods beside the selector's, for NetworkPolicies and Services. A change restarts the pods."""
    selector: NotRequired[Mapping[str, str] | None]
    """
    The workload finds its pods by these labels, which they get; by default `app.kubernetes.io/name: NAME`. Plain.

    For a workload that exists: its selector cannot be changed, so a different one is refused.
    """
    take_over: NotRequired[bool | None]
    """
    `True` takes over a workload of this name that kubectl, Helm or another stack made; by default that is refused.

    Preview shows what changes and what it costs. While it is set, `destroy` leaves the workload as it is.
    """
    pod_annotations: NotRequired[Mapping[str, Input[str]] | None]
    """Annotations of the pods, beside the config hash. A change restarts them."""
    context: NotRequired[Input[str] | None]
    """The context of that kubeconfig; by default `kubernetes:context`, or its current one."""
    audit: NotRequired[Audit | None]
    """
    Where the record of each rollout goes beside the cluster, as a line of JSON; docs/audit.md has its fields.

    `{"file": PATH}`, `{"stdout": True}`, `{"url": "https://..."}`, or a list of them. Plain.
    """
    min_ready_seconds: NotRequired[Input[int] | None]
    """How long a new pod must be ready to count as available, in seconds; by default Kubernetes' own, 0."""
