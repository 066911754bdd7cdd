"""What conditions see of a copy: the fields of ``tickets.conditions``, of that moment."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.text import fold
from people.models import Contact, Organization
from routing.simulation.copies import Copy
from routing.simulation.world import World
from tickets import conditions
from tickets.conditions.dynamic import stored_value
from tickets.models import Message
from tickets.thanks import is_thanks

_REMEMBERED = 20_000  # messages and customers kept at hand

See = Callable[[Copy, World], Any]

_SEEN: dict[str, See] = {
    "category": lambda copy, world: copy.category,
    "status": lambda copy, world: copy.status,
    "priority": lambda copy, world: copy.priority,
    "channel": lambda copy, world: copy.channel,
    "direction": lambda copy, world: copy.direction,
    "brand": lambda copy, world: copy.brand,
    "team": lambda copy, world: copy.team,
    "assignee": lambda copy, world: copy.assignee,
    "requester": lambda copy, world: copy.requester,
    "organization": lambda copy, world: copy.organization,
    "tier": lambda copy, world: copy.tier,
    "topic": lambda copy, world: copy.topic,
    "service": lambda copy, world: copy.service,
    "language": lambda copy, world: copy.language,
    "subject": lambda copy, world: copy.subject,
    "tags": lambda copy, world: {fold(name) for name in copy.tags.values()},
    "messages": lambda copy, world: copy.message_count,
    "opened": lambda copy, world: copy.opened_at,
    "active": lambda copy, world: copy.active_at,
    "waiting_since": lambda copy, world: copy.waiting_since,
    "resolved": lambda copy, world: copy.resolved_at,
    "waiting": lambda copy, world: copy.waiting_since is not None,
    "snoozed": lambda copy, world: copy.snoozed_until is not None,
    "spam": lambda copy, world: copy.is_spam,
    "working_time": lambda copy, world: world.calendars.working(world.now),
}
_OF_CLOCKS = frozenset({"due", "sla_breached", "promise_open"})
_PREFIXES = {"field": "attributes", "contact": "contact", "company": "company"}


def is_seen(name: str, *, clocks: bool) -> bool:
    """Whether a replay knows the field; one that another app has registered since it may not."""
    field = conditions.find(name)
    if field is None:  # a custom field that is gone: never met
        return True
    if name in _OF_CLOCKS:
        return clocks
    return name in _SEEN or field.group == "message" or name.partition(".")[0] in _PREFIXES


@dataclass(frozen=True)
class _Stub:
    """Stands for the ticket of a message when fields of messages are asked: its key is the message's."""

    pk: int


class Seeing:
    """Snapshots of copies, with the fields in ``names`` and what they need, read in chunks."""

    def __init__(self, world: World, names: Iterable[str]) -> None:
        self._world = world
        fields = {name: field for name in names if (field := conditions.find(name)) is not None}
        self._of_messages = {name: field for name, field in fields.items() if field.group == "message"}
        self._asks_customers = any(name.startswith(("contact.", "company.")) for name in fields)
        self._kinds = {name: field.kind for name, field in fields.items()}
        self._messages: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self._customers: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self._companies: dict[int, dict[str, Any]] = {}
        self.clocks: Callable[[Copy, str, datetime], Any] | None = None

    def prepare(self, message_ids: Iterable[int], requester_ids: Iterable[int]) -> None:
        """Read what these messages and customers are going to be asked, as long as anybody asks."""
        if self._of_messages:
            self._read_messages({pk for pk in message_ids if pk not in self._messages})
        if self._asks_customers:
            self._read_customers({pk for pk in requester_ids if pk not in self._customers})

    def _read_messages(self, ids: set[int]) -> None:
        if not ids:
            return
        stubs: Any = [_Stub(pk) for pk in ids]
        asked = conditions.Asked(self._world.now, {pk: pk for pk in ids})
        values = {
            name: field.load(stubs, asked)
            for name, field in self._of_messages.items()
            if field.load is not None
        }
        for pk in ids:
            self._messages[pk] = {name: found.get(pk) for name, found in values.items()}
        _trim(self._messages)

    def _read_customers(self, ids: set[int]) -> None:
        if not ids:
            return
        rows = Contact.objects.filter(pk__in=ids).values_list("pk", "attributes")
        for pk, attributes in rows:
            self._customers[pk] = attributes
        _trim(self._customers)

    def _company(self, pk: int | None) -> dict[str, Any]:
        if pk is None:
            return {}
        if pk not in self._companies:
            found = Organization.objects.filter(pk=pk).values_list("attributes", flat=True).first()
            self._companies[pk] = found or {}
        return self._companies[pk]

    def snapshot(self, copy: Copy, names: Iterable[str], message_id: int | None = None) -> dict[str, Any]:
        """As ``tickets.conditions.of_tickets``; about ``message_id``, else the customer's last message."""
        found: dict[str, Any] = {"id": copy.id}
        for name in names:
            see = _SEEN.get(name)
            if see is not None:
                found[name] = see(copy, self._world)
            elif name in self._of_messages:
                found[name] = self._of_message(message_id or copy.last_message or 0)[name]
            elif name in _OF_CLOCKS and self.clocks is not None:
                found[name] = self.clocks(copy, name, self._world.now)
            elif (kind := self._kinds.get(name)) is not None:
                found[name] = stored_value(self._custom(copy, name), kind)
        return found

    def _of_message(self, pk: int) -> Mapping[str, Any]:
        if pk not in self._messages:
            self._read_messages({pk})
        return self._messages[pk]

    def _custom(self, copy: Copy, name: str) -> Any:
        prefix, _dot, key = name.partition(".")
        if prefix == "field":
            return copy.attributes.get(key)
        if prefix == "company":
            return self._company(copy.organization).get(key)
        if copy.requester not in self._customers:
            self._read_customers({copy.requester})
        return self._customers.get(copy.requester, {}).get(key)


def _trim(kept: OrderedDict[int, dict[str, Any]]) -> None:
    while len(kept) > _REMEMBERED:
        kept.popitem(last=False)


def would_be_thanks(message_id: int) -> bool:
    """Whether a message would have been taken for a mere thank-you, had its ticket been solved."""
    message = Message.objects.filter(pk=message_id).prefetch_related("attachments").first()
    return message is not None and not message.attachments.all() and is_thanks(message.text)
