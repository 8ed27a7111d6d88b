"""kubespray's variables, and the KubeProxyConfiguration that they make."""
