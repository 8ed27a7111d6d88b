"""The error that ends a command with one line instead of a result."""


class Trouble(Exception):
    """What prevents reading a configuration, as the user should see it."""


def not_installed(error: ModuleNotFoundError, does: str, extra: str, where: str = "") -> Trouble:
    """Return that the library of an extra is missing: what needs it, and how to install it."""
    library, command = str(error.name).partition(".")[0], f"pip install 'pulumi-config-rollout[{extra}]'"
    return Trouble(f"{where}{library} is required to {does} and not installed. Run: {command}")
