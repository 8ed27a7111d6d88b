"""Adapters between Pulumi's resource hooks and the core: each reads what the engine passes, and calls core."""
