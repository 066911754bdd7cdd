"""A portal for each brand of the demonstration: its catalogue, the forms behind it, who sees what."""

from typing import Any

from channels_in.form_fields import add_field
from channels_in.models import FormField
from channels_in.web_forms import change_service_form, need_form_of_brand
from helpdesk.demo.company import Company
from helpdesk.demo.script import load
from journal.actor import Actor
from people.models import Team
from tickets.commands.catalogue import create_service
from tickets.models import Brand, Service

ACTOR = Actor.system("demo")


def open_portals(company: Company) -> None:
    """What ``content/portals.json`` says of each brand."""
    for slug, said in load("portals").items():
        brand = company.brands[slug]
        Brand.objects.filter(pk=brand.pk).update(
            portal_is_on=True,
            portal_welcome=said["welcome"],
            portal_languages=said["languages"],
            portal_sees=said["sees"],
        )
        need_form_of_brand(brand, actor=ACTOR)
        for one in said["services"]:
            _service(brand, company.teams, one)


def _service(brand: Brand, teams: dict[str, Team], said: dict[str, Any]) -> Service:
    service = create_service(
        actor=ACTOR,
        brand=brand,
        labels=said["labels"],
        descriptions=said["descriptions"],
        icon=said["icon"],
        keywords=said["keywords"],
    )
    change_service_form(
        service.pk, actor=ACTOR, team=teams[said["team"]], intro=said.get("intro", {}), thanks={}
    )
    made: dict[str, FormField] = {}
    for field in said["fields"]:
        given = {name: value for name, value in field.items() if name not in {"key", "kind"}}
        if "shown_by" in given:
            given["shown_by"] = made[given["shown_by"]]
        made[field["key"]] = add_field(service.pk, actor=ACTOR, kind=field["kind"], key=field["key"], **given)
    return service
