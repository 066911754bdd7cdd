"""What the channels bring to a ticket's history, in the reader's language."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tickets.timeline import Names, register_sentences


def _taken(data: dict[str, Any], names: Names) -> str:
    waited = int(data["waited"])
    if waited < 60:
        return ngettext(
            "Took the chat after %(num)d second", "Took the chat after %(num)d seconds", waited
        ) % {"num": waited}
    minutes = round(waited / 60)
    return ngettext("Took the chat after %(num)d minute", "Took the chat after %(num)d minutes", minutes) % {
        "num": minutes
    }


def _handed(data: dict[str, Any], names: Names) -> str:
    return {
        "asked": _("The visitor asked the bot for a person"),
        "no-answer": _("The bot had no answer: over to a person"),
        "gone": _("The visitor left in the middle of the talk with the bot"),
    }.get(data["reason"], _("The bot handed over to a person"))


def _ended(data: dict[str, Any], names: Names) -> str:
    return {
        "visitor": _("The visitor ended the chat"),
        "mail": _("The chat goes on by mail"),
        "gone": _("The chat ended, since the visitor had gone"),
    }.get(data["by"], _("The chat was ended"))


def _rated(data: dict[str, Any], names: Names) -> str:
    said = _("The visitor rated the chat %(score)d of 5") % {"score": data["score"]}
    return f"{said}: {data['comment']}" if data["comment"] else said


register_sentences(
    {
        "bot_spoke": lambda data, names: _("The bot answered first"),
        "handed_to_person": _handed,
        "chat_taken": _taken,
        "chat_not_taken": lambda data, names: (
            _("%(name)s did not take the chat in time: back to the queue")
            % {"name": names.user(data["user_id"])}
        ),
        "chat_ended": _ended,
        "chat_rated": _rated,
        "visitor_banned": lambda data, names: _("Banned the visitor"),
        "visitor_unbanned": lambda data, names: _("Let the visitor in again"),
    }
)
