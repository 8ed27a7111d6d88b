"""
The plan of a random walk, as data: which steps, what goes wrong in each, and one number for all that is left to chance.

A plan is a line of text too, `daemonset change:17+api_killed:4+pod_evicted:9 nothing:2`: whoever has the line walks the
same way again. Nothing here knows a cluster, or what a name does.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

_NUMBERS = 1000
"""From how many numbers each choice takes one: enough for other choices, and short to read."""


@dataclass(frozen=True)
class Chosen:
    """A step or a mishap, and the number from which all follows that it leaves to chance."""

    name: str
    number: int

    def __str__(self) -> str:
        return f"{self.name}:{self.number}"

    @classmethod
    def of(cls, text: str) -> "Chosen":
        """
        Read what `str` gives.

        Raises:
          ValueError: It is something else.

        """
        name, colon, number = text.partition(":")
        if not (name and colon and number.isdecimal()):
            raise ValueError(f"walk: is not NAME:NUMBER (got {text!r})")
        return cls(name, int(number))

    @property
    def chance(self) -> random.Random:
        """What chooses for it: always the same."""
        return random.Random(f"{self.name} {self.number}")


@dataclass(frozen=True)
class Step:
    """One step, and what goes wrong in it."""

    does: Chosen
    mishaps: tuple[Chosen, ...] = ()

    def __str__(self) -> str:
        return "+".join(map(str, (self.does, *self.mishaps)))

    @classmethod
    def of(cls, text: str) -> "Step":
        """Read what `str` gives. Raises as `Chosen.of` does."""
        does, *mishaps = map(Chosen.of, text.split("+"))
        return cls(does, tuple(mishaps))

    @property
    def wrong(self) -> tuple[str, ...]:
        """The names of what goes wrong."""
        return tuple(mishap.name for mishap in self.mishaps)


@dataclass(frozen=True)
class Plan:
    """The steps of one workload; `kind` is the word that `kubectl` has for it."""

    kind: str
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return " ".join([self.kind, *map(str, self.steps)])

    @classmethod
    def of(cls, text: str) -> "Plan":
        """Read what `str` gives. Raises as `Chosen.of` does."""
        kind, *steps = text.split()
        return cls(kind, tuple(map(Step.of, steps)))

    def without(self, at: int, count: int = 1) -> "Plan":
        """Return the plan without so many of its steps, from the one at `at` on."""
        return replace(self, steps=self.steps[:at] + self.steps[at + count :])

    def without_mishap(self, at: int, mishap: int) -> "Plan":
        """Return the plan without one mishap of the step at `at`."""
        step = self.steps[at]
        less = replace(step, mishaps=step.mishaps[:mishap] + step.mishaps[mishap + 1 :])
        return replace(self, steps=(*self.steps[:at], less, *self.steps[at + 1 :]))


class Deck:
    """Names in any order, each once before one comes again: a short walk takes each step too."""

    def __init__(self, names: Sequence[str], chance: random.Random) -> None:
        self._names, self._chance, self._left = names, chance, list[str]()

    def draw(self, beside: Sequence[str] = ()) -> str:
        """Return the next that is none of those `beside`."""
        if not set(self._left) - {*beside}:
            self._left += self._chance.sample(self._names, len(self._names))
        name = next(name for name in self._left if name not in beside)
        self._left.remove(name)
        return name


def planned(
    kind: str,
    steps: Mapping[str, bool],
    mishaps: Mapping[str, str],
    count: int,
    seed: int,
    at_once: int = 2,
) -> Plan:
    """
    Return a walk of so many steps, always the same for a seed.

    Args:
      kind: The kind of workload.
      steps: Name -> whether things go wrong in it.
      mishaps: Name -> what it acts on; no two happen at once that act on the same, which may be empty.
      count: How many steps.
      seed: Of all choices.
      at_once: How many things go wrong in a step.

    """
    chance = random.Random(f"{kind} {seed}")
    step_deck, mishap_deck = Deck([*steps], chance), Deck([*mishaps], chance)

    def drawn() -> Iterator[Step]:
        for _ in range(count):
            does = Chosen(step_deck.draw(), chance.randrange(_NUMBERS))
            wrong: list[str] = []
            for _ in range(at_once if mishaps and steps[does.name] else 0):
                taken = {mishaps[name] for name in wrong} - {""}
                wrong.append(mishap_deck.draw([name for name, on in mishaps.items() if on in taken or name in wrong]))
            yield Step(does, tuple(Chosen(name, chance.randrange(_NUMBERS)) for name in wrong))

    return Plan(kind, tuple(drawn()))
