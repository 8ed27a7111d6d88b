"""The state of a DaemonSet and its configuration, and its past rollouts."""
