"""kube-proxy: its files and pods, where a cluster keeps it, and what adopting it means."""
