"""What a KubeProxy registers, and what it refuses before it registers anything. The cluster is a mapping here."""

import json

import pulumi
import pytest
from pulumi.runtime import mocks

from config_rollout import KubeProxy
from config_rollout.cluster.client import Cluster, ClusterError
from config_rollout.prepare import kube_proxy as preparing
from tests.objects.kubeadm import CONFIG, config_map, daemon_set
from tests.wiring.conftest import Registered, _Monitor
from tests.wiring.kubeadm_cluster import ADOPT, KUBEADM, memory_cluster

OWN = {"manage": "own", "config": CONFIG, "api_server": "https://h:6443", "version": "v1.36.3"}


@pytest.fixture
def run(monkeypatch):
    """Return a function that runs a KubeProxy under mocks; gives what was registered by `Type name`, or the error."""

    def run(args, objects=KUBEADM, opts=None, preview=False, missing=(), broken=None):
        monkeypatch.setattr(Cluster, "find", lambda *_: memory_cluster(objects, missing, broken))
        monitor = _Monitor()
        mocks.set_mocks(monitor.mocks, preview=preview, monitor=monitor)

        @pulumi.runtime.test
        def program():
            KubeProxy("kube-proxy", args, opts() if opts else None)

        try:
            program()
        except ValueError as error:
            assert [] == [r.type for r in monitor.requests if "Stack" not in r.type and "providers" not in r.type]
            return str(error)
        registered = [Registered(request) for request in monitor.requests if request.type != "pulumi:pulumi:Stack"]
        return {f"{r.type.split(':')[-1]} {r.name}": r for r in registered}

    return run


def test_adopted_pods_that_ask_for_a_key_that_their_config_map_would_not_have_are_refused(run):
    asking = daemon_set()
    volume = asking["spec"]["template"]["spec"]["volumes"][0]
    volume["configMap"]["items"] = [{"key": "config.yaml", "path": "config.conf"}]

    assert (
        "KubeProxy 'kube-proxy': DaemonSet kube-system/kube-proxy: spec.template.spec.volumes[0].configMap.items[0]"
        ".key: refers to key 'config.yaml', which ConfigMap 'kube-proxy' does not have: a new pod would wait for it "
        "forever. Write 'config.conf', if that was meant."
    ) == run(ADOPT, KUBEADM | {("daemonsets", "kube-proxy"): asking})


@pytest.mark.parametrize(("args", "objects"), [(OWN, {}), (ADOPT, KUBEADM)])
def test_writes_of_all_children_may_be_tried_again(run, args, objects):
    children = [one.request for one in run(args, objects).values() if "config-rollout" not in one.type]

    assert len(children) >= 2
    assert {1} == {len(request.hooks.on_error) for request in children}


def of(registered, kind):
    return registered[f"{kind} kube-proxy"]


def test_adopting_registers_patches_only(run):
    registered = run({**ADOPT, "config": CONFIG})

    assert ["ConfigMapPatch", "ConfigMapPatch", "DaemonSetPatch", "DaemonSetPatch", "KubeProxy"] == sorted(
        what.split(" ")[0] for what in registered
    )


def test_everything_adopted_is_retained_and_forced_under_one_field_manager(run):
    patches = [r for what, r in run({**ADOPT, "config": CONFIG}).items() if "Patch" in what and "-owner" not in what]
    annotations = [r.inputs["metadata"]["annotations"] for r in patches]

    assert [True] * 3 == [r.request.retainOnDelete for r in patches]
    assert {("config-rollout", "true")} == {
        (of["pulumi.com/patchFieldManager"], of["pulumi.com/patchForce"]) for of in annotations
    }


