"""Every annotation and label that this library reads or writes."""

NAME_LABEL = "app.kubernetes.io/name"
"""Kubernetes' recommended label for the name of an application."""

PAUSED_ANNOTATION = "config-rollout/paused"
"""On the DaemonSet: `true` stops every driver before the next pod."""

DAEMON_SET_LABEL = "config-rollout/daemon-set"
"""On every ConfigMap that a component makes: the DaemonSet that it is for. Only what has it is ever touched."""

DEPLOYMENT_LABEL = "config-rollout/deployment"
"""The same for a Deployment."""

STATEFUL_SET_LABEL = "config-rollout/stateful-set"
"""The same for a StatefulSet."""

REVISION_ANNOTATION = "deployment.kubernetes.io/revision"
"""
On a ReplicaSet: the number of the revision, which `kubectl rollout undo --to-revision` takes.

Source: kubernetes 1.36 pkg/controller/deployment/util/deployment_util.go `RevisionAnnotation`.
"""

RESTORED_ANNOTATION = "config-rollout/restored-from"
"""On the DaemonSet: which revision a failed rollout took back, and of which generation of the DaemonSet that was."""

CONFIG_HASH_ANNOTATION = "checksum/config"
"""The pod template annotation that holds the config hash: Helm's convention, which operators know."""

EXTERNAL_ANNOTATION = "config-rollout/external"
"""On a pod template: `{NAME: HASH}`, of each ConfigMap that others own, what pods read of it when it was rolled out."""

FINISHED_ANNOTATION = "config-rollout/finished"
"""
On the DaemonSet: the ControllerRevisions that all waves have finished, and the one that a rollout is bringing.

By name, which Kubernetes makes of the template: a revision that is deleted and made again has the same one.
Source: Kubernetes 1.36 pkg/controller/daemon/update.go `snapshot`.
"""

HASHES_ANNOTATION = "config-rollout/hashes"
"""
On the workload itself, not its pod template: `ANNOTATION=CONFIGMAP`, separated by commas. It lists the annotations of
the pod template that we keep up to date, and the ConfigMap that each is the hash of.
"""

HASH_OF_ANNOTATION = "config-rollout/hash-of"
"""
On a workload that `transform` has changed: `ANNOTATION=CONFIGMAP,CONFIGMAP`, the annotation of its pod template that
holds the config hash, and the ConfigMaps that it is of.
"""

CONTENT_NAMED_LABEL = "config-rollout/content-named"
"""On a ConfigMap that `transform --names content` named after its content. Only what has it is ever pruned."""

SKIP_ANNOTATION = "config-rollout/skip"
"""On an object: `RULE: reason`, one per line. It is in the object's own metadata, so it restarts nothing."""

MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
"""Kubernetes' recommended label for the tool that looks after an object."""

OURS = {MANAGED_BY_LABEL: "config-rollout"}
"""On what we write beside the objects of a program: records, and what a gate makes."""

NAMESPACE_LABEL = "config-rollout/namespace"
"""On what a gate makes elsewhere: the namespace of the DaemonSet that it is for."""

ZONE_LABEL = "topology.kubernetes.io/zone"
"""The label of a node that names its zone. Source: Kubernetes "Well-Known Labels"."""

COMPONENT_ANNOTATION = "config-rollout/component"
"""On what a component makes: that component, as its URN says after the project: TYPE::NAME, with parents' types."""

READ_AS_ANNOTATION = "config-rollout/read-as"
"""
On a ConfigMap whose content does not tell it: `{"formats": {KEY: FORMAT}, "effects": {KEY[:PATH]: EFFECT},
"text_version": TEXT, "keys": [KEY]}`, with what there is of them; `keys` are those that pods read, if not all.
"""

RELOAD_ANNOTATION = "config-rollout/reload"
"""
On a pod: the text that it is to read again, so that its kubelet brings it at once. On the ConfigMap that changes in
place: `{"to": HASH, "known": [DIGEST]}`, which answers of pods stand for the texts before, with `"failed"` where the
last reload has, and `"ask"`, what pods were asked.
"""

STACK_ANNOTATION = "config-rollout/stack"
"""On what a component makes: the Pulumi stack that owns it, ORGANIZATION/PROJECT/STACK: core/revisions/ownership.py."""

SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}
"""On a workload that only this component can wait for, and not the provider."""

WAVES_ANNOTATION = "config-rollout/waves"
"""On the DaemonSet: which nodes are in which wave, as `Waves.membership`, for whoever looks at a rollout."""

CHANGE_CAUSE_ANNOTATION = "kubernetes.io/change-cause"
"""
What `kubectl rollout history` shows for a revision.

The controller copies the DaemonSet's annotations when it makes a ControllerRevision, and never again: so it has to be
there before the pod template changes, and a revision that is taken up again (A, B, A) gets it by itself.
Source: Kubernetes 1.36 pkg/controller/daemon/update.go `snapshot`, kubectl polymorphichelpers `getChangeCause`.
"""
