"""What refuses a component before anything is registered."""

import pulumi


class BadArguments(pulumi.RunError, ValueError):
    """Everything wrong with a component's arguments, one line each; Pulumi prints it without a stack trace."""