def test_who_adopted_stands_in_a_patch_of_its_own_that_is_let_go_of(run):
    owner = run(ADOPT)["DaemonSetPatch kube-proxy-owner"]

    assert not owner.request.retainOnDelete
    assert "spec" not in owner.inputs
    assert {
        "pulumi.com/patchForce": "true",
        "config-rollout/stack": "organization/project/stack",
        "config-rollout/component": "pulumi:pulumi:Stack$config-rollout:index:KubeProxy::kube-proxy",
    } == owner.inputs["metadata"]["annotations"]


def test_without_config_the_config_map_that_others_know_is_left_to_them(run):
    assert "ConfigMapPatch kube-proxy-known" not in run(ADOPT)


def test_only_what_the_program_says_is_written_to_the_config_map_that_others_know(run):
    registered = run({**ADOPT, "api_server": "https://h:6443"})

    assert ["kubeconfig.conf"] == list(registered["ConfigMapPatch kube-proxy-known"].inputs["data"])


def test_adopted_daemon_set_gets_these_fields_and_no_others(run):
    spec = of(run(ADOPT), "DaemonSetPatch").inputs["spec"]
    (container,) = spec["template"]["spec"]["containers"]

    assert {"minReadySeconds", "updateStrategy", "template"} == set(spec)
    assert {"name", "readinessProbe"} == set(container)
    assert ["checksum/config"] == list(spec["template"]["metadata"]["annotations"])
    assert ["kube-proxy"] == [volume["name"] for volume in spec["template"]["spec"]["volumes"]]


@pytest.mark.parametrize("args", [OWN, ADOPT])
def test_text_version_names_another_config_map_that_says_so(run, args):
    def named(**more):
        registered = run({**args, **more}, objects={} if args is OWN else KUBEADM)
        patches = [
            one.inputs["metadata"] for what, one in registered.items() if what.startswith("ConfigMapPatch kube-pr")
        ]
        return next(metadata for metadata in patches if metadata["name"] != "kube-proxy")

    plain, version = named(), named(text_version="2")
    assert plain["name"] != version["name"]
    assert [None, "2"] == [
        json.loads(one["annotations"]["config-rollout/read-as"]).get("text_version") for one in (plain, version)
    ]


@pytest.mark.parametrize("args", [OWN, ADOPT])
def test_no_property_of_the_daemon_set_depends_on_a_resource(run, args):
    registered = run(args, objects={} if args is OWN else KUBEADM)
    what = of(registered, "DaemonSet" if args is OWN else "DaemonSetPatch")

    assert [] == [urn for urns in what.property_dependencies.values() for urn in urns]


def test_adopted_becomes_own_as_one_resource_to_the_engine(run):
    own, adopted = of(run(OWN, objects={}), "DaemonSet"), of(run(ADOPT), "DaemonSetPatch")

    assert "kubernetes:apps/v1:DaemonSetPatch" in [alias.spec.type for alias in own.request.aliases]
    assert own.name == adopted.name


def test_own_registers_what_kubeadm_s_addon_would_create(run):
    registered = run(OWN, objects={})
    pod_spec = of(registered, "DaemonSet").inputs["spec"]["template"]["spec"]

    assert [
        "ClusterRoleBinding",
        "ConfigMapPatch",
        "ConfigMapPatch",
        "DaemonSet",
        "KubeProxy",
        "Role",
        "RoleBinding",
        "ServiceAccount",
    ] == sorted(what.split(" ")[0] for what in registered)
    assert ("registry.k8s.io/kube-proxy:v1.36.3", {"path": "/livez", "port": 10256}) == (
        pod_spec["containers"][0]["image"],
        pod_spec["containers"][0]["readinessProbe"]["httpGet"],
    )
    assert {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}} == of(registered, "DaemonSet").inputs[
        "spec"
    ]["updateStrategy"]


def test_nodes_that_join_may_read_the_config_map_that_they_know(run):
    registered = run(OWN, objects={})
    rules, subject = registered["Role kube-proxy-join"].inputs["rules"], registered["RoleBinding kube-proxy-join"]

    assert [
        {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["kube-proxy"], "verbs": ["get"]}
    ] == rules
    assert ["system:bootstrappers:kubeadm:default-node-token"] == [s["name"] for s in subject.inputs["subjects"]]


