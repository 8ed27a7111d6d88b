"""The KubeProxyConfiguration: its fields, defaults and validation, as kube-proxy has them."""
