"""Why a calendar is refused, in words a person can act on."""

from dataclasses import dataclass

from django.utils.translation import gettext as _


class CalendarError(Exception):
    """``field`` names the form field it is about; ``message`` is translated. Nothing was changed."""

    field = ""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field or self.field


@dataclass(frozen=True)
class Problem:
    """``where`` is a path into the definition: ``zone``, ``week.0`` (Monday), ``days.2026-05-09``."""

    where: str
    message: str


class BadDefinition(CalendarError):
    """The definition makes no sense; ``problems`` has every reason found, each with its place."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(" ".join(problem.message for problem in problems), problems[0].where)
        self.problems = tuple(problems)


class NoWorkingTime(CalendarError):
    """Nothing could ever be due in it."""

    field = "week"


class NameTaken(CalendarError):
    field = "name"

    def __init__(self) -> None:
        super().__init__(_("There is a calendar of this name already."))


class ChangedMeanwhile(CalendarError):
    """Somebody has saved the calendar since its form was opened."""

    def __init__(self) -> None:
        super().__init__(
            _("Somebody has changed this calendar meanwhile. Look at their version before you save yours.")
        )


class UnknownCountry(CalendarError):
    field = "country"


class BadFile(CalendarError):
    """A calendar file that cannot be read, or that holds too much."""

    field = "file"
