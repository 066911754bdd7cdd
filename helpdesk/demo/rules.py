"""The company's rules: what ``content/rules.json`` says, with names looked up."""

from datetime import datetime
from typing import Any

from helpdesk.demo.company import Company
from helpdesk.demo.script import load
from helpdesk.demo.service import Names, Service, name_of
from journal.actor import Actor
from routing import rulebook
from routing.commands import save_rule, switch_rule
from routing.models import Rule

# Texts of rules that are written for customers are in every language; the others in the company's.
_FOR_CUSTOMERS = "reply"


def make_rules(company: Company, service: Service, at: datetime) -> list[Rule]:
    """Make the rules and put them in force, as olga did at ``at``; a draft stays out of it."""
    content, names = load("rules"), Names(company, service)
    actor = Actor.user(company.users["olga"])
    made = []
    for one in content["rules"]:
        rule = save_rule(None, name=_own(one["name"]), definition=definition_of(one, names), actor=actor)
        made.append(switch_rule(rule.pk, is_enabled=True, actor=actor))
    draft = content["draft"]
    made.append(
        save_rule(None, name=_own(draft["name"]), definition=definition_of(draft, names), actor=actor)
    )
    Rule.objects.update(created_at=at)
    for rule in made:
        rule.versions.update(created_at=at)
    rulebook.current()
    return made


def definition_of(one: dict[str, Any], names: Names) -> dict[str, Any]:
    """A rule of the content as it is stored."""
    definition: dict[str, Any] = names.resolve(one["definition"])
    for action in definition["actions"]:
        if action["do"] == _FOR_CUSTOMERS:
            continue
        for part in ("text", "reason"):
            if part in action:
                action[part] = _own(action[part])
    return definition


def _own(text: str | dict[str, str]) -> str:
    """Brands' rules are in the brand's language; the company's in that of the installation."""
    if isinstance(text, str):
        return text
    return name_of(text)
