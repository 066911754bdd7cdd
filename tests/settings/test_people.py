"""Accounts, teams and brands."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client

from journal.actor import Actor
from journal.models import Entry
from people.commands.users import create_user
from people.models import Role, Team, User
from tickets import commands
from tickets.models import Brand

NEW = {
    "name": "Rita Novak", "email": "Rita@Otklik.example", "role": "agent", "access": "teams",
    "language": "ru", "time_zone": "", "signature": "",
}  # fmt: skip

# How a team works, as its form starts.
WORK = {"line": "1", "strategy": "least_loaded", "shift_end": "keep", "on_reopen": "if_available"}


def of(user, **changes):
    """The form of an account as it is, with changes."""
    return {
        "name": user.name, "email": user.email, "role": user.role, "access": user.access,
        "language": user.language, "time_zone": user.time_zone, "signature": user.signature,
        "is_active": "on", "teams": list(user.teams.values_list("pk", flat=True)), **changes,
    }  # fmt: skip


def test_a_new_colleague_gets_a_link_to_choose_a_password(oleg, world):
    oleg.post("/settings/users/new/", {**NEW, "teams": [world.first_line.pk]})
    rita = User.objects.get(email="rita@otklik.example")
    assert not rita.has_usable_password()
    assert list(rita.teams.all()) == [world.first_line]
    assert mail.outbox[0].to == ["rita@otklik.example"]
    kinds = list(Entry.objects.filter(stream_type="user", stream_id=rita.pk).values_list("kind", flat=True))
    assert kinds == ["user_created", "password_reset_sent"]


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [
        ("en", "Oleg Admin invites you to Otklik", ("Hello, Rita!", "for 3 days", "do not expect")),
        ("ru", "Oleg Admin приглашает вас в Отклик", ("Здравствуйте, Rita!", "3 дня", "не ждали")),
    ],
)
def test_an_invitation_says_who_asks_them_in_and_to_what(oleg, world, settings, language, subject, words):
    """Nobody has asked for a password: the mail must not say so."""
    settings.BASE_URL = "https://desk.example"
    oleg.post("/settings/users/new/", {**NEW, "language": language})
    (sent,) = mail.outbox
    assert sent.subject == subject
    for each in ("Oleg Admin", "https://desk.example", "rita@otklik.example", *words):
        assert each in sent.body, each
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"
    assert "asked for a new password" not in sent.body and "запросил" not in sent.body


def chosen(address, password="correct horse battery staple"):
    """Follow a link as its reader would, in a browser of their own, and choose a password."""
    browser = Client()
    form = browser.get(address, follow=True)
    assert "New password" in form.content.decode()
    return browser.post(form.request["PATH_INFO"], {"password1": password, "password2": password})


def link_in(sent):
    return re.search(r"/accounts/password/reset/key/\S+", sent.body)[0]


def test_the_link_of_an_invitation_sets_the_password_once(oleg, world):
    oleg.post("/settings/users/new/", NEW | {"language": "en"})
    link = link_in(mail.outbox[0])
    chosen(link)
    assert User.objects.get(email="rita@otklik.example").check_password("correct horse battery staple")
    assert "used already" in Client().get(link, follow=True).content.decode()


def test_a_link_sent_again_invites_until_there_is_a_password(oleg, world):
    rita = create_user(actor=Actor.user(world.oleg), email="rita@otklik.example", name="Rita", role="agent")
    oleg.post(f"/settings/users/{rita.pk}/password-reset/")
    chosen(link_in(mail.outbox[0]))
    oleg.post(f"/settings/users/{rita.pk}/password-reset/")
    invitation, reset = mail.outbox
    assert invitation.subject == "Oleg Admin invites you to Otklik"
    assert reset.subject == "A new password for Otklik"
    assert "asked for a new password" in reset.body
    assert link_in(reset) != link_in(invitation)
    sent = Entry.objects.filter(stream_type="user", stream_id=rita.pk, kind="password_reset_sent")
    assert sent.count() == 2


def test_a_name_of_two_lines_breaks_no_mail(oleg, world):
    User.objects.filter(pk=world.oleg.pk).update(name="Oleg\nBcc: all@otklik.example")
    oleg.post("/settings/users/new/", {**NEW, "language": "en"})
    assert mail.outbox[0].subject == "Oleg Bcc: all@otklik.example invites you to Otklik"
    assert mail.outbox[0].recipients() == ["rita@otklik.example"]


def test_the_rules_of_a_password_are_a_list(oleg, world):
    html = oleg.get("/accounts/password/change/").content.decode()
    hint = html.split('id="id_password1-hint">')[1].split("</div>")[0]
    assert hint.startswith("<ul><li>") and "at least 10 characters" in hint
    assert "&lt;ul" not in html
    oleg.post("/settings/users/new/", {**NEW, "language": "en"})
    html = Client().get(link_in(mail.outbox[0]), follow=True).content.decode()
    assert "<ul><li>" in html and "&lt;ul" not in html


@pytest.mark.parametrize(
    "change",
    [{"email": "ANNA@otklik.example"}, {"email": "x"}, {"role": "customer"}, {"role": "god"}, {"name": ""},
     {"language": "xx"}, {"time_zone": "Mars/Base"}, {"teams": ["99999"]}],
)  # fmt: skip
def test_a_wrong_account_is_not_made(oleg, world, change):
    before = User.objects.count()
    answer = oleg.post("/settings/users/new/", {**NEW, **change})
    assert answer.status_code == 422
    assert "field-error" in answer.content.decode()
    assert User.objects.count() == before


def test_an_account_is_changed_and_the_journal_says_how(oleg, world):
    oleg.post(
        f"/settings/users/{world.anna.pk}/", of(world.anna, role="manager", teams=[world.second_line.pk])
    )
    world.anna.refresh_from_db()
    assert world.anna.role == Role.MANAGER
    entry = Entry.objects.get(stream_type="user", stream_id=world.anna.pk)
    assert entry.data["changes"]["role"] == ["agent", "manager"]
    assert entry.data["changes"]["teams"] == [[world.first_line.pk], [world.second_line.pk]]
    assert entry.actor.id == world.oleg.pk
    oleg.post(f"/settings/users/{world.anna.pk}/", of(world.anna, role="manager"))
    assert Entry.objects.filter(stream_type="user", stream_id=world.anna.pk).count() == 1


def test_who_leaves_hands_back_what_they_hold(oleg, world, by):
    ticket = world.ticket(team=world.first_line)
    commands.assign(ticket.pk, to=world.anna, actor=world.as_anna)
    browser = by(world.anna)
    form = of(world.anna)
    del form["is_active"]
    oleg.post(f"/settings/users/{world.anna.pk}/", form)
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.team) == (None, world.first_line)
    assert browser.get("/").status_code == 302


@pytest.mark.parametrize("change", [{"role": "agent"}, {"is_active": ""}])
def test_the_last_administrator_stays(oleg, world, change):
    answer = oleg.post(f"/settings/users/{world.oleg.pk}/", of(world.oleg, **change))
    assert answer.status_code == 422
    world.oleg.refresh_from_db()
    assert (world.oleg.role, world.oleg.is_active) == (Role.ADMINISTRATOR, True)


def test_a_customers_account_is_no_colleague(oleg, world):
    assert oleg.get(f"/settings/users/{world.carla.pk}/").status_code == 404
    assert oleg.post(f"/settings/users/{world.carla.pk}/password-reset/").status_code == 404


@pytest.mark.parametrize("invited", [False, True])
def test_a_link_that_cannot_be_mailed_is_said(oleg, world, settings, invited):
    if invited:
        world.anna.set_unusable_password()
        world.anna.save()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    answer = oleg.post(f"/settings/users/{world.anna.pk}/password-reset/", follow=True)
    assert "could not be sent" in answer.content.decode()
    assert not Entry.objects.filter(kind="password_reset_sent").exists()


def test_a_team_with_its_members_and_lead(oleg, world):
    oleg.post(
        "/settings/teams/new/",
        {**WORK, "name": "Night", "members": [world.anna.pk], "leads": [world.boris.pk]},
    )
    night = Team.objects.get(name="Night")
    rows = dict(night.memberships.values_list("user_id", "is_lead"))
    assert rows == {world.anna.pk: False, world.boris.pk: True}
    oleg.post(f"/settings/teams/{night.pk}/", {**WORK, "name": "Night shift", "members": [world.boris.pk]})
    night.refresh_from_db()
    assert (night.name, night.is_active) == ("Night shift", False)
    changes = Entry.objects.filter(stream_type="team", stream_id=night.pk).latest("sequence").data["changes"]
    assert changes["members"] == [sorted([world.anna.pk, world.boris.pk]), [world.boris.pk]]
    assert changes["leads"] == [[world.boris.pk], []]


def test_two_teams_of_one_name_are_refused(oleg, world):
    assert oleg.post("/settings/teams/new/", {**WORK, "name": "First line"}).status_code == 422


def test_a_brand_is_made_and_changed(oleg, world):
    form = {"name": "Чай и дом", "language": "ru", "time_zone": "Europe/Moscow", "colour": "#AA3300",
            "signature": "Чай и дом", "is_active": "on", "portal_sees": "own"}  # fmt: skip
    oleg.post("/settings/brands/new/", form)
    brand = Brand.objects.get(name="Чай и дом")
    assert brand.colour == "#aa3300"
    oleg.post(f"/settings/brands/{brand.pk}/", {**form, "colour": "#000000"})
    entry = Entry.objects.filter(stream_type="brand", stream_id=brand.pk).latest("sequence")
    assert entry.data["changes"] == {"colour": ["#aa3300", "#000000"]}


@pytest.mark.parametrize(
    "change", [{"name": "Зерно"}, {"colour": "red;}"}, {"time_zone": "x"}, {"language": ""}]
)
def test_a_wrong_brand_is_refused(oleg, world, change):
    form = {
        "name": "New",
        "language": "en",
        "time_zone": "UTC",
        "colour": "#112233",
        "portal_sees": "own",
        **change,
    }
    assert oleg.post("/settings/brands/new/", form).status_code == 422
    assert not Brand.objects.filter(name="New").exists()
