"""Whole manifests that others wrote: their objects, the order of these, and what each workload among them becomes."""
