"""What every test finds, wherever it was started from."""

import signal


def pytest_configure() -> None:
    """Heed interrupts: a shell without job control starts its background without, and programs inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
