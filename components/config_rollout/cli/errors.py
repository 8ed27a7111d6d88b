"""What ends a command with one line instead of a result."""


class Trouble(Exception):
    """What keeps a configuration from being read, told as the user should see it."""