def test_service_account_of_a_kube_proxy_that_was_ours_is_kept(run):
    live = daemon_set(manager="config-rollout-own")
    live["spec"]["template"]["spec"]["serviceAccountName"] = "config-rollout-kube-proxy"
    registered = run(ADOPT, objects={**KUBEADM, ("daemonsets", "kube-proxy"): live})

    assert of(registered, "ServiceAccount").request.retainOnDelete


def test_kept_bytes_of_the_same_meaning_are_used(run):
    name = next(what for what in run(ADOPT) if what.startswith("ConfigMapPatch")).split(" ")[1]
    kept = config_map(config_conf="# as it was first written\n" + CONFIG)
    registered = run(ADOPT, objects={**KUBEADM, ("configmaps", name): kept})

    assert kept["data"] == registered[f"ConfigMapPatch {name}"].inputs["data"]


def test_preview_without_the_cluster_is_shorter_and_not_red(run):
    registered = run(ADOPT, preview=True, broken=ClusterError("https://memory: does not answer."))
    patch = of(registered, "DaemonSetPatch").inputs["spec"]["template"]

    assert {"KubeProxy", "DaemonSetPatch"} == {what.split(" ")[0] for what in registered}
    assert {"checksum/config": pulumi.runtime.rpc.UNKNOWN} == patch["metadata"]["annotations"]


def test_own_preview_without_the_cluster_is_whole(run):
    assert "DaemonSet kube-proxy" in run(OWN, preview=True, broken=ClusterError("https://memory: does not answer."))


@pytest.mark.parametrize("args", [OWN, ADOPT])
def test_up_without_the_cluster_is_an_error(run, args):
    assert "KubeProxy 'kube-proxy': https://memory: does not answer." == run(
        args, broken=ClusterError("https://memory: does not answer.")
    )


WAVES = {"first": [{"name": "canary", "nodes": 1}]}
ONE_NODE = {("nodes", "n1"): {"metadata": {"name": "n1"}}}


@pytest.mark.parametrize("args", [OWN, {**ADOPT, "config": CONFIG}])
def test_with_waves_the_records_come_between_the_daemon_set_and_the_config_map_that_others_know(run, args):
    objects = ONE_NODE if args["manage"] == "own" else {**KUBEADM, **ONE_NODE}
    registered = run({**args, "waves": WAVES}, objects=objects)
    records = [registered[f"Stash kube-proxy-{wave}"].dependencies for wave in ("canary", "rest")]

    assert [{"kube-proxy"}, {"kube-proxy", "kube-proxy-canary"}] == [set(of) for of in records]
    assert "kube-proxy-rest" in registered["ConfigMapPatch kube-proxy-known"].dependencies


def test_with_waves_the_strategy_of_an_adopted_daemon_set_is_a_patch_that_is_let_go_of(run):
    registered = run({**ADOPT, "waves": WAVES})
    strategy, daemon_set = (registered[f"DaemonSetPatch {name}"] for name in ("kube-proxy-strategy", "kube-proxy"))

    assert {"updateStrategy": {"type": "OnDelete"}} == strategy.inputs["spec"]
    assert (False, True) == (strategy.request.retainOnDelete, daemon_set.request.retainOnDelete)
    assert "kube-proxy-strategy" in daemon_set.dependencies
    assert {"minReadySeconds", "template"} == set(daemon_set.inputs["spec"])
    assert "pulumi.com/patchFieldManager" not in strategy.inputs["metadata"]["annotations"]


