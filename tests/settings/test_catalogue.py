"""Services, topics and the portals of brands, as managers and administrators set them up."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from journal.models import Entry
from tickets.models import Brand, Service, Topic


@pytest.fixture
def maria(world, by):
    """The manager's browser."""
    return by(world.maria)


@pytest.fixture
def anna(world, by):
    return by(world.anna)


PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
BRAND = {
    "name": "Зерно", "language": "ru", "time_zone": "Europe/Moscow", "colour": "#2f6fde", "is_active": "on",
    "portal_is_on": "on", "portal_languages": ["ru"], "portal_sees": "domain", "welcome_ru": "Спросите нас",
}  # fmt: skip


def service(**given):
    return {
        "label_en": "Repair", "label_ru": "Ремонт", "description_ru": "Приедем и починим", "icon": "tool",
        "keywords": "поломка", "is_public": "on", "is_active": "on", **given,
    }  # fmt: skip


def test_a_manager_makes_a_service_which_is_then_in_the_catalogue(world, maria):
    Brand.objects.update(portal_is_on=True)
    answer = maria.post("/settings/services/new/", service())
    row = Service.objects.get()
    assert answer["Location"] == f"/settings/services/{row.pk}/"
    assert "Приедем и починим" in Client().get("/portal/zerno/").text
    maria.post(
        f"/settings/services/{row.pk}/", service(is_public="", label_ru="Починка", brand=world.brand.pk)
    )
    row.refresh_from_db()
    assert (row.label, row.is_public, row.brand) == ("Repair", False, world.brand)
    assert "Починка" not in Client().get("/portal/zerno/").text
    kinds = list(Entry.objects.filter(stream_type="service").values_list("kind", flat=True))
    assert kinds == ["service_created", "service_changed"]
    maria.post(
        f"/settings/services/{row.pk}/", service(is_public="", label_ru="Починка", brand=world.brand.pk)
    )
    assert Entry.objects.filter(stream_type="service").count() == 2, "nothing changed, nothing recorded"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"label_en": "", "label_ru": " "}, "label_en"),
        ({"label_en": "x" * 90}, "label_en"),
        ({"description_en": "x" * 500}, "description_en"),
        ({"icon": "../../x"}, "icon"),
        ({"brand": "99999"}, "brand"),
    ],
)
def test_what_is_wrong_with_a_service_is_said_beside_it(world, maria, given, field):
    answer = maria.post("/settings/services/new/", service(**given))
    assert answer.status_code == 422 and answer.text.count("field-error") >= 1
    assert not Service.objects.exists()


@pytest.mark.parametrize(("path", "model"), [("services", Service), ("topics", Topic)])
def test_they_are_put_into_another_order(world, maria, path, model):
    rows = [model.objects.create(labels={"en": name}, position=n) for n, name in enumerate("abc", start=1)]
    a, b, c = (row.pk for row in rows)
    maria.post(f"/settings/{path}/order/", {"row": [c, a, b, "x", 99999]})
    assert list(model.objects.values_list("pk", flat=True)) == [c, a, b]
    maria.post(f"/settings/{path}/{b}/move/", {"to": "up"})
    maria.post(f"/settings/{path}/{c}/move/", {"to": "up"})
    assert list(model.objects.values_list("pk", flat=True)) == [c, b, a]
    assert 'data-id="' in maria.get(f"/settings/{path}/").text


def test_a_topic_that_is_switched_off_can_be_chosen_no_more_but_stays(world, maria, anna):
    maria.post("/settings/topics/new/", {"label_ru": "Доставка", "is_active": "on"})
    topic = Topic.objects.get()
    mine, other = world.ticket(team=world.first_line, topic=topic), world.ticket(team=world.first_line)
    maria.post(f"/settings/topics/{topic.pk}/", {"label_ru": "Доставка", "is_active": ""})
    assert "Доставка" in anna.get(f"/tickets/{mine.pk}/topic/").text
    assert "Доставка" not in anna.get(f"/tickets/{other.pk}/topic/").text


@pytest.mark.parametrize("path", ["services", "topics"])
def test_empty_lists_say_what_to_do(world, maria, path):
    assert f'href="/settings/{path}/new/"' in maria.get(f"/settings/{path}/").text


def test_an_administrator_opens_a_brands_portal_with_its_logo(world, oleg, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    path = f"/settings/brands/{world.brand.pk}/"
    answer = oleg.post(path, {**BRAND, "logo": SimpleUploadedFile("x.svg", PNG, "image/svg+xml")})
    assert answer.status_code == 302
    brand = Brand.objects.get(pk=world.brand.pk)
    assert (brand.portal_is_on, brand.languages, brand.portal_sees) == (True, ["ru"], "domain")
    page = Client().get("/portal/zerno/")
    assert "Спросите нас" in page.text
    address = page.text.split('<img src="')[1].split('"')[0]
    logo = Client().get(address)
    assert logo["Content-Type"] == "image/png" and b"".join(logo.streaming_content) == PNG
    assert address in oleg.get(path).text
    oleg.post(path, {**BRAND, "no_logo": "on"})
    assert Client().get(address).status_code == 404
    oleg.post(path, {**BRAND, "portal_is_on": ""})
    assert Client().get("/portal/zerno/").status_code == 404


@pytest.mark.parametrize("data", [b"<svg onload=x>", b"GIF", PNG + b"0" * 600_000])
def test_a_logo_is_a_picture_of_a_small_size(world, oleg, data):
    upload = SimpleUploadedFile("logo.png", data, "image/png")
    answer = oleg.post(f"/settings/brands/{world.brand.pk}/", {**BRAND, "name": "Другое", "logo": upload})
    assert answer.status_code == 422 and "field-error" in answer.text
    brand = Brand.objects.get(pk=world.brand.pk)
    assert (brand.logo_path, brand.name) == ("", "Зерно"), "nothing of the form was saved"


@pytest.mark.parametrize(
    ("host", "ok"),
    [("help.zerno.example", True), ("HELP.zerno.example.", True), ("elsewhere.example", False),
     ("https://help.zerno.example", False), ("help", False), ("desk.example", False),
     ("help.harbor.example", False)],
)  # fmt: skip
def test_a_host_is_a_name_that_this_server_answers_to(world, oleg, settings, host, ok):
    settings.BASE_URL = "https://desk.example"
    settings.ALLOWED_HOSTS = ["testserver", ".zerno.example", "help.harbor.example", "desk.example"]
    Brand.objects.filter(pk=world.other_brand.pk).update(portal_host="help.harbor.example")
    answer = oleg.post(f"/settings/brands/{world.brand.pk}/", {**BRAND, "portal_host": host})
    assert answer.status_code == (302 if ok else 422)
    saved = Brand.objects.get(pk=world.brand.pk).portal_host
    assert saved == ("help.zerno.example" if ok else "")
