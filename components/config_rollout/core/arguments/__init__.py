"""What a caller passed: its fields, and everything wrong with them."""
