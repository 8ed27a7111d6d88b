"""What the commands that draw share: what prevents a picture is reported before any work is done."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import Trouble, not_installed


def drawing(file: Path, suffixes: Sequence[str], load: Callable[[], Callable[..., None]]) -> Callable[..., None]:
    """
    Return the function that `load` imports, with matplotlib, and that draws.

    Raises:
      Trouble: The file or matplotlib would keep it from drawing. So does what is returned, if the file does.

    """
    if file.suffix not in suffixes:
        known = f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"
        raise Trouble(f"--output: must end in {known} (got '{file.name}').")
    if not file.parent.is_dir():
        raise Trouble(f"--output: folder '{file.parent}' does not exist. Create it first.")
    try:
        draw = load()
    except ModuleNotFoundError as error:
        raise not_installed(error, "draw the picture", "plot", "--output: ") from None

    def to_file(*arguments: Any) -> None:
        try:
            draw(*arguments)
        except OSError as error:
            raise Trouble(f"--output: {file}: {(error.strerror or str(error)).lower()}.") from None

    return to_file
