"""Macros and messages, as the tests make them."""

from journal.actor import Actor
from tickets.commands.macros import create_macro
from tickets.macros.actions import made


def macro(name="Приветствие", ru="<div>Здравствуйте, {{contact.first_name}}!</div>", en="", do=(), **given):
    """A macro for everybody; ``do``: actions as (what, value)."""
    actions = [made(*one) for one in do]
    given.setdefault("actor", Actor.system("test"))
    return create_macro(name=name, texts={"ru": ru, "en": en}, actions=actions, **given)


def reply(ticket, html="<div>Готово</div>", **more):
    """What the composer sends."""
    return {
        "kind": "reply", "html": html, "to": "Вера <vera@severgrad.example>", "cc": "",
        "based_on": ticket.last_public_id, "key": "k1", **more,
    }  # fmt: skip
