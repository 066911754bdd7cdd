"""What a bot's steps are called, where they lead, and what is wrong with them, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from channels_in.bots.types import Flow, Problem, Step
from channels_in.bots.wording import pick
from common.text import one_line
from desk.presentation import language_name

# In the order they are offered: name, what it is for, icon.
KINDS: dict[str, tuple[str | Promise, str | Promise, str]] = {
    "say": (pgettext_lazy("bot step", "Say"), gettext_lazy("Say something and go on"), "message"),
    "menu": (pgettext_lazy("bot step", "Menu"), gettext_lazy("Offer choices as buttons"), "list"),
    "ask": (
        pgettext_lazy("bot step", "Ask"),
        gettext_lazy("Ask for one answer and keep it"),
        "question-mark",
    ),
    "check": (pgettext_lazy("bot step", "Check"), gettext_lazy("Go on by what is known"), "route"),
    "offer": (pgettext_lazy("bot step", "Offer links"), gettext_lazy("Offer pages that may help"), "link"),
    "ticket": (pgettext_lazy("bot step", "Open a ticket"), gettext_lazy("Make it a request"), "ticket"),
    "person": (pgettext_lazy("bot step", "Hand over"), gettext_lazy("Bring a person"), "headset"),
}
ANSWERS: dict[str, str | Promise] = {
    "text": gettext_lazy("Text"),
    "email": gettext_lazy("E-mail address"),
    "number": pgettext_lazy("kind of answer", "Number"),
    "phone": gettext_lazy("Phone number"),
    "choice": gettext_lazy("One of several"),
}
FACTS: dict[str, str | Promise] = {
    "people": gettext_lazy("Somebody is there"),
    "working_time": gettext_lazy("It is working time"),
    "known": gettext_lazy("We know the customer"),
    "language": gettext_lazy("Language"),
    "field": gettext_lazy("An answer"),
}
OPERATORS: dict[str, str | Promise] = {
    "is": pgettext_lazy("bot condition", "is"),
    "contains": pgettext_lazy("bot condition", "contains"),
    "filled": pgettext_lazy("bot condition", "is given"),
    "empty": pgettext_lazy("bot condition", "is not given"),
}
PHRASES: dict[str, str | Promise] = {
    "person": gettext_lazy("Button for a person"),
    "handing_over": gettext_lazy("When a person is called"),
    "not_understood": gettext_lazy("When it does not understand"),
    "giving_up": gettext_lazy("When it gives up"),
}
_PROBLEMS: dict[str, str | Promise] = {
    "no_steps": gettext_lazy("There is no step yet."),
    "no_text": gettext_lazy("It says nothing yet: write its text."),
    "no_choice_text": gettext_lazy("A button has no words."),
    "no_choices": gettext_lazy("It has no choices yet."),
    "no_field": gettext_lazy("Say under which name the answer is kept."),
    "no_branches": gettext_lazy("It checks nothing yet."),
    "no_value": gettext_lazy("Say what the answer is compared with."),
    "no_links": gettext_lazy("It has no links yet."),
    "no_url": gettext_lazy("A link has no address, or not one that begins with https://."),
    "bounds": gettext_lazy("No number is that large and that small."),
    "unreachable": gettext_lazy("No way leads here."),
    "ring": gettext_lazy("From here the talk goes round in a circle without asking anything."),
    "team_gone": gettext_lazy("The team is not there any more."),
    "topic_gone": gettext_lazy("The topic is not there any more."),
}
LONGEST_TITLE = 60


def kind_words(kind: str) -> str:
    return str(KINDS[kind][0]) if kind in KINDS else kind


def icon(kind: str) -> str:
    return KINDS[kind][2] if kind in KINDS else "question-mark"


def texts(value: Mapping[str, str], flow: Flow) -> str:
    """One text of several, in the reader's language if it is there."""
    return pick(value, get_language() or "en", flow.get("language", ""))


def title(step: Step, flow: Flow) -> str:
    """What its author called it, or the beginning of what it says."""
    if step["name"]:
        return str(step["name"])
    if step["kind"] == "check":
        return ", ".join(branch_words(one) for one in step["branches"]) or _("Nothing yet")
    return one_line(texts(step.get("texts", {}), flow), LONGEST_TITLE) or _("Nothing yet")


def branch_words(branch: Mapping[str, Any]) -> str:
    """``Somebody is there: no``; ``order is given``."""
    fact, value = branch["fact"], branch["value"]
    if fact == "field":
        parts = [branch["field"] or "…", str(OPERATORS[branch["op"]])]
        return " ".join(parts if branch["op"] in {"filled", "empty"} else [*parts, f"“{value or '…'}”"])
    shown = language_name(value) if fact == "language" else _("yes") if value else _("no")
    return f"{FACTS[fact]}: {shown}"


def exit_words(step: Step, name: str, flow: Flow) -> str:
    """What one way out of a step is for; empty for the only one."""
    for one in step.get("choices", []):
        if one["id"] == name and step["kind"] == "menu":
            return texts(one["texts"], flow) or "…"
    for one in step.get("branches", []):
        if one["id"] == name:
            return branch_words(one)
    if step["kind"] == "offer" and step["asks"]:
        return _("It helped") if name == "next" else _("It did not help")
    if name == "otherwise":
        return _("After two wrong answers")
    return _("Otherwise") if step["kind"] == "check" else ""


def problem_words(problem: Problem, flow: Flow) -> str:
    if problem.code == "language_missing":
        names = ", ".join(language_name(code) for code in problem.values["languages"])
        return _("A text is missing in: %(languages)s.") % {"languages": names}
    if problem.code in {"dead_end", "leads_nowhere"}:
        step = next(one for one in flow["steps"] if one["id"] == problem.step)
        where = exit_words(step, problem.values["exit"], flow)
        if problem.code == "leads_nowhere":
            words = _("It leads to a step that is not there: %(exit)s.") if where else ""
            return words % {"exit": where} if where else _("It leads to a step that is not there.")
        words = _("The talk ends here, without a person or a ticket: %(exit)s.") if where else ""
        return words % {"exit": where} if where else _("The talk ends here, without a person or a ticket.")
    return str(_PROBLEMS.get(problem.code, problem.code))


def difference(older: Flow, newer: Flow) -> list[tuple[str, str]]:
    """Which steps came, went and changed between two versions: a sign and words."""
    before = {one["id"]: one for one in older["steps"]}
    after = {one["id"]: one for one in newer["steps"]}
    lines = [("+", _step_words(one, newer)) for own, one in after.items() if own not in before]
    lines += [("−", _step_words(one, older)) for own, one in before.items() if own not in after]
    lines += [
        ("≠", _step_words(one, newer)) for own, one in after.items() if own in before and before[own] != one
    ]
    same = {"steps": 0}
    if not lines and {**older, **same} != {**newer, **same}:
        lines.append(("≠", _("Settings of the bot")))
    elif not lines and older["steps"] != newer["steps"]:
        lines.append(("≠", _("Order of the steps")))
    return lines


def _step_words(step: Step, flow: Flow) -> str:
    return f"{kind_words(step['kind'])}: {title(step, flow)}"
