"""The state of a workload and its configuration, and its past rollouts."""