def test_with_waves_our_own_daemon_set_is_left_to_them(run):
    daemon_set = of(run({**OWN, "waves": WAVES}, objects=ONE_NODE), "DaemonSet").inputs

    assert {"type": "OnDelete"} == daemon_set["spec"]["updateStrategy"]
    annotations = daemon_set["metadata"]["annotations"]
    assert ("true", "organization/project/stack") == (
        annotations["pulumi.com/skipAwait"],
        annotations["config-rollout/stack"],
    )


def test_while_waves_are_held_back_the_config_map_that_others_know_keeps_what_it_has(run):
    asked = {**ADOPT, "config": CONFIG.replace("iptables", "nftables")}
    data = [
        run({**asked, "waves": {**WAVES, "through": through}})["ConfigMapPatch kube-proxy-known"].inputs["data"]
        for through in ("canary", "rest")
    ]

    assert [CONFIG, asked["config"]] == [of["config.conf"] for of in data]


def test_preview_with_waves_and_without_the_cluster_keeps_the_strategy(run):
    registered = run({**ADOPT, "waves": WAVES}, preview=True, broken=ClusterError("https://memory: does not answer."))

    assert ["DaemonSetPatch", "DaemonSetPatch", "DaemonSetPatch", "KubeProxy"] == sorted(
        what.split(" ")[0] for what in registered
    )


def test_up_without_a_right_is_an_error_with_the_smallest_role(run):
    error = run(ADOPT, missing=[("patch", "daemonsets")])

    assert error.startswith(
        "KubeProxy 'kube-proxy': https://memory: may not patch daemonsets 'kube-proxy' in namespace kube-system. "
        "`up` needs it; the smallest Role is\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n"
    )


def test_preview_without_a_right_to_write_is_whole(run):
    assert "DaemonSetPatch kube-proxy" in run(ADOPT, preview=True, missing=[("patch", "daemonsets")])


def test_everything_wrong_is_said_at_once(run):
    lines = run(
        {
            "manage": "own",
            "layuot": "x",
            "config": {"mode": "nftable", "iptables": {"synPeriod": "1s"}},
            "api_server": "h",
        }
    ).splitlines()

    assert [
        "layuot",
        "version, image",
        "api_server",
        "config",
    ] == [line.removeprefix("KubeProxy 'kube-proxy': ").split(": ")[0] for line in lines]


@pytest.mark.parametrize(
    ("args", "objects", "wrong"),
    [
        (OWN, KUBEADM, "DaemonSet kube-system/kube-proxy: already exists "),
        (ADOPT, {}, "DaemonSet kube-system/kube-proxy: does not exist (found nothing). "),
        ({**ADOPT, "layout": {"volume": "v"}}, KUBEADM,
         "DaemonSet kube-system/kube-proxy: there is no volume of a ConfigMap 'v' (found kube-proxy). "),
        ({**ADOPT, "config": pulumi.Output.from_input("x")}, KUBEADM,
         "config: must be a mapping or the text of a KubeProxyConfiguration (got Output). "),
        ({**ADOPT, "config": {"mode": pulumi.Output.from_input("x")}}, KUBEADM, "config: contains a value that YAML "
                                                                                "cannot represent "),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(run, args, objects, wrong):
    assert run(args, objects=objects).startswith(f"KubeProxy 'kube-proxy': {wrong}")


def test_what_is_wrong_with_what_is_live_is_no_reason_to_refuse_it(run):
    live = {**KUBEADM, ("configmaps", "kube-proxy"): config_map(config_conf=CONFIG + "resourceContainer: /x\nodd: 1\n")}

    assert "DaemonSetPatch kube-proxy" in run(ADOPT, objects=live)


def live(text="", **data):
    """Return a cluster whose ConfigMap has these lines more in its KubeProxyConfiguration."""
    return {**KUBEADM, ("configmaps", "kube-proxy"): config_map(**{"config_conf": CONFIG + text, **data})}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("\toomScoreAdj: 1\n", "line 4: kube-proxy cannot read it: it is not valid YAML (found a tab character that "
         "violates indentation; the line begins with a tab). Indent it with spaces."),
        ("oomScoreAdj: &a -2000\n", "oomScoreAdj: must be from -1000 to 1000 (got -2000). Use a number in that range."),
        ("featureGates: {IPv6DualStack: true}\n", "featureGates.IPv6DualStack: kube-proxy 1.36 does not have this "
         "feature gate and would exit. Remove it."),
        ("showHiddenMetricsForVersion: '1.30'\n", "showHiddenMetricsForVersion: kube-proxy 1.36 accepts only 1.35 and "
         "would exit (got '1.30'). Write '1.35', or remove it."),
    ],
)  # fmt: skip
def test_live_configuration_that_would_not_start_again_is_not_rolled_out(run, text, wrong):
    where = "KubeProxy 'kube-proxy': ConfigMap kube-system/kube-proxy: "

    assert [
        f"{where}data['config.conf']: {wrong}",
        f"{where}kube-proxy would not start with the live configuration, so it is not rolled out. Correct the "
        f"ConfigMap, or pass "
        "`config`; allow_refused_config=True rolls it out as it is.",
    ] == run(ADOPT, objects=live(text)).splitlines()
    assert "DaemonSetPatch kube-proxy" in run({**ADOPT, "allow_refused_config": True}, objects=live(text))
    assert "DaemonSetPatch kube-proxy" in run({**ADOPT, "config": CONFIG}, objects=live(text))


