"""`make fuzz MINUTES=20`: every property on new examples until the time is up, in 2 GiB of memory."""

import resource
import sys
import time
import traceback

from tests.fuzz.test_properties import EXAMPLES, PROPERTIES, try_on

EXAMPLES_A_ROUND = 300
MEMORY_BYTES = 2 * 2**30


def main(minutes: float) -> int:
    """Try all in turn; print what each was tried on, and return 1 if one does not hold."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    end, rounds, held = time.monotonic() + 60 * minutes, 0, list(PROPERTIES)
    while held and time.monotonic() < end:
        rounds += 1
        for name in list(held):
            try:
                try_on(name, EXAMPLES_A_ROUND, time.time_ns())
            except Exception:
                traceback.print_exc()
                held.remove(name)
    for name in PROPERTIES:
        print(f"{EXAMPLES[name]:>10,}  {name.removeprefix('test_')}{'' if name in held else '  FAILED'}")
    print(f"{EXAMPLES.total():>10,}  examples in {rounds} rounds, {len(PROPERTIES) - len(held)} properties do not hold")
    return 1 if len(held) < len(PROPERTIES) else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
