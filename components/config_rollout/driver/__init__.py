"""Runs waves against the cluster: restarts pods within the budget, holds at gates, takes back. Knows no Pulumi."""
