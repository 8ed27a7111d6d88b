"""The arguments of KubeProxy and the two files made of them."""

import pytest
import yaml

from config_rollout.core.configuration.content import Content
from config_rollout.core.kube_proxy.arguments import parse
from config_rollout.core.kube_proxy.files import (
    check_images,
    check_release,
    check_server,
    kept_by_pods,
    probe,
    same_bytes,
)
from tests.objects.kubeadm import CONFIG, KUBECONFIG

OWN = {"manage": "own", "config": {"mode": "nftables"}, "api_server": "https://h:6443", "version": "v1.36.3"}


def lines(given) -> list[str]:
    return [str(finding) for finding in parse(given)[1]]


@pytest.mark.parametrize("given", [OWN, {"manage": "adopt"}, {"manage": "adopt", "config": CONFIG}])
def test_good_arguments_are_accepted(given):
    assert [] == lines(given)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"manage": "mine"}, "manage: must be 'own' or 'adopt' (got 'mine'). Use 'adopt' for an existing kube-proxy, "
                             "for "
         "example kubeadm's, or 'own' for a cluster without one."),
        ({"config": 7}, "config: must be a mapping or the text of a KubeProxyConfiguration (got int). "
         "Pass a dict or the text of the file."),
        ({"config": {"mode": object()}}, "config: contains a value that YAML cannot represent "),
        ({"config": "a: 1"}, "config: as a KubeProxyConfiguration: kube-proxy cannot read it: it has no kind. "
         "Write kind: KubeProxyConfiguration."),
        ({"config": "kind: KubeletConfiguration"}, "config: line 1: kube-proxy cannot read it: its kind is "
         "'KubeletConfiguration', and kube-proxy reads only KubeProxyConfiguration. "),
        ({"config": {"apiVersion": "kubeproxy.config.k8s.io/v1alpha2"}}, "config: line 1: kube-proxy cannot read it: "
         "its apiVersion is 'kubeproxy.config.k8s.io/v1alpha2', and kube-proxy reads only "
         "kubeproxy.config.k8s.io/v1alpha1. Write apiVersion: kubeproxy.config.k8s.io/v1alpha1."),
        ({"config": CONFIG + "\tmode: ipvs"}, "config: line 4: kube-proxy cannot read it: it is not valid YAML (found "
         "a tab character that violates indentation; the line begins with a tab). Indent it with spaces."),
        ({"allow_refused_config": True}, "allow_refused_config: is for a live configuration, but the program passes "
                                         "its "
         "own. Leave it out."),
        ({"allow_refused_config": "yes"}, "allow_refused_config: must be True or False (got 'yes'). Pass a bool."),
        ({"config": {"clusterCIDR": "10.0.0.0/8"}}, "config: mode: is not set: the default is iptables today, and "
         "will change in a later release. Set the mode that you want."),
        ({"version": None}, "version, image: one of them is required with manage='own'. "
         "Pass version='v1.36.3', the cluster's release, or a whole image."),
        ({"image": "x"}, "version, image: cannot both be passed. "
         "Pass version='v1.36.3', the cluster's release, or a whole image."),
        ({"api_server": None}, "api_server: is required with manage='own'. Pass https://HOST:PORT."),
        ({"max_unavailable": "many"},
         "max_unavailable: is not a number or percentage of pods (got 'many'). Pass an int or '0%' to '100%'."),
        ({"max_unavailable": 0}, "max_unavailable: max_unavailable and max_surge are both 0, so no pod could ever be "
         "replaced. Raise one of them."),
        ({"min_ready_seconds": -1}, "min_ready_seconds: must be a whole number of at least 0 (got -1). "
         "Pass an int in that range."),
        ({"waves": {"by": 1}}, "waves.by: must be a label (got 1). Pass a plain str."),
        ({"waves": {}, "max_unavailable": "5%"},
         "max_unavailable: cannot be combined with `waves`. Use waves.max_unavailable."),
        ({"waves": {}, "rollout_timeout_seconds": 60}, "rollout_timeout_seconds: cannot be combined with "
         "`waves`. Use waves.progress_deadline_seconds."),
        ({"image": 136.0}, "image: must be plain text (got 136). Pass a str."),
        ({"min_ready_seconds": 10.0, "waves": {"progress_deadline_seconds": 10.0}}, "waves.progress_deadline_seconds: "
         "is 10 and min_ready_seconds 10, so no pod could become available in time."),
        ({"min_ready_seconds": -1.0}, "min_ready_seconds: must be a whole number of at least 0 (got -1)."),
        ({"waves": {"progress_deadline_seconds": 10}}, "waves.progress_deadline_seconds: is 10 and min_ready_seconds "
         "10, so no pod could become available in time. Raise it above min_ready_seconds."),
        ({"layout": "eks"}, "layout: has no kubeconfig_key for the kubeconfig. Use 'kubeadm', or add the key."),
    ],
)  # fmt: skip
def test_bad_argument_is_refused(changes, wrong):
    given = {key: value for key, value in {**OWN, **changes}.items() if value is not None}

    assert any(line.startswith(wrong) for line in lines(given))