@pytest.mark.parametrize(("image", "kept"), [("v1.36.3", True), ("v1.99.0", False)])
def test_mode_written_out_restarts_only_where_the_release_may_have_another_default(run, image, kept):
    unset = config_map(config_conf=CONFIG.replace("mode: iptables", "mode: ''"))
    first = run(ADOPT, objects={**KUBEADM, ("configmaps", "kube-proxy"): unset})
    made = of(first, "DaemonSetPatch").inputs["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"]
    objects = {
        ("daemonsets", "kube-proxy"): daemon_set(mounts=made, image=f"registry.k8s.io/kube-proxy:{image}"),
        ("configmaps", "kube-proxy"): unset,
        ("configmaps", made): {**unset, "metadata": {**unset["metadata"], "name": made}},
    }
    registered = run({**ADOPT, "config": CONFIG}, objects=objects)
    mounted = of(registered, "DaemonSetPatch").inputs["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"]

    assert kept == (mounted == made)
    assert {"config.conf": CONFIG} == registered["ConfigMapPatch kube-proxy-known"].inputs["data"]
    rolled_out = run({**ADOPT, "config": CONFIG, "text_version": "2"}, objects=objects)
    held = [one.inputs["data"] for what, one in rolled_out.items() if what.startswith("ConfigMapPatch")]
    assert all(CONFIG == data["config.conf"] for data in held)


@pytest.mark.parametrize(
    ("text", "port"), [("healthzBindAddress: &a 0.0.0.0:20256\n", 20256), ("healthzBindAddress: [\n", None)]
)
def test_adopted_kube_proxy_gets_a_probe_only_where_its_port_is_known(run, text, port):
    spec = of(run({**ADOPT, "allow_refused_config": True}, objects=live(text)), "DaemonSetPatch").inputs["spec"]
    containers = spec["template"]["spec"].get("containers", [])

    assert ([port] if port else []) == [one["readinessProbe"]["httpGet"]["port"] for one in containers]


def test_platform_of_an_adopted_kube_proxy_is_that_of_its_node_selector(run):
    windows = daemon_set(node_selector={"kubernetes.io/os": "windows"})
    objects = {**live(), ("daemonsets", "kube-proxy"): windows}

    assert "mode: is only valid for kube-proxy on Linux (got 'iptables')" in run(ADOPT, objects=objects)
    assert "kube-proxy-linux" == of(run(ADOPT), "KubeProxy").inputs["formats"]["config.conf"]


