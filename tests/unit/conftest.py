"""What tests of several files look at."""

import pytest

from tests.unit.clock import Clock


@pytest.fixture
def clock(monkeypatch):
    """Give the clock of the test, in place of the machine's."""
    clock = Clock()
    clock.install(monkeypatch)
    yield clock
    clock.end()


@pytest.fixture
def heard(monkeypatch):
    """Return the lines that reach the engine: (line, resource, ephemeral)."""
    lines = []

    def info(message, resource=None, ephemeral=False):
        lines.append((message, resource, ephemeral))

    monkeypatch.setattr("pulumi.log.info", info)
    return lines
