"""The real kube-proxy, asked at most once for a text: accepted or refused, and what it prints."""

import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools import build

AT_ONCE = 2


@dataclass(frozen=True)
class Verdict:
    """What kube-proxy makes of a text: the configuration that it prints, or why it refuses."""

    printed: str | None
    why: str


class Judge:
    """One kube-proxy."""

    def __init__(self, release: str, program: Path) -> None:
        self.release, self._program = release, program
        self._known: dict[str, Verdict] = {}

    def verdicts(self, texts: list[str]) -> dict[str, Verdict]:
        """Return text -> verdict, two processes at a time."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            self._known |= dict(zip(new, pool.map(self._ask, new), strict=True))
        return {text: self._known[text] for text in texts}

    def _ask(self, text: str) -> Verdict:
        with tempfile.TemporaryDirectory() as folder:
            given, printed = Path(folder, "config.conf"), Path(folder, "printed.yaml")
            given.write_bytes(text.encode())
            done = subprocess.run(
                [self._program, "--config", given, "--write-config-to", printed],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            if done.returncode == 0:
                return Verdict(printed.read_text(), "")
            assert done.returncode in (1, 2), done.stderr  # 2: it panics, as 1.34 on a negative logging.flushFrequency
            return Verdict(None, done.stderr)


@pytest.fixture(scope="session", params=[f"kube-proxy-{build.RELEASE}"])
def judge(request):
    """Return the kube-proxy of the release that the tests run with; `make matrix` takes each."""
    return Judge(request.param, build.ensure([request.param])[request.param])
