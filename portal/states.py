"""What a request's status means to the customer: the category in their words, as steps of a way."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.models import Category


@dataclass(frozen=True)
class State:
    """``tone`` and ``icon`` say it too, never the colour alone."""

    words: str | Promise
    explained: str | Promise
    tone: str
    icon: str


_STATES = {
    Category.NEW: State(
        pgettext_lazy("request", "Received"),
        _("We have your request and will look at it."),
        "accent",
        "circle-dashed",
    ),
    Category.OPEN: State(
        pgettext_lazy("request", "In work"), _("We are working on it."), "accent", "circle-dot"
    ),
    Category.PENDING: State(
        pgettext_lazy("request", "Your turn"), _("We need something from you to go on."), "amber", "hourglass"
    ),
    Category.ON_HOLD: State(
        pgettext_lazy("request", "On hold"),
        _("We wait for somebody else and will go on as soon as they answer."),
        "",
        "player-pause",
    ),
    Category.RESOLVED: State(
        pgettext_lazy("request", "Solved"),
        _("We think this is done. If it is not, tell us."),
        "green",
        "circle-check",
    ),
    Category.CLOSED: State(pgettext_lazy("request", "Closed"), _("This request is closed."), "", "lock"),
}


def state_of(category: int) -> State:
    return _STATES[Category(category)]


@dataclass(frozen=True)
class Step:
    """``at``: done, now or ahead."""

    words: str | Promise
    at: str


def steps_of(category: int) -> list[Step]:
    """Received, in work (or what holds it up), solved: where on the way a request is."""
    middle = category if category in {Category.PENDING, Category.ON_HOLD} else Category.OPEN
    place = 0 if category == Category.NEW else 2 if category >= Category.RESOLVED else 1
    last = Category.CLOSED if category == Category.CLOSED else Category.RESOLVED
    names = [_STATES[Category.NEW].words, _STATES[Category(middle)].words, _STATES[last].words]
    told = ["done" if n < place or place == 2 else "now" if n == place else "ahead" for n in range(3)]
    return [Step(words, at) for words, at in zip(names, told, strict=True)]
