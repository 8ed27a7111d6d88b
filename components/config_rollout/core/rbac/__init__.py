"""The permissions that each feature needs, and the smallest Role that grants them."""
