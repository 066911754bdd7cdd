"""The table of transitions between status categories, and the default status of each."""

from tickets import errors
from tickets.models import Category, Status, Ticket

C = Category

# From each category, where a ticket may go. "New" is only ever the beginning, and what undoing a first
# change leads back to (tickets.commands.undoing); a closed ticket can
# only be opened again, since anything else would skip the reopening that figures count.
TRANSITIONS: dict[Category, frozenset[Category]] = {
    C.NEW: frozenset({C.OPEN, C.PENDING, C.ON_HOLD, C.RESOLVED, C.CLOSED}),
    C.OPEN: frozenset({C.PENDING, C.ON_HOLD, C.RESOLVED, C.CLOSED}),
    C.PENDING: frozenset({C.OPEN, C.ON_HOLD, C.RESOLVED, C.CLOSED}),
    C.ON_HOLD: frozenset({C.OPEN, C.PENDING, C.RESOLVED, C.CLOSED}),
    C.RESOLVED: frozenset({C.OPEN, C.PENDING, C.ON_HOLD, C.CLOSED}),
    C.CLOSED: frozenset({C.OPEN}),
}


def may_go(old: Category, new: Category) -> bool:
    """Whether the table allows it. Between two statuses of one category a ticket may always go."""
    return old == new or new in TRANSITIONS[old]


def check_transition(ticket: Ticket, new: Status) -> None:
    """Raise ``WrongTransition`` when the table has no such way."""
    if not may_go(Category(ticket.category), Category(new.category)):
        raise errors.WrongTransition(ticket.status.label, new.label)


def default_status(category: Category) -> Status:
    """The status used when only the category is known. Made by the starter data, never deleted."""
    return Status.objects.get(category=category, is_default=True)


def in_use(status: Status) -> Status:
    """What is set where ``status`` was named beforehand, by a rule, a macro, a reply for later.

    Itself, or the default of its category where it was switched off since: what was set up goes on, and no
    ticket gets the old one.
    """
    return status if status.is_active else default_status(Category(status.category))
