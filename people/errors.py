"""Why a verb about people refuses, in words a person can act on."""

from django.utils.translation import gettext as _


class PeopleError(Exception):
    """``field`` names the form field it is about; ``message`` is translated."""

    field = ""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class LastAdministrator(PeopleError):  # named as what is wrong, like tickets.errors
    field = "role"

    def __init__(self) -> None:
        super().__init__(_("Somebody has to stay administrator: this is the last active one."))


class Taken(PeopleError):  # the same
    """Another row has this address or name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Refused(PeopleError):  # the same
    """What was asked for makes no sense, and why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class MergedAway(PeopleError):  # the same
    """The contact is part of another by now: work on that one."""

    def __init__(self, contact_id: int, into: int) -> None:
        self.contact_id = contact_id
        self.into = into
        super().__init__(_("This contact was merged into another one. Work on that one, or undo the merge."))


class Belongs(PeopleError):  # the same
    """The identity is another contact's: ``owner_id`` is the person. Merging the two would bring it along."""

    field = "value"

    def __init__(self, owner_id: int) -> None:
        self.owner_id = owner_id
        super().__init__(_("This belongs to another contact already. If they are one person, merge them."))
