"""The condition language that views, rules and policies share.

A tree of ``{"all": […]}``, ``{"any": […]}`` and leaves ``{"field", "op", "value"}``. It can be asked of
one ticket (``evaluate`` over a snapshot, pure) or of the database (``to_q``): both agree, which a
property test shows. Upper apps register fields of their own.
"""

from tickets.conditions import messages, working
from tickets.conditions.fields import FIELDS, Asked, Context, Field, register
from tickets.conditions.language import (
    ConditionError,
    evaluate,
    explain,
    fields_of,
    find,
    is_queryable,
    is_steady,
    narrowed,
    to_q,
    validate,
)
from tickets.conditions.snapshot import of_tickets, snapshots

__all__ = [
    "FIELDS",
    "Asked",
    "ConditionError",
    "Context",
    "Field",
    "evaluate",
    "explain",
    "fields_of",
    "find",
    "is_queryable",
    "is_steady",
    "messages",
    "narrowed",
    "of_tickets",
    "register",
    "snapshots",
    "to_q",
    "validate",
    "working",
]
