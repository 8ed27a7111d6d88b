"""A history of a configuration, and whose rule restarts pods at which of its changes."""
