"""Gets what real nodes are made of into the tool cache, without running anything."""

from .. import build
from . import parts


def main() -> None:
    """Get it, or say why real nodes cannot run here."""
    if why := parts.missing():
        print(f"No real nodes here: {why}")
        return
    print(f"{'kubelet':28} {build.ensure(['kubelet'])['kubelet']}\n{'packages and images':28} {parts.ensure()}")


if __name__ == "__main__":
    main()
