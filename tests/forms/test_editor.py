"""Settings: the questions of a service's form and where a brand's forms may stand, all by clicks."""

from __future__ import annotations

import pytest

from channels_in import form_fields, web_forms
from channels_in.models import FormField, ServiceForm, WebForm
from journal.models import Entry
from tests.forms.conftest import ADMIN
from tests.settings.browser import posted
from tickets.models import CustomField, Service

pytestmark = pytest.mark.django_db


@pytest.fixture
def oleg(world, client):
    client.force_login(world.oleg, backend="people.backends.Backend")
    return client


@pytest.fixture
def base(repair):
    return f"/settings/web-forms/services/{repair.pk}/"


def keys(service):
    return list(FormField.objects.filter(service=service).values_list("key", flat=True))


def given(**more):
    return {"label_en": "Colour", "label_ru": "Цвет", "fills": "", "shown_by": "", "key": "", **more}


def test_the_list_shows_services_and_brands(oleg, repair, world):
    page = oleg.get("/settings/web-forms/").content.decode()
    assert "Repair" in page
    assert "9 questions" in page
    assert world.brand.name in page
    assert world.other_brand.name in page


def test_a_question_with_choices_and_a_condition(oleg, repair, base):
    model = FormField.objects.get(key="model")
    answer = oleg.post(
        f"{base}questions/new/choice/",
        given(
            help_ru="Как на корпусе", required="on",
            choice=["", ""], choice_en=["Red", ""], choice_ru=["", "Синий"],
            shown_by=str(model.pk), shown_value=[f"{model.pk}:x6", "77:elsewhere"], fills="tag",
        ),
    )  # fmt: skip
    assert answer["Location"] == base
    row = FormField.objects.get(key="colour")
    assert (row.kind, row.required, row.fills) == ("choice", True, "tag")
    assert [choice["value"] for choice in row.choices] == ["Red", "Синий"]
    assert (row.shown_by, row.shown_values) == (model, ["x6"])
    assert Entry.objects.filter(stream_type="service", kind="form_field_added", stream_id=repair.pk).exists()
    page = oleg.get(base).content.decode()
    assert "if “Модель” is: X6" in page


def test_what_the_page_shows_is_what_it_saves(oleg, repair, base):
    """Every question opened and saved as it stands changes nothing."""
    before = Entry.objects.count()
    for row in FormField.objects.filter(service=repair):
        path = f"{base}questions/{row.pk}/"
        answer = oleg.post(path, dict(posted(oleg.get(path).content.decode()).lists()))
        assert answer.status_code == 302, row.key
    assert Entry.objects.count() == before


@pytest.mark.parametrize(
    ("kind", "more", "words"),
    [
        ("text", {"label_en": "", "label_ru": ""}, "at least one language"),
        ("text", {"label_en": "x" * 201}, "200"),
        ("choice", {}, "at least one choice"),
        ("text", {"key": "email"}, "The form itself uses this name"),
        ("text", {"key": "по-русски"}, "Latin letters"),
        ("text", {"key": "model"}, "of this key already"),
        ("text", {"length": "0"}, "From 1 to"),
        ("text", {"length": "many"}, "no number"),
        ("number", {"least": "5", "most": "1"}, "smaller than the smallest"),
        ("date", {"not_past": "on", "not_future": "on"}, "Only today"),
        ("file", {"endings": "exe"}, "never taken"),
        ("file", {"endings": "p/d"}, "no ending"),
        ("text", {"fills": "subject"}, "Another question fills this already"),
        ("date", {"fills": "subject"}, "cannot fill"),
        ("text", {"fills": "nonsense"}, "Choose one of those offered"),
        ("text", {"fills": "field:999"}, "Choose the ticket field"),
    ],
)
def test_what_is_refused_changes_nothing_and_keeps_what_was_typed(oleg, repair, base, kind, more, words):
    before = keys(repair)
    answer = oleg.post(f"{base}questions/new/{kind}/", given(**more))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert keys(repair) == before


def test_a_field_of_another_brand_or_kind_is_not_offered(oleg, repair, base, world):
    CustomField.objects.create(key="theirs", kind="text", labels={"en": "Theirs"}, brand=world.other_brand)
    CustomField.objects.create(key="ours", kind="text", labels={"en": "Ours"}, brand=world.brand)
    page = oleg.get(f"{base}questions/new/text/").content.decode()
    assert "Ours" in page
    assert "Theirs" not in page
    assert "Urgency" not in page


def test_order_by_drag_keeps_a_question_below_what_shows_it(oleg, repair, base):
    rows = {row.key: row for row in FormField.objects.filter(service=repair)}
    order = [rows["what"].pk, rows["model"].pk, rows["since"].pk]
    by_drag = {"headers": {"HX-Request": "true"}}
    assert oleg.post(f"{base}questions/order/", {"row": [*order, "x", 10**30]}, **by_drag).status_code == 204
    assert keys(repair)[:3] == ["what", "model", "since"]
    wrong = oleg.post(
        f"{base}questions/order/",
        {"row": [rows["since"].pk, rows["model"].pk]},
        headers={"HX-Request": "true"},
    )
    assert wrong.status_code == 422
    assert "has to stay below" in wrong.content.decode()
    assert keys(repair)[:3] == ["what", "model", "since"]
    oleg.post(f"{base}questions/{rows['since'].pk}/move/", {"to": "up"})
    assert keys(repair)[:3] == ["what", "model", "since"], "one step up would be above it, too"
    oleg.post(f"{base}questions/{rows['what'].pk}/move/", {"to": "down"})
    assert keys(repair)[:3] == ["model", "what", "since"]


