"""The history of a public chart, deployed step by step on the real control plane: which tool restarts which pods."""
