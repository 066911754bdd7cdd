"""What conditions see of a copy: the fields of ``tickets.conditions``, of that moment."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from common.text import fold
from people.models import Contact, Organization
from routing.simulation.copies import Copy
from routing.simulation.world import World
from tickets import conditions
from tickets.conditions.dynamic import stored_value
from tickets.conditions.fields import keys_of
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
    "requester": lambda copy, world: keys_of(copy.requester, world.survivors.get(copy.requester)),
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
_PREFIXES = {"field": "attributes", "contact": "contact", "company": "company"}


def is_seen(name: str) -> bool:
    """Whether a replay knows the field: not what clocks say, nor what an app has registered since."""
    field = conditions.find(name)
    if field is None:  # a custom field that is gone: never met
        return True
    return name in _SEEN or field.group == "message" or name.partition(".")[0] in _PREFIXES


@dataclass(frozen=True)
class _Stub:
    """Stands for the ticket of a message when fields of messages are asked: its key is the message's."""

    pk: int


class Seeing:
    """Snapshots of copies, with the fields that rules ask about and what those need, read in chunks."""

    def __init__(self, world: World) -> None:
        self._world = world
        asked: dict[str, set[str]] = {}  # which triggers' rules ask about a field
        for rule in world.rules:
            for name in conditions.fields_of(rule.conditions):
                asked.setdefault(name, set()).add(rule.trigger["on"])
        fields = {name: field for name in asked if (field := conditions.find(name)) is not None}
        self._of_messages = {name: field for name, field in fields.items() if field.group == "message"}
        self._foreseen = {name: _kinds(asked[name]) for name in self._of_messages}
        self._asks_customers = any(name.startswith(("contact.", "company.")) for name in fields)
        if "requester" in fields:
            merged = Contact.objects.exclude(survivor=None).values_list("pk", "survivor_id")
            world.survivors = {pk: survivor for pk, survivor in merged if survivor is not None}
        self._kinds = {name: field.kind for name, field in fields.items()}
        self._messages: dict[str, OrderedDict[int, Any]] = {name: OrderedDict() for name in self._of_messages}
        self._customers: OrderedDict[int, Any] = OrderedDict()
        self._companies: dict[int, dict[str, Any]] = {}

    def prepare(self, message_ids: Mapping[int, Collection[str]], requester_ids: Iterable[int]) -> None:
        """Read what rules are going to ask of these messages and customers.

        ``message_ids``: with the kinds of entries that are going to ask.
        """
        for name, kinds in self._foreseen.items():
            self._read_messages(
                name,
                {pk for pk, asking in message_ids.items() if kinds is None or not kinds.isdisjoint(asking)},
            )
        if self._asks_customers:
            self._read_customers({pk for pk in requester_ids if pk not in self._customers})

    def _read_messages(self, name: str, ids: set[int]) -> None:
        kept, load = self._messages[name], self._of_messages[name].load
        ids = {pk for pk in ids if pk not in kept}
        if not ids or load is None:
            return
        stubs: Any = [_Stub(pk) for pk in ids]
        values = load(stubs, conditions.Asked(self._world.now, {pk: pk for pk in ids}))
        for pk in ids:
            kept[pk] = values.get(pk)
        _trim(kept)

    def _read_customers(self, ids: set[int]) -> None:
        if not ids:
            return
        rows = Contact.objects.filter(pk__in=ids).values_list(
            "pk", "attributes", "survivor_id", "survivor__attributes"
        )
        for pk, attributes, survivor, theirs in rows:
            self._customers[pk] = attributes if survivor is None else theirs
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
                found[name] = self._of_message(name, message_id or copy.last_message or 0)
            elif (kind := self._kinds.get(name)) is not None:
                found[name] = stored_value(self._custom(copy, name), kind)
        return found

    def _of_message(self, name: str, pk: int) -> Any:
        if pk not in self._messages[name]:
            self._read_messages(name, {pk})
        return self._messages[name].get(pk)

    def _custom(self, copy: Copy, name: str) -> Any:
        prefix, _dot, key = name.partition(".")
        if prefix == "field":
            return copy.attributes.get(key)
        if prefix == "company":
            return self._company(copy.organization).get(key)
        if copy.requester not in self._customers:
            self._read_customers({copy.requester})
        return self._customers.get(copy.requester, {}).get(key)


def _kinds(triggers: set[str]) -> set[str] | None:
    """The entries at which rules with these triggers ask about the message at hand; None: at any."""
    kinds = {
        "ticket_opened": "ticket_opened",
        "message_received": "message_received",
        "reply_sent": "reply_posted",
    }
    return {kinds[on] for on in triggers} if triggers <= kinds.keys() else None


def _trim(kept: OrderedDict[int, Any]) -> None:
    while len(kept) > _REMEMBERED:
        kept.popitem(last=False)


def would_be_thanks(message_id: int) -> bool:
    """Whether a message would have been taken for a mere thank-you, had its ticket been solved."""
    message = Message.objects.filter(pk=message_id).prefetch_related("attachments").first()
    return message is not None and not message.attachments.all() and is_thanks(message.text)
