"""Trying a draft: a conversation that lives in the page alone. Nothing is stored, nothing is opened."""

import json
from dataclasses import dataclass
from dataclasses import field as made
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from channels_in.bots import engine
from channels_in.bots.stored import playable
from channels_in.bots.types import (
    TICKET,
    Collected,
    Facts,
    Flow,
    Line,
    PersonWanted,
    Said,
    TicketWanted,
    Turn,
)
from common.text import number, storable
from people.models import Team
from tickets.models import Topic

MOST_LINES = 60
LONGEST = 60_000  # of the conversation as JSON


@dataclass
class Trial:
    """The conversation so far, and the circumstances one has chosen for it."""

    facts: Facts
    state: dict[str, Any] = made(default_factory=dict)
    lines: list[dict[str, Any]] = made(default_factory=list)

    @property
    def json(self) -> str:
        return json.dumps({"state": self.state, "lines": self.lines})

    @property
    def buttons(self) -> list[dict[str, str]]:
        """Those of the last thing that was said, which can be pressed."""
        last = self.lines[-1] if self.lines else {}
        return last.get("buttons", []) if last.get("by") == "bot" and not self.state.get("over") else []


def fresh(flow: Flow) -> Trial:
    """A conversation that has just begun, in the reader's language, with somebody there."""
    own = (get_language() or "en").split("-")[0]
    return _begun(flow, Facts(own))


def go_on(flow: Flow, data: QueryDict) -> Trial:
    """After what was typed or pressed. ``do`` = "again" begins anew, under the circumstances set."""
    languages = [code for code, _name in settings.LANGUAGES]
    language = data.get("try-language", "")
    facts = Facts(
        language if language in languages else languages[0],
        working_time="try-working_time" in data,
        people="try-people" in data,
        known="try-known" in data,
    )
    trial = _kept(data.get("try-talk", ""), facts)
    playing = playable(flow)
    text, choice = storable(data.get("try-text", ""))[:2000].strip(), data.get("try-choice", "")[:20]
    if data.get("do") == "again" or not trial.state:
        return _begun(flow, facts)
    if not text and not choice:
        return trial
    shown = next((one["words"] for one in trial.buttons if one["id"] == choice), text or choice)
    trial.lines.append({"by": "me", "text": shown})
    return _hear(trial, engine.take(playing, trial.state, Said("" if choice else text, choice), facts))


def _begun(flow: Flow, facts: Facts) -> Trial:
    """A bot without steps says nothing, which the page tells better than the bot."""
    trial = Trial(facts)
    return _hear(trial, engine.begin(playable(flow), facts)) if flow["steps"] else trial


def _kept(text: str, facts: Facts) -> Trial:
    """The conversation as the page keeps it; one that is broken begins anew."""
    try:
        found = json.loads(text) if len(text) <= LONGEST else {}
    except (ValueError, RecursionError):
        return Trial(facts)
    if not isinstance(found, dict) or not isinstance(found.get("lines"), list):
        return Trial(facts)
    lines = [line for one in found["lines"] if (line := _line(one)) is not None]
    return Trial(facts, engine.known(found.get("state")), lines)


def _line(one: Any) -> dict[str, Any] | None:
    if not isinstance(one, dict) or one.get("by") not in {"me", "bot", "act"}:
        return None
    found = one.get("buttons")
    buttons: list[Any] = found if isinstance(found, list) else []
    return {
        "by": one["by"],
        "text": str(one.get("text", "")),
        "buttons": [
            {"id": str(b.get("id", "")), "words": str(b.get("words", "")), "url": _link(b.get("url"))}
            for b in buttons
            if isinstance(b, dict)
        ],
    }


def _link(url: Any) -> str:
    return url if isinstance(url, str) and url.startswith(("https://", "http://")) else ""


def _hear(trial: Trial, turn: Turn) -> Trial:
    trial.state = turn.state
    for one in turn.out:
        if isinstance(one, Line):
            buttons = [{"id": b.id, "words": b.words, "url": b.url} for b in one.buttons]
            text = one.text.replace(TICKET, "№ 1234")
            trial.lines.append({"by": "bot", "text": text, "buttons": buttons})
        else:
            trial.lines.append({"by": "act", "text": act_words(one), "buttons": []})
    if turn.state["over"] == "end":
        trial.lines.append({"by": "act", "text": _("The bot has finished."), "buttons": []})
    elif turn.state["over"] == "person" and not turn.out:
        trial.lines.append({"by": "act", "text": _("A person reads this; the bot is silent."), "buttons": []})
    trial.lines = trial.lines[-MOST_LINES:]
    return trial


def act_words(act: Collected | TicketWanted | PersonWanted) -> str:
    """What would happen now, in the manager's language."""
    if isinstance(act, Collected):
        return _("Kept: %(field)s = %(value)s") % {"field": act.field, "value": act.value}
    if isinstance(act, TicketWanted):
        more = [act.subject, _name(Topic, act.topic), _name(Team, act.team), *act.tags]
        found = ", ".join(one for one in more if one)
        return _("A ticket is opened: %(what)s") % {"what": found} if found else _("A ticket is opened")
    words = {
        "asked": _("A person is called: the visitor asked for one"),
        "lost": _("A person is called: the bot did not understand"),
        "budget": _("A person is called: the talk went round in circles"),
    }.get(act.reason, _("A person is called"))
    team = _name(Team, act.team)
    return f"{words} ({team})" if team else words


def _name(model: Any, key: int | None) -> str:
    row = model.objects.filter(pk=key).first() if number(str(key or "")) else None
    return str(getattr(row, "label", "") or getattr(row, "name", "")) if row else ""
