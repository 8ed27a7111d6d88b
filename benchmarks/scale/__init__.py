"""Curves from small to large: many workloads in one stack, one workload on many nodes, and what a restart costs."""
