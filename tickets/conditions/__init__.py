"""The condition language that views, rules and policies share.

A tree of ``{"all": […]}``, ``{"any": […]}`` and leaves ``{"field", "op", "value"}``. It can be asked of
one ticket (``evaluate`` over a snapshot, pure) or of the database (``to_q``): both agree, which a
property test shows. Upper apps register fields of their own.
"""

from tickets.conditions.fields import FIELDS, Field, register
from tickets.conditions.language import ConditionError, evaluate, to_q, validate

__all__ = ["FIELDS", "ConditionError", "Field", "evaluate", "register", "to_q", "validate"]
