"""A macro filled in for a ticket, as the composer takes it."""

from typing import Any

from common.text import number
from desk.presentation import clean_rich
from people.models import User
from tickets.macros import variables
from tickets.macros.actions import allowed, named, stored
from tickets.macros.finding import available_on
from tickets.macros.values import values
from tickets.models import Macro, Ticket


def filled(macro: Macro, ticket: Ticket, user: User) -> dict[str, Any]:
    """For desk/_macro_filled.html: text in the customer's language, actions for whoever may do them."""
    person = ticket.requester.person
    text = macro.text_in(person.language, ticket.language, ticket.brand.language)
    return {
        "macro": macro,
        "html": clean_rich(variables.fill(text, values(ticket, user)).html),
        "actions": named(allowed(stored(macro.actions), user)),
    }


def fill_in(composer: dict[str, Any], chosen: str, ticket: Ticket, user: User) -> None:
    """Put a macro that was chosen on a page, by a browser without scripts, below what the draft has."""
    key = number(chosen)
    macro = available_on(ticket, user).filter(pk=key).first() if key else None
    if macro is None:
        return
    found = filled(macro, ticket, user)
    composer["html"] = "<div><br></div>".join(filter(None, [composer["html"], found["html"]]))
    composer["queued"] = [*composer["queued"], *found["actions"]]
    composer["macros"] = [macro.pk]
