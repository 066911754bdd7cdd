"""Forms on other sites: in a frame without cookies, or posted by plain HTML. Every refusal."""

from __future__ import annotations

import pytest
from django.test import Client

from channels_in import web_forms
from channels_in.models import Inbound
from tests.forms.conftest import ADMIN, GOOD
from tests.settings.browser import posted
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

SITE = "https://www.zerno.example"


@pytest.fixture
def open_to(world):
    """``open_to(embeds=True)``: the brand's forms are open to its site."""

    def opened(**more):
        row = web_forms.need_form_of_brand(world.brand)
        given = {"embeds": False, "plain_posts": False, "sites": [SITE], "challenge": "auto"} | more
        return web_forms.change_web_form(
            row.pk, actor=ADMIN, team=None, is_active=True, acknowledge=True, **given
        )

    return opened


@pytest.fixture
def stranger():
    """A browser that keeps no cookies here and checks what any browser would."""
    return Client(enforce_csrf_checks=True)


def tickets():
    return Ticket.objects.filter(channel="form")


def test_the_frame_takes_a_form_without_cookies(open_to, stranger, repair):
    row = open_to(embeds=True)
    path = f"/forms/{row.key}/{repair.pk}/"
    answer = stranger.get(f"{path}?lang=en")
    page = answer.content.decode()
    assert f"frame-ancestors 'self' {SITE};" in f"{answer['Content-Security-Policy']};"
    assert "X-Frame-Options" not in answer
    assert not answer.cookies
    assert "Repair" in page
    data = posted(page, **{**GOOD, "cups": "5"})
    sent = stranger.post(path, {key: data.getlist(key) for key in data})
    assert sent.status_code == 302
    assert not sent.cookies
    done = stranger.get(sent["Location"])
    assert f"#{tickets().get().pk}" in done.content.decode()
    assert f"frame-ancestors 'self' {SITE}" in done["Content-Security-Policy"]


def test_without_a_token_of_ours_the_frame_takes_nothing(open_to, stranger, repair):
    row = open_to(embeds=True)
    path = f"/forms/{row.key}/{repair.pk}/"
    for token in ("", "forged"):
        answer = stranger.post(path, {**GOOD, "cups": "5", "token": token})
        assert answer.status_code == 422
        assert "Не греет" in answer.content.decode()
    assert not tickets().exists()


def test_wrong_answers_stand_beside_their_fields_in_the_frame_too(open_to, stranger, repair):
    row = open_to(embeds=True)
    path = f"/forms/{row.key}/{repair.pk}/"
    data = posted(stranger.get(path).content.decode(), **{**GOOD, "what": ""})
    answer = stranger.post(path, {key: data.getlist(key) for key in data})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()


def test_a_frame_that_nobody_opened_is_not_there(open_to, stranger, repair, world):
    row = open_to(plain_posts=False)
    assert stranger.get(f"/forms/{row.key}/{repair.pk}/").status_code == 404
    row = open_to(embeds=True)
    assert stranger.get(f"/forms/{row.key}/999/").status_code == 404
    assert stranger.get("/forms/wrongkey/general/").status_code == 404
    assert stranger.put(f"/forms/{row.key}/{repair.pk}/").status_code == 405
    row.inbox.is_active = False
    row.inbox.save()
    assert stranger.get(f"/forms/{row.key}/{repair.pk}/").status_code == 404


def test_services_that_are_not_public_are_in_no_frame(open_to, stranger, repair):
    row = open_to(embeds=True)
    repair.is_public = False
    repair.save()
    assert stranger.get(f"/forms/{row.key}/{repair.pk}/").status_code == 404


def plain(stranger, row, service, *, origin=SITE, **more):
    headers = {"Origin": origin} if origin else {}
    return stranger.post(
        f"/forms/{row.key}/{service.pk}/post/", {**GOOD, "cups": "5", **more}, headers=headers
    )


def test_a_plain_form_of_an_allowed_site_and_its_way_back(open_to, stranger, repair):
    row = open_to(plain_posts=True)
    answer = plain(stranger, row, repair, next=f"{SITE}/thanks.html?a=1")
    assert answer["Location"] == f"{SITE}/thanks.html?a=1"
    assert tickets().count() == 1


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        f"{SITE}.evil.example/",
        f"{SITE}@evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "http://[",
    ],
)
def test_it_leads_to_allowed_sites_only(open_to, stranger, repair, target):
    row = open_to(plain_posts=True)
    answer = plain(stranger, row, repair, next=target)
    assert answer["Location"].startswith(f"/forms/{row.key}/sent/")
    assert f"#{tickets().get().pk}" in stranger.get(answer["Location"]).content.decode()


def test_a_plain_form_of_another_site_is_refused(open_to, stranger, repair):
    row = open_to(plain_posts=True)
    answer = plain(stranger, row, repair, origin="https://evil.example")
    assert answer.status_code == 403
    assert "evil.example" in answer.content.decode()
    assert not Inbound.objects.filter(inbox__kind="form").exists()


def test_one_that_does_not_say_where_it_comes_from_is_confirmed_by_mail(open_to, stranger, repair):
    row = open_to(plain_posts=True)
    answer = plain(stranger, row, repair, origin="", next=f"{SITE}/")
    assert answer["Location"].startswith(f"/forms/{row.key}/sent/"), "they must hear that a step is left"
    assert "vera@severgrad.example" in stranger.get(answer["Location"]).content.decode()
    assert not tickets().exists()
    assert Inbound.objects.get(inbox__kind="form").cause == "unconfirmed"


def test_a_plain_form_that_is_wrong_goes_on_here(open_to, stranger, repair):
    row = open_to(plain_posts=True)
    answer = plain(stranger, row, repair, what="")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'action="/forms/{row.key}/{repair.pk}/' in page
    data = posted(page, what="Не греет")
    assert (
        stranger.post(f"/forms/{row.key}/{repair.pk}/", {key: data.getlist(key) for key in data}).status_code
        == 302
    )
    assert tickets().count() == 1


def test_plain_forms_have_to_be_switched_on(open_to, stranger, repair):
    row = open_to(embeds=True)
    assert plain(stranger, row, repair).status_code == 404
    row = open_to(plain_posts=True)
    assert stranger.get(f"/forms/{row.key}/{repair.pk}/post/").status_code == 405


def test_the_page_that_says_it_was_sent_is_for_its_own_form(open_to, stranger, repair, world):
    row = open_to(plain_posts=True)
    path = plain(stranger, row, repair)["Location"]
    other = web_forms.need_form_of_brand(world.other_brand)
    assert stranger.get(path.replace(row.key, other.key)).status_code == 404
    assert stranger.get(f"/forms/{row.key}/sent/forged/").status_code == 404
    assert stranger.post(path).status_code == 405


def test_the_script_that_sites_load(stranger):
    answer = stranger.get("/forms/embed.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert b"iframe" in answer.content
    assert Client().post("/forms/embed.js").status_code == 405
