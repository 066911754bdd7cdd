"""Two versions of a bot beside each other: what its steps say otherwise, in the reader's language."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from channels_in.bots.flow import EMPTY, exits_of, first_of, step_of
from channels_in.bots.types import Flow, Step, Texts
from desk.presentation import language_name
from desk.settings import sources
from desk.settings.bot_words import ANSWERS, PHRASES, exit_words, kind_words, title
from desk.settings.differences import Difference, Part, between
from tickets.models import Priority

_NAMED = {"team": "teams", "topic": "topics"}  # parts of a step that are keys, and of what


class FlowWords:
    """Words for some flows, all that they name looked up at once."""

    def __init__(self, flows: Iterable[Flow]) -> None:
        steps = [step for flow in flows for step in flow["steps"]]
        self._names = sources.names_of(
            (source, str(step[part])) for step in steps for part, source in _NAMED.items() if step.get(part)
        )

    def differences(self, older: Flow | None, newer: Flow) -> list[Difference]:
        """Part by part what the newer one says otherwise; of a first one its steps."""
        old = older or EMPTY
        before = {one["id"]: one for one in old["steps"]}
        after = {one["id"]: one for one in newer["steps"]}
        found: list[Difference] = []
        for own, one in after.items():
            words = _step_words(one, newer)
            if own in before:
                found += between(self._of_step(before[own], old), self._of_step(one, newer), words)
            else:
                found.append(Difference(_("New step") if older else _("Step"), "", words))
        gone = [one for own, one in before.items() if own not in after]
        found += [Difference(_("Step taken out"), _step_words(one, old), "") for one in gone]
        if older is None:
            return found
        found += between(_of_flow(old), _of_flow(newer))
        if not found and old["steps"] != newer["steps"]:
            orders = ["; ".join(title(one, flow) for one in flow["steps"]) for flow in (old, newer)]
            found.append(Difference(_("Order of the steps"), *orders))
        return found

    def _of_step(self, step: Step, flow: Flow) -> dict[str, Part]:
        parts = {"name": Part(_("Name of the step"), step["name"])}
        parts |= _by_language("texts", _("Text"), step.get("texts", {}))
        parts |= _by_language("subjects", _("Subject"), step.get("subjects", {}))
        if step["kind"] == "ask":
            parts |= _of_question(step)
        for place, link in enumerate(step.get("links", []), 1):
            words = f"{_all(link['texts'])} {link['url']}".strip()
            parts[f"link.{place}"] = Part(_("Link"), words)
        if "asks" in step:
            parts["asks"] = Part(_("Ask whether it helped"), _flag(step["asks"]))
        parts |= self._of_ticket(step)
        return parts | _ways(step, flow)

    def _of_ticket(self, step: Step) -> dict[str, Part]:
        """Where it brings the talk: team, topic, priority, tags."""
        labels = {"team": _("Team"), "topic": _("Topic")}
        parts = {
            name: Part(label, self._names.get((_NAMED[name], str(step[name])), f"#{step[name]}"))
            for name, label in labels.items()
            if step.get(name)
        }
        if step.get("priority"):
            parts["priority"] = Part(_("Priority"), str(Priority(step["priority"]).label))
        if step.get("tags"):
            parts["tags"] = Part(_("Tags"), ", ".join(step["tags"]))
        return parts


def _of_question(step: Step) -> dict[str, Part]:
    parts = {
        "field": Part(_("Kept as"), step["field"]),
        "type": Part(_("Kind of answer"), str(ANSWERS.get(step["type"], step["type"]))),
        "least": Part(_("From"), _number(step["least"])),
        "most": Part(_("To (number)"), _number(step["most"])),
        "may_skip": Part(_("May be skipped"), _flag(step["may_skip"])),
        "skip_known": Part(_("Not asked when it is known already"), _flag(step["skip_known"])),
    }
    for one in step["choices"]:
        parts[f"choice.{one['id']}"] = Part(_("Answer"), _all(one["texts"]))
    return parts


def _ways(step: Step, flow: Flow) -> dict[str, Part]:
    """Its ways out, each with where it leads."""
    buttons = {one["id"]: one for one in step.get("choices", [])} if step["kind"] == "menu" else {}
    branches = {one["id"]: one for one in step.get("branches", [])}
    parts = {}
    for one in exits_of(step):
        to = _titled(one.to, flow)
        way = exit_words(step, one.name, flow)
        if one.name in buttons:
            parts[f"button.{one.name}"] = Part(_("Button"), _all(buttons[one.name]["texts"]))
            words = ", ".join(buttons[one.name]["words"])
            parts[f"words.{one.name}"] = Part(f"{way} · {_('Also when these words are written')}", words)
            way = f"{way} · {_('Leads to')}"
        elif one.name in branches:
            parts[f"branch.{one.name}"] = Part(_("If"), way)
            way = f"{way} · {_('Leads to')}"
        parts[f"way.{one.name}"] = Part(way or _("Leads to"), to)
    return parts


def _of_flow(flow: Flow) -> dict[str, Part]:
    """What is no step's: where it begins, its order, and the sentences said anywhere."""
    first = first_of(flow)
    parts = {
        "first": Part(_("Begins with"), _titled(first, flow)),
        "button": Part(_("A button for a person under every question"), _flag(flow["person_button"])),
    }
    if flow["language"]:
        parts["language"] = Part(_("Language"), language_name(flow["language"]))
    for name, texts in flow["phrases"].items():
        label = PHRASES.get(name) or pgettext("of a bot", "Sentence “%(name)s”") % {"name": name}
        parts |= _by_language(f"phrase.{name}", str(label), texts)
    return parts


def _by_language(key: str, label: str, texts: Texts) -> dict[str, Part]:
    return {f"{key}.{code}": Part(f"{label} · {language_name(code)}", text) for code, text in texts.items()}


def _all(texts: Mapping[str, str]) -> str:
    return " · ".join(dict.fromkeys(texts.values()))


def _titled(step_id: str, flow: Flow) -> str:
    step = step_of(flow, step_id) if step_id else None
    return title(step, flow) if step is not None else _("The talk ends here")


def _number(value: Any) -> str:
    return "" if value is None else str(value)


def _flag(value: Any) -> str:
    return _("yes") if value else _("no")


def _step_words(step: Step, flow: Flow) -> str:
    return f"{kind_words(step['kind'])}: {title(step, flow)}"
