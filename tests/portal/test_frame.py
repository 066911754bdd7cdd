"""The frame of a portal: whose it is, in which language and colours, and where it is found."""

from __future__ import annotations

import pytest
from django.urls import resolve

from portal.colours import ENOUGH, _parse, contrast, palette
from tickets import portal_links
from tickets.models import Service


def test_the_brand_is_found_by_its_name_in_the_address(portal, client):
    page = client.get("/portal/zerno/")
    assert page.status_code == 200
    assert "Зерно" in page.text and "Harbor" not in page.text


@pytest.mark.parametrize("change", [{"portal_is_on": False}, {"is_active": False}])
def test_a_portal_that_is_off_does_not_exist(portal, client, change):
    type(portal.brand).objects.filter(pk=portal.brand.pk).update(**change)
    assert client.get("/portal/zerno/").status_code == 404
    assert client.get("/portal/nobody/").status_code == 404


def test_a_brand_may_have_a_host_of_its_own(portal, client, settings, no_hosts):
    settings.ALLOWED_HOSTS = ["desk.example", "help.zerno.example"]
    type(portal.brand).objects.filter(pk=portal.brand.pk).update(portal_host="help.zerno.example")
    no_hosts.forget()
    page = client.get("/", headers={"host": "help.zerno.example"})
    assert page.status_code == 200
    assert 'href="/sign-in/"' in page.text, "addresses there have no prefix"
    assert client.get("/healthz", headers={"host": "help.zerno.example"}).status_code == 200
    assert client.get("/settings/brands/", headers={"host": "help.zerno.example"}).status_code == 404, (
        "no desk"
    )
    assert client.get("/accounts/login/", headers={"host": "help.zerno.example"}).status_code == 404
    assert client.get("/accounts/login/", headers={"host": "desk.example"}).status_code == 200


def test_links_in_mails_lead_to_the_portal(portal, settings):
    settings.BASE_URL = "https://desk.example:8443"
    ours = portal_links.request_url(portal.brand, 12)
    assert ours == "https://desk.example:8443/portal/zerno/requests/12/"
    portal.brand.portal_host = "help.zerno.example"
    assert portal_links.request_url(portal.brand, 12) == "https://help.zerno.example:8443/requests/12/"
    portal.brand.portal_is_on = False
    assert portal_links.request_url(portal.brand, 12) == ""


def test_the_language_is_the_browsers_then_the_brands_and_a_switch_changes_it(portal, client):
    assert "Чем помочь?" in client.get("/portal/zerno/").text
    assert "How can we help?" in client.get("/portal/zerno/", headers={"accept-language": "en"}).text
    assert "How can we help?" in client.get("/portal/harbor/").text
    answer = client.post("/portal/zerno/language/", {"language": "en", "next": "/portal/zerno/?q=x"})
    assert answer["Location"] == "/portal/zerno/?q=x"
    assert (
        "Nothing to choose from yet" in client.get("/portal/zerno/", headers={"accept-language": "ru"}).text
    )


def test_a_brand_of_one_language_is_read_in_that_one(portal, client):
    type(portal.brand).objects.filter(pk=portal.brand.pk).update(portal_languages=["ru"])
    page = client.get("/portal/zerno/", headers={"accept-language": "en"})
    assert "Чем помочь?" in page.text
    assert "English" not in page.text, "nothing to switch to"
    assert page["Content-Language"] == "ru"


def test_the_forms_of_the_frame_lead_nowhere_else(portal, client):
    for outside in ("https://evil.example/", "//evil.example/", "/settings/", "/portal/zerno/../../x"):
        answer = client.post("/portal/zerno/theme/", {"theme": "dark", "next": outside})
        assert answer["Location"].startswith("/portal/zerno/"), outside
    assert client.cookies["theme"].value == "dark"
    assert client.get("/portal/zerno/theme/").status_code == 405


def test_the_catalogue_shows_what_is_public_and_finds_it_by_any_word(portal, client):
    both = {"en": "New coffee machine", "ru": "Новая кофемашина"}
    Service.objects.create(
        labels=both, brand=portal.brand, descriptions={"ru": "Аренда и покупка"}, keywords="эспрессо"
    )
    Service.objects.create(labels={"ru": "Возврат"}, brand=None)
    Service.objects.create(labels={"ru": "Тайное"}, brand=portal.brand, is_public=False)
    Service.objects.create(labels={"ru": "Прежнее"}, brand=portal.brand, is_active=False)
    Service.objects.create(labels={"ru": "Чужое"}, brand=portal.other_brand)
    page = client.get("/portal/zerno/").text
    assert "Новая кофемашина" in page and "Возврат" in page
    assert not any(word in page for word in ("Тайное", "Прежнее", "Чужое"))
    for query in ("кофемашину", "ЭСПРЕССО", "аренда", "new mach"):
        found = client.get("/portal/zerno/", {"q": query}).text
        assert "Новая кофемашина" in found and "Возврат" not in found, query
    assert "Ничего не подошло" in client.get("/portal/zerno/", {"q": "<script>"}).text


def test_the_first_page_costs_two_queries(portal, client, django_assert_num_queries):
    for number in range(3):
        Service.objects.create(labels={"ru": f"Услуга {number}"}, brand=portal.brand)
    with django_assert_num_queries(2):
        client.get("/portal/zerno/")


@pytest.mark.parametrize(
    "colour", ["#2f6fde", "#ffe600", "#000000", "#ffffff", "#7fd1ae", "#c0392b", "nonsense"]
)
def test_any_colour_of_a_brand_can_be_read_on_any_ground(colour):
    found = palette(colour)
    for accent, on_it, ground in [
        (found.light, found.on_light, "#eff1f4"),
        (found.dark, found.on_dark, "#1c222d"),
    ]:
        assert contrast(_parse(accent), _parse(ground)) >= ENOUGH - 0.1
        assert contrast(_parse(on_it), _parse(accent)) >= 4.5


def test_the_pages_that_mails_name_exist():
    assert resolve("/portal/zerno/").url_name == "portal_home"
