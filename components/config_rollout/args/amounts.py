"""Values that are a number or a text."""

Amount = int | str
"""A whole number of at least 1, or a share from `1%` to `100%`, which rounds up."""