def test_image_of_an_adopted_kube_proxy_is_kubeadm_s():
    assert ["version: cannot be set with manage='adopt'. Leave it out: `kubeadm upgrade` sets it."] == lines(
        {"manage": "adopt", "version": "v1.36.3"}
    )


@pytest.mark.parametrize(
    "server", ["https://10.0.0.1:6443", "https://api.example.com", "http://h:1/", "https://[::1]:6443"]
)
def test_address_is_accepted(server):
    assert [] == check_server(server)


@pytest.mark.parametrize(
    "server",
    ["", "10.0.0.1:6443", "api.example.com", "https://", "https://h:port", "https://h/path", "ftp://h", "https://a b",
     "https://h?x=1", 7, None],
)  # fmt: skip
def test_address_that_is_no_url_is_refused(server):
    (finding,) = check_server(server)

    assert "Write https://HOST:PORT, an address that works without kube-proxy" == finding.fix


@pytest.mark.parametrize("host", ["kubernetes", "kubernetes.default", "kubernetes.default.svc.cluster.local"])
def test_address_of_a_service_is_refused(host):
    assert "is the address of a Service, which needs kube-proxy" in str(*check_server(f"https://{host}:443"))


def test_mapping_gets_what_every_configuration_needs():
    settings, _ = parse({**OWN, "config": {"mode": "nftables", "clientConnection": {"qps": 7}}})

    assert {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clientConnection": {"qps": 7, "kubeconfig": "/var/lib/kube-proxy/kubeconfig.conf"},
    } == yaml.safe_load(settings.config)


def test_text_is_taken_as_it_is():
    assert CONFIG == parse({**OWN, "config": CONFIG})[0].config


@pytest.mark.parametrize(
    ("mode", "version", "warned"),
    [("ipvs", "v1.36.3", True), ("ipvs", "1.35.0", True), ("ipvs", "", True), ("ipvs", "v1.34.3", False),
     ("iptables", "v1.36.3", False)],
)  # fmt: skip
def test_ipvs_is_warned_about_with_its_date(mode, version, warned):
    refused, found = check_release(CONFIG.replace("iptables", mode).encode(), version)

    assert ([], warned) == (refused, bool(found))
    assert all("deprecated since Kubernetes 1.35 (December 2025)" in finding.what for finding in found)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("", {"path": "/livez", "port": 10256}),
        ("0.0.0.0:20256", {"path": "/livez", "port": 20256}),
        ("'[::]:10256'", {"path": "/livez", "port": 10256}),
        ("127.0.0.1:10256", {"path": "/livez", "port": 10256, "host": "127.0.0.1"}),
        ("'[::1]:10256'", {"path": "/livez", "port": 10256, "host": "::1"}),
    ],
)
def test_probe_asks_where_kube_proxy_listens(address, expected):
    text = CONFIG + (f"healthzBindAddress: {address}\n" if address else "")

    assert expected == probe(text.encode())["httpGet"]


