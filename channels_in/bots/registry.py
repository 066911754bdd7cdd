"""The kinds of steps there are. One more is a class in ``steps/`` (or elsewhere) and ``register``."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from channels_in.bots.moment import Moment
from channels_in.bots.types import Exit, Move, Problem, Said, Step


class StepKind(Protocol):
    """One kind of step. A step is {"id", "kind", "name", …} with what ``shape`` keeps of it."""

    kind: str

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """What is particular to the kind, cleaned; never raises."""

    def exits(self, step: Step) -> list[Exit]:
        """Every way out of it, also those that lead nowhere yet."""

    def problems(self, step: Step, languages: Iterable[str]) -> Iterable[Problem]:
        """What is wrong with it by itself; where it leads is looked at by ``flow``."""

    def enter(self, moment: Moment, step: Step) -> Move:
        """The conversation comes to it."""

    def hear(self, moment: Moment, step: Step, said: Said) -> Move:
        """Something was said while it waited."""


_kinds: dict[str, StepKind] = {}


def register(kind: StepKind) -> None:
    _kinds[kind.kind] = kind


def kind_of(step: Step) -> StepKind | None:
    return _kinds.get(str(step.get("kind")))


def kinds() -> list[str]:
    return list(_kinds)
