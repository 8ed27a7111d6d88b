"""The ports that kube-proxy listens on unless its configuration says others."""

HEALTHZ_PORT = 10256
"""Of healthzBindAddress. Source: kubernetes 1.36 pkg/cluster/ports `ProxyHealthzPort`."""

METRICS_PORT = 10249
"""Of metricsBindAddress. Source: kubernetes 1.36 pkg/cluster/ports `ProxyStatusPort`."""
