"""The demonstration's portals: a customer finds a catalogue and a form in each."""

import pytest

from helpdesk.demo.company import found
from helpdesk.demo.portals import open_portals
from tickets.models import Brand, Service


@pytest.fixture
def portals(db):
    open_portals(found())


def test_each_brand_has_a_portal_with_services_and_forms(portals, client):
    for brand in Brand.objects.all():
        home = client.get(f"/portal/{brand.slug}/")
        assert home.status_code == 200
        services = Service.objects.filter(brand=brand)
        assert services.count() == 5
        for service in services:
            assert service.label in home.content.decode() or brand.language == "ru"
            assert client.get(f"/portal/{brand.slug}/new/{service.pk}/").status_code == 200


def test_its_repair_form_asks_where_it_leaks_only_of_a_machine(portals):
    leaks = Service.objects.get(labels__en="Repair").form_fields.get(key="leaks")
    assert (leaks.shown_by.key, leaks.shown_values) == ("model", ["golfstrim"])
