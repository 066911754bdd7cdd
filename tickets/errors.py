"""What a verb refuses, and why. Screens and API map these in one place."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop


class TicketError(Exception):
    """A refusal that changes nothing. ``code`` is for machines, ``message`` for people.

    ``source`` and ``params`` say it again in the language of whoever reads of it later.
    """

    code = "refused"

    def __init__(self, source: str = "", /, **params: object) -> None:
        self.source = source
        self.params = {name: one if isinstance(one, int) else str(one) for name, one in params.items()}
        words = _(source) if source else ""
        super().__init__(words % self.params if params else words)

    @property
    def message(self) -> str:
        return str(self)


class Merged(TicketError):
    code = "merged"

    def __init__(self, ticket_id: int, into: int) -> None:
        self.into = into
        super().__init__(
            gettext_noop(
                "Ticket #%(number)d was merged into #%(into)d. Work on that one, or undo the merge."
            ),
            number=ticket_id,
            into=into,
        )


class WrongTransition(TicketError):
    code = "wrong_transition"

    def __init__(self, old: str, new: str) -> None:
        super().__init__(gettext_noop("A ticket cannot go from “%(old)s” to “%(new)s”."), old=old, new=new)


class Collision(TicketError):
    """Somebody has written since the author last looked. ``newer``: the keys of those messages."""

    code = "collision"

    def __init__(self, newer: list[int]) -> None:
        self.newer = newer
        super().__init__(
            gettext_noop("There is a newer message in this conversation. Read it, or send anyway.")
        )


class Empty(TicketError):
    code = "empty"

    def __init__(self) -> None:
        super().__init__(gettext_noop("Write something or attach a file."))


class TooLong(TicketError):
    code = "too_long"

    def __init__(self, limit: int) -> None:
        super().__init__(gettext_noop("This is longer than %(limit)d characters."), limit=limit)


class TooLate(TicketError):
    code = "too_late"

    def __init__(self) -> None:
        super().__init__(gettext_noop("Too late: the message has already left."))


class NoRoom(TicketError):
    code = "no_room"

    def __init__(self) -> None:
        super().__init__(
            gettext_noop(
                "The server has no room left for files. Nothing was changed; tell your administrator."
            )
        )


class CannotMerge(TicketError):
    code = "cannot_merge"


class Invalid(TicketError):
    """A value that does not fit. ``field`` names the input."""

    code = "invalid"

    def __init__(self, field: str, source: str, /, **params: object) -> None:
        self.field = field
        super().__init__(source, **params)
