"""What tests of several files look at."""

import pytest


@pytest.fixture
def heard(monkeypatch):
    """Return the lines that reach the engine: (line, resource, ephemeral)."""
    lines = []

    def info(message, resource=None, ephemeral=False):
        lines.append((message, resource, ephemeral))

    monkeypatch.setattr("pulumi.log.info", info)
    return lines
