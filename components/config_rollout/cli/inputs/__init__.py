"""What the command line reads: files, histories, inventories, audit records."""
