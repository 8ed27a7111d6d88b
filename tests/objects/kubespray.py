"""What is each release of kubespray's own."""

HOST = {"kube_override_hostname": "node1"}
"""What the data was rendered with beside the defaults."""

GONE = {"kube_proxy_exclude_cidrs": None, "kube_proxy_conntrack_max": "null", "kube_proxy_udp_idle_timeout": "250ms",
        "kube_proxy_resource_container": "/kube-proxy"}  # fmt: skip

OWN = {"v2.9.0": GONE | {"kube_proxy_client_qps": None}, "v2.10.0": GONE, "v2.10.3": GONE, "v2.10.4": GONE}
"""Release -> those of its defaults that are no longer kubespray's."""
