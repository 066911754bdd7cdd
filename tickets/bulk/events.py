"""What bulk changes tell, beside what each ticket's own entries do."""

from journal.events import Event, event


@event("user")
class TicketsAssigned(Event):
    """A bulk change has given tickets to ``user_id``: written once, when it has ended.

    ``number`` of them, the first of which are ``ticket_ids``; ``from_others``: some were somebody else's.
    """

    user_id: int
    job_id: int
    number: int
    ticket_ids: list[int]
    from_others: bool
