"""A flow to begin with: what most desks are asked for, in both languages, to be changed."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext, gettext_noop, override

from channels_in.bots.flow import shaped

_HELLO = gettext_noop("Hello! I am the assistant of our support. What is it about?")
_ORDER, _ORDER_WORDS = gettext_noop("My order"), gettext_noop("order, delivery, parcel")
_FAULT, _FAULT_WORDS = gettext_noop("Something does not work"), gettext_noop("broken, error, fault")
_ELSE = gettext_noop("Something else")
_NUMBER = gettext_noop("What is the number of your order? If you do not know it, press “Skip”.")
_WHAT = gettext_noop("Please describe in a few words what happens.")
_AWAY = gettext_noop(
    "Nobody is here right now. I have written everything down; we will answer as soon as we are back."
)
_CALL = gettext_noop("Thank you! I am calling a colleague, who sees what you have written.")


def example() -> dict[str, Any]:
    """Menu, a question or two, then a person if there is one, else a ticket."""
    return shaped(
        {
            "language": settings.LANGUAGE_CODE.split("-")[0],
            "steps": [
                {
                    "id": "s1",
                    "kind": "menu",
                    "texts": _texts(_HELLO),
                    "choices": [
                        {"id": "c1", "texts": _texts(_ORDER), "words": _words(_ORDER_WORDS), "next": "s2"},
                        {"id": "c2", "texts": _texts(_FAULT), "words": _words(_FAULT_WORDS), "next": "s3"},
                        {"id": "c3", "texts": _texts(_ELSE), "next": "s4"},
                    ],
                },
                {
                    "id": "s2",
                    "kind": "ask",
                    "texts": _texts(_NUMBER),
                    "field": "order",
                    "may_skip": True,
                    "next": "s4",
                },
                {"id": "s3", "kind": "ask", "texts": _texts(_WHAT), "field": "what", "next": "s4"},
                {
                    "id": "s4",
                    "kind": "check",
                    "branches": [{"id": "b1", "fact": "people", "value": False, "next": "s6"}],
                    "next": "s5",
                },
                {"id": "s5", "kind": "person", "texts": _texts(_CALL)},
                {"id": "s6", "kind": "ticket", "texts": _texts(_AWAY)},
            ],
        }
    )


def _texts(words: str) -> dict[str, str]:
    found = {}
    for code, _name in settings.LANGUAGES:
        with override(code):
            found[code] = gettext(words)
    return found


def _words(words: str) -> list[str]:
    return [one.strip() for text in _texts(words).values() for one in text.split(",")]
