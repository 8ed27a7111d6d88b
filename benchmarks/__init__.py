"""Ratios of one run on one machine, and the table of them in docs/measured.md."""
