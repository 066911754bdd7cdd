"""The rules that a new installation begins with, in its language. Making them twice changes nothing."""

from typing import Any

from journal.actor import Actor
from routing.commands import save_rule, switch_rule
from routing.models import Rule

DAY = 86_400
ACTOR = Actor.system("setup")

_URGENT_WORDS = r"\b(срочно|не\s+работает\s+(ничего|совсем)|авария|urgent(ly)?|asap|outage|emergency)\b"
_REMINDER = {
    "en": (
        "Hello {{contact.name}},\n\nwe are still waiting for your answer about request #{{ticket.number}}. "
        "If everything is settled, there is nothing you need to do.\n\n{{brand.name}}"
    ),
    "ru": (
        "Здравствуйте, {{contact.name}}!\n\nМы всё ещё ждём вашего ответа по обращению №{{ticket.number}}. "
        "Если вопрос уже решён, ничего делать не нужно.\n\n{{brand.name}}"
    ),
}


def _leaf(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op} | ({} if value is None else {"value": value})


# (English name, Russian name, definition)
RULES: list[tuple[str, str, dict[str, Any]]] = [
    (
        "Urgent words raise the priority",
        "Срочные слова повышают приоритет",
        {
            "trigger": {"on": "ticket_opened"},
            "conditions": {
                "all": [
                    _leaf("priority", "in", ["low", "normal"]),
                    {
                        "any": [
                            _leaf("subject", "matches", _URGENT_WORDS),
                            _leaf("message_text", "matches", _URGENT_WORDS),
                        ]
                    },
                ]
            },
            "actions": [{"do": "set_priority", "value": "high"}],
        },
    ),
    (
        "Find an assignee for new tickets",
        "Найти исполнителя для нового обращения",
        {
            "trigger": {"on": "ticket_opened"},
            "conditions": {
                "all": [
                    _leaf("team", "not_empty"),
                    _leaf("assignee", "empty"),
                    _leaf("direction", "is", "in"),
                ]
            },
            "actions": [{"do": "assign"}],
        },
    ),
    (
        "Tell the lead when a deadline was missed",
        "Сообщить руководителю о пропущенном сроке",
        {
            "trigger": {"on": "sla_breached"},
            "conditions": {},
            "actions": [{"do": "notify", "who": ["leads"]}],
        },
    ),
    (
        "Remind the customer after three days",
        "Напомнить клиенту через три дня",
        {
            "trigger": {"on": "time_since", "since": "agent_reply", "seconds": 3 * DAY},
            "conditions": {"all": [_leaf("category", "is", "pending")]},
            "actions": [{"do": "reply", "text": _REMINDER}],
        },
    ),
    (
        "Close solved tickets after seven days",
        "Закрывать решённые обращения через семь дней",
        {
            "trigger": {"on": "field_changed", "field": "status"},
            "conditions": {"all": [_leaf("category", "is", "resolved")]},
            "actions": [{"do": "close_after", "seconds": 7 * DAY}],
        },
    ),
]


def make_rules(language: str, *, actor: Actor = ACTOR) -> list[Rule]:
    """Make the rules, in force, unless there has ever been a rule."""
    if Rule.objects.exists():
        return []
    made = []
    for english, russian, definition in RULES:
        name = russian if language == "ru" else english
        rule = save_rule(None, name=name, definition=definition, actor=actor)
        made.append(switch_rule(rule.pk, is_enabled=True, actor=actor))
    return made
