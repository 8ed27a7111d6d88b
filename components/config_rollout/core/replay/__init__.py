"""A history of a configuration, and which tool's rule restarts pods at which of its changes."""
