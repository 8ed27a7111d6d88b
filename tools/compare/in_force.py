"""What is in force with a configuration: never by our own reading of it, but by kube-proxy's."""

import re
import subprocess
import tempfile
from pathlib import Path

_EMPTY = re.compile(r"(?m): null$")
"""kube-proxy prints an empty list sometimes as `null` and sometimes as `[]`."""


class InForce:
    """Asks a kube-proxy, once for each text."""

    def __init__(self, kube_proxy: Path) -> None:
        self._program = kube_proxy
        self._known: dict[str, str] = {}

    def __call__(self, config: str) -> str:
        """
        Return the whole configuration that a text makes, defaults included: equal for two that make the same.

        Raises:
          ValueError: kube-proxy refuses the text; with the reason.

        """
        if config not in self._known:
            self._known[config] = self._ask(config)
        return self._known[config]

    def _ask(self, config: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            given, printed = Path(folder, "config.conf"), Path(folder, "printed")
            given.write_text(config)
            command = [str(self._program), "--config", str(given), "--write-config-to", str(printed)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            if done.returncode:
                raise ValueError(f"kube-proxy refuses this configuration: {done.stderr.strip()[-400:]}\n{config}")
            return _EMPTY.sub(": []", printed.read_text())
