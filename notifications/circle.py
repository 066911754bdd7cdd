"""The people round a ticket, and who of them may see it.

Asked for every message: as statements that costs a fifth of what the ORM takes.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection

from common.statements import Statement
from people.models import Role, User
from tickets.models import Ticket

_ROUND = Statement(
    "tickets_ticket",
    """
    SELECT ticket.assignee_id, ticket.team_id,
           ARRAY(SELECT user_id FROM tickets_follower WHERE ticket_id = ticket.id),
           EXISTS (SELECT FROM tickets_message WHERE ticket_id = ticket.id AND id < %s)
      FROM tickets_ticket ticket
     WHERE ticket.id = %s AND NOT ticket.is_spam AND ticket.deleted_at IS NULL
    """,
)
_MEMBERS = Statement(
    "tickets_ticket",
    """
    SELECT person.id
      FROM people_membership membership JOIN people_user person ON person.id = membership.user_id
     WHERE membership.team_id = %s AND person.is_active AND (membership.is_lead OR NOT %s)
    """,
)
# Those who work here, and whether they see the ticket by the plain rules of visible_to().
_STAFF = Statement(
    "tickets_ticket",
    """
    SELECT person.id,
           ticket.assignee_id = person.id
           OR person.access = 'all'
           OR (person.access = 'brands' AND person.brand_ids @> to_jsonb(ticket.brand_id))
           OR (person.access = 'teams' AND EXISTS (SELECT FROM people_membership
                       WHERE user_id = person.id AND team_id = ticket.team_id))
           OR EXISTS (SELECT FROM tickets_follower WHERE user_id = person.id AND ticket_id = ticket.id)
      FROM people_user person, tickets_ticket ticket
     WHERE person.id = ANY(%s) AND person.is_active AND person.role <> %s
       AND ticket.id = %s AND ticket.deleted_at IS NULL
    """,
)


def _rows(statement: Statement, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        statement.run(cursor, values)
        return cursor.fetchall()


@dataclass(frozen=True)
class Circle:
    """Who has to do with a ticket that is neither spam nor deleted.

    ``goes_on``: there was a message before the one in question.
    """

    ticket_id: int
    assignee_id: int | None
    team_id: int | None
    follower_ids: frozenset[int]
    goes_on: bool = False

    @classmethod
    def of(cls, ticket_id: int, message_id: int | None = None) -> "Circle | None":
        """As it is now; None for what concerns nobody."""
        for assignee_id, team_id, follower_ids, goes_on in _rows(_ROUND, message_id, ticket_id):
            return cls(ticket_id, assignee_id, team_id, frozenset(follower_ids), goes_on)
        return None

    def holders(self) -> set[int]:
        """Who has it: the assignee, or the whole team while nobody does."""
        return {self.assignee_id} if self.assignee_id is not None else self.team(self.team_id)

    def team(self, team_id: int | None) -> set[int]:
        return self._members(team_id, leads=False)

    def leads(self) -> set[int]:
        return self._members(self.team_id, leads=True)

    @staticmethod
    def _members(team_id: int | None, *, leads: bool) -> set[int]:
        return {user_id for (user_id,) in _rows(_MEMBERS, team_id, leads)} if team_id is not None else set()


def seeing(ticket_id: int, user_ids: Collection[int]) -> frozenset[int]:
    """Those who work here and may see the ticket; whoever does not plainly do so is asked for at the door."""
    if not user_ids:
        return frozenset()
    rows = _rows(_STAFF, list(user_ids), Role.CUSTOMER.value, ticket_id)
    plainly = frozenset(user_id for user_id, sees in rows if sees)
    others = [user_id for user_id, sees in rows if not sees]
    if not others:
        return plainly
    door = Ticket.objects.filter(pk=ticket_id)
    return plainly | {
        user.pk for user in User.objects.filter(pk__in=others) if door.visible_to(user).exists()
    }
