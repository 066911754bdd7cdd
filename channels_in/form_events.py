"""What can happen to the forms of a company."""

from typing import Any

from journal.events import Event, event


@event("service")
class FormFieldAdded(Event):
    service_id: int
    form_field_id: int
    key: str
    field_kind: str
    labels: dict[str, str]


@event("service")
class FormFieldChanged(Event):
    """``changes`` maps what was changed to [old, new]."""

    service_id: int
    form_field_id: int
    changes: dict[str, Any]


@event("service")
class FormFieldRemoved(Event):
    service_id: int
    form_field_id: int
    key: str
    labels: dict[str, str]


@event("service")
class ServiceFormChanged(Event):
    """Where its requests go, and what it says; ``changes`` as above."""

    service_id: int
    changes: dict[str, Any]


@event("inbox")
class WebFormChanged(Event):
    """How a brand's forms are open to other sites; ``changes`` as above."""

    inbox_id: int
    changes: dict[str, Any]
