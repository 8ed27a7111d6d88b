"""The configuration file of `check`, and its baseline."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from ...core.arguments.finding import report
from ...core.formats.meaning import NotUnderstood
from ...core.formats.yaml_text import load_documents
from ...core.rules.check_settings import CheckSettings, parse_check_settings
from ...core.rules.settings import Settings, parse_settings
from ..errors import Trouble
from .files import read_file

NAMES = (".config-rollout.yaml", ".config-rollout.yml")
"""The names of the file that `check` finds by itself."""


@dataclass(frozen=True)
class CheckConfig:
    """The settings of the rules and of `check`, and the file with them; paths are relative to its folder."""

    settings: Settings = field(default_factory=Settings)
    check: CheckSettings = field(default_factory=CheckSettings)
    file: Path | None = None

    @property
    def folder(self) -> Path:
        """Return the folder that its paths are relative to."""
        return self.file.parent if self.file else Path()


def read_config(path: str | None) -> CheckConfig:
    """
    Return the configuration in a file, YAML or JSON.

    Args:
      path: The file; without one the closest `.config-rollout.yaml` from the working directory up to the top of its
        repository is read, if there is one.

    Raises:
      Trouble: It cannot be read, or says something wrong.

    """
    file = Path(path) if path is not None else _closest()
    if file is None:
        return CheckConfig()
    text = read_file(file)
    try:
        load_documents(text)
        value = yaml.safe_load(text)
    except (NotUnderstood, yaml.YAMLError, ValueError, RecursionError) as error:
        raise Trouble(f"{file}: cannot be read as YAML or JSON: {str(error).splitlines()[0]}. Correct it.") from None
    settings, findings = parse_settings({} if value is None else value)
    check, wrong = parse_check_settings(value)
    if findings or wrong:
        raise Trouble(report(str(file), [*findings, *wrong]))
    return CheckConfig(settings, check, file)


def _closest() -> Path | None:
    """Return the file that applies to the working directory."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        for name in NAMES:
            if (folder / name).is_file():
                return folder / name
        if (folder / ".git").exists():
            return None
    return None


def read_baseline(path: Path) -> Counter[tuple[str, str, str, str]]:
    """
    Return how often each finding is in a file that `--json` wrote: rule, file, resource and path.

    Raises:
      Trouble: It cannot be read, or is something else.

    """
    fix = "Write it with `config-rollout check --json`"
    try:
        rows = json.loads(read_file(path))["findings"]
        return Counter((row["rule"], row["file"], row["resource"], row["path"]) for row in rows)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Trouble(f"{path}: is not a baseline. {fix}.") from None