def test_a_question_that_shows_another_stays(oleg, repair, base):
    model = FormField.objects.get(key="model")
    oleg.post(f"{base}questions/{model.pk}/removal/")
    assert FormField.objects.filter(pk=model.pk).exists()
    data = posted(oleg.get(f"{base}questions/{model.pk}/").content.decode())
    kept = oleg.post(
        f"{base}questions/{model.pk}/",
        {
            **{key: data.getlist(key) for key in data},
            "choice": ["x5"],
            "choice_en": ["X5"],
            "choice_ru": ["Икс 5"],
        },
    )
    assert "is only shown by an answer to this" in kept.content.decode()
    since = FormField.objects.get(key="since")
    oleg.post(f"{base}questions/{since.pk}/removal/")
    oleg.post(f"{base}questions/{model.pk}/removal/")
    assert "model" not in keys(repair)
    assert Entry.objects.filter(kind="form_field_removed").count() == 2


def test_a_form_nobody_edited_begins_with_the_usual_questions(oleg, portal):
    service = Service.objects.create(labels={"en": "Order"})
    base = f"/settings/web-forms/services/{service.pk}/"
    assert "asks the usual" in oleg.get(base).content.decode()
    oleg.post(f"{base}usual/")
    oleg.post(f"{base}usual/")
    assert keys(service) == ["subject", "details", "attachments"]
    assert FormField.objects.get(key="subject").labels["ru"] == "О чём обращение?"


def test_team_and_words_round_the_questions(oleg, world, repair, base):
    oleg.post(base, {"team": world.second_line.pk, "intro_ru": "Две строки\r\nтекста", "thanks_en": "Soon."})
    row = ServiceForm.objects.get(service=repair)
    assert (row.team, row.intro, row.thanks) == (
        world.second_line,
        {"ru": "Две строки\nтекста"},
        {"en": "Soon."},
    )
    assert oleg.post(base, {"team": "999"}).status_code == 422


def test_the_preview_is_the_form_and_sends_nothing(oleg, repair, base, client):
    page = oleg.get(base).content.decode()
    path = page.split('<iframe src="')[1].split('"')[0]
    preview = oleg.get(path)
    assert "Сколько чашек в день" in preview.content.decode()
    assert "frame-ancestors 'self'" in preview["Content-Security-Policy"]
    assert oleg.post(path).status_code == 405
    assert oleg.get("/forms/preview/nonsense/").status_code == 404


def test_a_brands_forms_and_what_to_paste(oleg, world, repair):
    path = f"/settings/web-forms/brands/{world.brand.pk}/"
    assert "To paste" not in oleg.get(path).content.decode()
    data = {
        "is_active": "on", "acknowledge": "on", "challenge": "auto", "team": world.first_line.pk,
        "sites": "www.Zerno.example\nhttps://почта.рф/", "embeds": "on", "plain_posts": "on",
    }  # fmt: skip
    assert oleg.post(path, data).status_code == 302
    row = WebForm.objects.get()
    assert row.sites == ["https://www.zerno.example", "https://xn--80a1acny.xn--p1ai"]
    assert row.inbox.team == world.first_line
    page = oleg.get(path).content.decode()
    assert f"data-form=&#34;{row.key}&#34;" in page
    assert f"/forms/{row.key}/{repair.pk}/post/" in page
    changes = Entry.objects.filter(stream_type="inbox", kind="web_form_changed").count()
    oleg.post(path, data)
    assert Entry.objects.filter(stream_type="inbox", kind="web_form_changed").count() == changes


@pytest.mark.parametrize(
    "site",
    [
        "ftp://a.example",
        "https://a.example/page",
        "https://*",
        "javascript:alert(1)",
        "https://a.example;script-src *",
    ],
)
def test_sites_that_are_none(oleg, world, site):
    path = f"/settings/web-forms/brands/{world.brand.pk}/"
    answer = oleg.post(path, {"challenge": "auto", "sites": site, "embeds": "on"})
    assert answer.status_code == 422
    assert not WebForm.objects.exclude(sites=[]).exists()


def test_sites_come_before_opening_to_them(oleg, world):
    path = f"/settings/web-forms/brands/{world.brand.pk}/"
    assert "Name the sites first" in oleg.post(path, {"challenge": "auto", "embeds": "on"}).content.decode()


def test_two_that_make_the_first_form_make_one(world):
    first = web_forms.need_form_of_brand(world.brand)
    assert web_forms.need_form_of_brand(world.brand) == first
    assert WebForm.objects.count() == 1


def test_a_form_has_room_for_so_many_questions(repair, monkeypatch):
    monkeypatch.setattr(form_fields, "MAX_FIELDS", 9)
    with pytest.raises(Exception, match="At most 9"):
        form_fields.add_field(repair.pk, actor=ADMIN, kind="text", labels={"en": "One more"})


@pytest.mark.parametrize("who", ["anna", "egor", "maria", "carla"])
def test_others_stay_out(world, client, base, repair, who):
    client.force_login(getattr(world, who), backend="people.backends.Backend")
    for path in ("/settings/web-forms/", base, f"{base}questions/new/text/"):
        assert client.get(path).status_code == 403
        assert client.post(path).status_code in {403, 405}


def test_what_changes_something_is_never_a_get(oleg, base, repair):
    field = FormField.objects.first()
    for path in (f"{base}usual/", f"{base}questions/order/", f"{base}questions/{field.pk}/move/",
                 f"{base}questions/{field.pk}/removal/"):  # fmt: skip
        assert oleg.get(path).status_code == 405
