"""What a list may be ordered by. Pure; ties are broken by number, newest first."""

# The name in an address or a view → the column, and whether the largest comes first.
ORDERS = {
    "-active_at": ("active_at", True),
    "active_at": ("active_at", False),
    "-opened_at": ("opened_at", True),
    "opened_at": ("opened_at", False),
    "-priority": ("priority", True),
    "waiting_since": ("waiting_since", False),
    "due_at": ("due_at", False),
    "-resolved_at": ("resolved_at", True),
    "snoozed_until": ("snoozed_until", False),
}
DEFAULT_ORDER = "-active_at"