def test_feature_gate_is_that_of_the_release_to_be(run):
    config = {"mode": "nftables", "featureGates": {"NFTablesProxyMode": False, "IPv6DualStack": True}}
    lines = run({**OWN, "config": config}, objects={}).splitlines()

    assert [
        "KubeProxy 'kube-proxy': config: featureGates.IPv6DualStack: kube-proxy 1.36 does not have this feature gate "
        "and would exit. Remove it.",
        "KubeProxy 'kube-proxy': config: featureGates.NFTablesProxyMode: the gate is locked to true in kube-proxy "
        "1.36, which would exit. Remove it.",
    ] == lines
    assert "DaemonSet kube-proxy" in run({**OWN, "version": "v1.99.0", "config": config}, objects={})


def test_address_is_put_into_the_live_kubeconfig_and_all_else_stays(run):
    kubeconfig = (
        '{"apiVersion": "v1", "kind": "Config", "current-context": "b", "clusters": [{"name": "a", "cluster": '
        '{"server": "https://one"}}, {"name": "b", "cluster": {"server": "https://two", "certificate-authority-data": '
        '"eA=="}}], "contexts": [{"name": "b", "context": {"cluster": "b", "user": "u"}}], "users": [{"name": "u", '
        '"user": {"token": "t"}}]}'
    )
    registered = run({**ADOPT, "api_server": "https://h:6443"}, objects=live(kubeconfig_conf=kubeconfig))
    known = registered["ConfigMapPatch kube-proxy-known"].inputs["data"]

    assert {"kubeconfig.conf": kubeconfig.replace("https://two", "https://h:6443")} == known


def test_live_kubeconfig_that_does_not_say_its_cluster_is_refused(run):
    assert (
        "KubeProxy 'kube-proxy': ConfigMap kube-system/kube-proxy: data['kubeconfig.conf']: has no current-context "
        "(clusters: a, b), so `api_server` cannot be set in it. Correct it, or leave api_server out."
    ) == run(
        {**ADOPT, "api_server": "https://h:6443"},
        objects=live(kubeconfig_conf="clusters: [{name: a, cluster: {server: x}}, {name: b, cluster: {server: y}}]"),
    )


def test_ignored_changes_are_refused(run):
    error = run(ADOPT, opts=lambda: pulumi.ResourceOptions(ignore_changes=["config"]))

    assert "KubeProxy 'kube-proxy': ignore_changes: 'config': cannot be ignored" in error


@pytest.mark.parametrize("how", ["provider", "providers"])
def test_provider_of_the_program_s_own_needs_its_kubeconfig(run, how):
    import pulumi_kubernetes as k8s

    def opts():
        provider = k8s.Provider("mine", kubeconfig="x")
        return pulumi.ResourceOptions(**{how: provider if how == "provider" else [provider]})

    assert "kubeconfig: is required with a provider of your own" in run(ADOPT, opts=opts)
    assert "DaemonSetPatch kube-proxy" in run({**ADOPT, "kubeconfig": "x"}, opts=opts)


def test_layout_of_an_unknown_kind_names_the_known(run):
    assert "layout: is not a known layout (got 'aks'). Use 'kubeadm', 'eks', or a mapping." in run(
        {**ADOPT, "layout": "aks"}
    )


def test_prepare_reads_the_cluster_that_the_provider_writes_to(monkeypatch):
    asked = []
    monkeypatch.setattr(Cluster, "find", lambda *given: asked.append(given))
    pulumi.runtime.set_all_config({"kubernetes:kubeconfig": "k", "kubernetes:context": "c", "kubernetes:cluster": "d"})
    try:
        preparing.find_cluster({})
        preparing.find_cluster({"context": "e"})
        preparing.find_cluster({"kubeconfig": "mine"})
    finally:
        pulumi.runtime.set_all_config({})

    assert [("k", "c", "d"), ("k", "e", "d"), ("mine", None)] == asked
