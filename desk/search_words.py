"""What a search says: what it did not understand, and what its operators are for."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.text import fold, storable
from people.models import User
from tickets import search_operators
from tickets.search_query import OPERATORS, Problem, corrected, quoted, unfinished


def purposes() -> dict[str, str]:
    """What each operator is for, in the order in which they are offered."""
    return {
        "from": _("who asks: a name or an address"),
        "to": _("the assignee; me, none"),
        "status": _("a status"),
        "is": _("open, solved, unassigned, mine, unread …"),
        "tag": _("a tag"),
        "team": _("a team; mine, none"),
        "priority": _("a priority"),
        "channel": _("the channel of the first contact"),
        "brand": _("a brand"),
        "organization": _("the customer's organisation"),
        "subject": _("words of the subject"),
        "after": _("opened on that day or later"),
        "before": _("opened before that day"),
        "has": _("attached files"),
    }


@dataclass(frozen=True)
class Said:
    """A problem in words, and the search that would have none."""

    words: str
    hint: str = ""
    href: str = ""


@dataclass(frozen=True)
class Completion:
    """``text``: what the box would hold up to the caret."""

    text: str
    shown: str
    words: str
    goes_on: bool = False


def own_name(operator: str) -> str:
    """How the reader's language calls it: the first of its names, or the first Russian one."""
    names = OPERATORS[operator]
    if (get_language() or "en").startswith("ru"):
        return next(name for name in names if not name.isascii())
    return names[0]


def said(text: str, problems: list[Problem]) -> list[Said]:
    """What was not understood of ``text``."""
    return [_said(text, problem) for problem in problems]


def _said(text: str, problem: Problem) -> Said:
    names = {"name": problem.text[:60], "operator": own_name(problem.operator) if problem.operator else ""}
    words = {
        "operator": _("“%(name)s:” is no operator; it was searched for as words."),
        "empty": _("“%(name)s” needs a value right after the colon, without a blank."),
        "value": _("“%(operator)s:” knows nothing called “%(name)s”."),
        "many_people": _("Very many people match “%(name)s”; only some were looked at. Write more of it."),
        "many": _("Too many operators; “%(name)s:” was left out."),
        "only_negated": _("Words to leave out need others to look for."),
    }[problem.kind] % names
    if not problem.hint:
        return Said(words)
    better = corrected(text, problem)
    hint = f"{problem.hint}:" if problem.kind == "operator" else problem.hint
    return Said(words, hint, f"{reverse('search')}?{urlencode({'q': better})}")


def completions(text: str, user: User) -> list[Completion]:
    """How what stands before the caret could go on: operators, or values of one."""
    begun = unfinished(storable(text)[-500:])
    if begun.operator is not None:
        return [
            Completion(f"{begun.before}{quoted(choice.value)} ", choice.value, choice.words)
            for choice in search_operators.offered(begun.operator, begun.typed, user)
        ]
    typed = fold(begun.typed).removesuffix(":")
    return [
        Completion(f"{begun.before}{own_name(name)}:", f"{own_name(name)}:", words, goes_on=True)
        for name, words in purposes().items()
        if not typed or any(alias.startswith(typed) for alias in OPERATORS[name])
    ]
