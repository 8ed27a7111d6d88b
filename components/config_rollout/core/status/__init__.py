"""How a DaemonSet and its configuration are, and its past rollouts."""
