"""What a configuration is: its content, what it means, its hash, and what differs between two."""
