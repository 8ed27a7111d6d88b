"""The site of the docs: `make site` builds it into .run/site, and `make browse` looks at it in a real browser."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools.documents import ROOT

SITE = ROOT / ".run" / "site"


def build() -> Path:
    """
    Return the folder of the site, built anew.

    Errors: SystemExit with every link that leads nowhere, and with whatever else the generator says.
    """
    shutil.rmtree(SITE, ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).partition("Traceback")[0]
        raise SystemExit(f"site: docs: the generator refuses them. Correct what it shows:\n{said}")
    return SITE


if __name__ == "__main__":
    print(f"{build() / 'index.html'}: open it in a browser.")