@pytest.mark.parametrize(
    ("text", "port"),
    [
        pytest.param("healthzBindAddress: &a 0.0.0.0:20256\n", 20256, id="an anchor"),
        pytest.param("healthzBindAddress: 0.0.0.0:1\nhealthzBindAddress: 0.0.0.0:20256\n", 20256, id="a key twice"),
        pytest.param("healthzBindAddress: 0.0.0.0:20256\n---\n", 20256, id="a mark at the end"),
        pytest.param("healthzBindAddress: 0.0.0.0\n", 10256, id="no port"),
        pytest.param("healthzBindAddress: [\n", None, id="no YAML"),
        pytest.param("healthzBindAddress: 1\n", None, id="no text"),
        pytest.param("healthzBindAddress: host:http\n", None, id="no number"),
    ],
)
def test_probe_asks_the_port_that_is_in_force_and_no_other(text, port):
    found = probe((CONFIG + text).encode())

    assert port == (found and found["httpGet"]["port"])


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("registry.k8s.io/kube-proxy:v1.36.3@sha256:aa", ["data['c']: featureGates.IPv6DualStack: kube-proxy 1.36 does "
         "not have this feature gate and would exit. Remove it."]),
        ("mirror/kube-proxy-amd64:1.34.1", ["data['c']: featureGates.IPv6DualStack: kube-proxy 1.34 does not have this "
         "feature gate and would exit. Remove it."]),
        ("registry.k8s.io/kube-proxy:v1.99.0", []),
        ("registry.k8s.io/kube-proxy:latest", []),
        ("agent:v1.36.3", []),
    ],
)  # fmt: skip
def test_image_of_a_pod_spec_decides_about_feature_gates(image, expected):
    content = Content({"c": (CONFIG + "featureGates: {IPv6DualStack: true}\n").encode()})

    assert expected == [str(one) for one in check_images(content, {"containers": [{"name": "p", "image": image}]})]


UNSET = CONFIG.replace("mode: iptables", "mode: ''")


@pytest.mark.parametrize(
    ("mounted", "said", "version", "kept"),
    [
        pytest.param(UNSET, CONFIG, "v1.36.3", True, id="written out"),
        pytest.param(CONFIG, UNSET, "v1.34.3", True, id="no longer written out"),
        pytest.param(UNSET, CONFIG, "v1.99.0", False, id="a release whose default is not known"),
        pytest.param(UNSET, CONFIG, "", False, id="no release"),
        pytest.param(UNSET, CONFIG + "oomScoreAdj: 1\n", "v1.36.3", False, id="something else too"),
        pytest.param(UNSET, CONFIG.replace("iptables", "nftables"), "v1.36.3", False, id="another mode"),
        pytest.param(CONFIG, "# why\n" + CONFIG, "v1.36.3", False, id="a comment"),
        pytest.param("\t", CONFIG, "v1.36.3", False, id="what kube-proxy cannot read"),
    ],
)
def test_pods_keep_their_text_where_their_release_runs_the_same(mounted, said, version, kept):
    got = kept_by_pods({"c": said, "k": "a: 1"}, {"c": mounted, "k": "a: 1"}, {"c": "kube-proxy-linux"}, version)

    assert {"c": mounted if kept else said, "k": "a: 1"} == got


def test_pods_get_what_is_said_where_another_key_differs():
    assert {"c": CONFIG, "k": "a: 2"} == kept_by_pods(
        {"c": CONFIG, "k": "a: 2"}, {"c": UNSET, "k": "a: 1"}, {"c": "kube-proxy-linux", "k": "yaml"}, "v1.36.3"
    )


def test_what_means_the_same_keeps_its_live_bytes():
    live = {"config.conf": "# mine\n" + CONFIG, "kubeconfig.conf": KUBECONFIG}
    wanted = {"config.conf": CONFIG, "kubeconfig.conf": KUBECONFIG.replace("10.1.2.3", "h")}
    formats = {"config.conf": "kube-proxy", "kubeconfig.conf": "yaml"}

    assert {**wanted, "config.conf": live["config.conf"]} == same_bytes(live, wanted, formats)
