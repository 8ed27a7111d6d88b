"""Kubernetes' objects as plain values: what they say, and every key, label and field manager of ours."""
