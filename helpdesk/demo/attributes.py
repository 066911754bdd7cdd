"""What the stories say of orders, machines and plans, for the company's own fields. Pure."""

import json
from datetime import timedelta
from typing import Any

from helpdesk.demo.script import Story
from people.models import Organization

# The grinder, kettle or brewer of a story's {product}, by the word that names it.
_MODELS = ("Филин-64", "Филин Мини", "Сыч", "Капля", "Журавль", "Гольфстрим Соло", "Гольфстрим Дуо")
_PLANS = {"standard": ("Twig", 3), "silver": ("Branch", 12), "gold": ("Canopy", 40)}


def values_of(story: Story, organization: Organization | None) -> dict[str, Any]:
    """What an agent would note in the fields, from what the customer's words say."""
    if story.brand == "stockwren":
        plan, seats = _PLANS[organization.tier if organization else "standard"]
        return {"plan": plan, "seats": seats + story.opened_at.day % 7}
    words, values = json.dumps(story.scenario, ensure_ascii=False), story.filler.values
    found: dict[str, Any] = {}
    if "{order}" in words:
        found["order"] = values["order"]
    named = next((name for name in ("machine", "product", "grinder") if f"{{{name}" in words), "")
    model = next((model for model in _MODELS if named and model in values[named]), "")
    if model:
        found["machine"] = model
    if "{serial}" in words:
        found["serial"] = values["serial"]
    if story.scenario["topic"] == "warranty":
        age = timedelta(days=40 + sum(map(ord, values["order"])) % 500)
        found["bought"] = (story.opened_at - age).date().isoformat()
        found["warranty"] = age < timedelta(days=365)
    return found
