"""What a caller passed: its fields, and everything that is wrong with them."""
