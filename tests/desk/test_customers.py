"""The pages of contacts and organisations, merging there and beside a ticket, and who may do what."""

from __future__ import annotations

import pytest

from channels_in.models import Inbox, Thread
from journal.actor import Actor
from journal.models import Entry
from people.commands.contacts import resolve_contact
from people.commands.customers import set_contact_attributes
from people.commands.identities import claim_identity
from people.commands.merging import merge_contacts
from people.models import Claim, Contact, Distinct, Identity, Organization

INTAKE = Actor.system("intake")


@pytest.fixture
def chat(world):
    """Vera in Telegram, who has written her work address there."""
    contact = resolve_contact("telegram", "4711", name="verochka", proof="channel")
    claim_identity(contact.pk, kind="email", value="vera@severgrad.example", source="telegram", actor=INTAKE)
    return contact


def page(desk, contact):
    return desk.get(f"/customers/{contact.pk}/").content.decode()


def test_the_list_finds_by_name_address_and_number(world, maria, chat):
    Identity.objects.create(contact=world.peter, kind="phone", value="+74951234567")
    for words, found in [
        ("ёлки", "Вера"),
        ("severgrad", "Вера"),
        ("495 123-45", "Peter"),
        ("4711", "verochka"),
    ]:
        html = maria.part("/customers/", data={"q": words}).content.decode()
        assert found in html, words
    assert "Nobody like that" in maria.get("/customers/", {"q": "xyzzy"}).content.decode()


@pytest.mark.parametrize("many", [3, 12])
def test_a_list_costs_the_same_however_long(world, maria, many, django_assert_num_queries):
    for n in range(many):
        resolve_contact("email", f"p{n}@severgrad.example", name=f"Person {n}")
    maria.get("/customers/")
    with django_assert_num_queries(5):
        maria.get("/customers/")


def test_pages_go_on_where_the_last_one_ended(world, maria, monkeypatch):
    monkeypatch.setattr("desk.customers.finding.PAGE", 2)
    first = maria.get("/customers/").content.decode()
    assert "Mallory" in first and "Вера" not in first
    after = first.split("?after=")[1].split('"')[0]
    assert "Вера" in maria.get("/customers/", {"after": after}).content.decode()
    assert maria.get("/customers/", {"after": "mangled"}).status_code == 200


def test_a_page_shows_everything_of_one_person(world, maria, chat):
    by_mail = world.ticket("Письмо", subject="Письмом")
    by_telegram = world.ticket("Сообщение", requester=chat, subject="Телеграмом")
    set_contact_attributes(world.vera.pk, attributes={"plan": "pro"}, actor=INTAKE)
    merge_contacts(chat.pk, into=world.vera.pk, actor=world.as_anna)
    html = page(maria, world.vera)
    for words in ("Письмом", "Телеграмом", "vera@severgrad.example", "4711", "verified", "pro", "Северград"):
        assert words in html, words
    assert f"/tickets/{by_mail.pk}/" in html and f"/tickets/{by_telegram.pk}/" in html
    assert maria.get(f"/customers/{chat.pk}/")["Location"] == f"/customers/{world.vera.pk}/"


@pytest.mark.parametrize("many", [1, 8])
def test_a_page_costs_the_same_whatever_is_known(world, maria, many, django_assert_num_queries):
    for n in range(many):
        world.ticket(f"{n}")
        other = resolve_contact("telegram", str(100 + n), name="V.")
        merge_contacts(other.pk, into=world.vera.pk, actor=world.as_anna)
        claim_identity(world.vera.pk, kind="email", value=f"v{n}@x.example", source="chat", actor=INTAKE)
    page(maria, world.vera)
    with django_assert_num_queries(14):
        page(maria, world.vera)


def test_a_telegram_account_is_named_as_it_is_called_there(world, maria):
    world.ticket()
    account = resolve_contact("telegram", "700100", name="V.")
    merge_contacts(account.pk, into=world.vera.pk, actor=world.as_anna)
    bot = Inbox.objects.create(kind="telegram", brand=world.brand, name="Бот")
    Thread.objects.create(inbox=bot, external_id="700100", contact=account, state={"username": "vera_yo"})
    assert "@vera_yo" in page(maria, world.vera)


def test_what_is_known_of_somebody_is_changed(world, anna):
    world.ticket()
    form = {
        "name": "Вера Ёлкина-Петрова",
        "organization": "",
        "language": "ru",
        "time_zone": "Asia/Tomsk",
        "notes": "VIP",
    }
    assert anna.post(f"/customers/{world.vera.pk}/", form).status_code == 302
    world.vera.refresh_from_db()
    assert (world.vera.name, world.vera.organization, world.vera.time_zone) == (
        "Вера Ёлкина-Петрова",
        None,
        "Asia/Tomsk",
    )
    refused = anna.post(f"/customers/{world.vera.pk}/", {**form, "organization": "Nowhere Ltd"})
    assert refused.status_code == 422
    assert "There is no organisation of this name." in refused.content.decode()
    assert anna.post(f"/customers/{world.vera.pk}/", {**form, "name": ""}).status_code == 422


def test_an_address_that_was_not_checked_is_only_a_claim(world, anna):
    world.ticket()
    address = f"/customers/{world.vera.pk}/identities/"
    anna.post(address, {"kind": "email", "value": "Vera@Home.example"})
    assert Claim.objects.get().value == "vera@home.example"
    assert resolve_contact("email", "vera@home.example") != world.vera
    anna.post(address, {"kind": "phone", "value": "8 (495) 123-45-67", "checked": "on"})
    identity = Identity.objects.get(kind="phone")
    assert (identity.value, identity.contact, identity.proof) == ("+74951234567", world.vera, "agent")
    wrong = anna.post(address, {"kind": "phone", "value": "12", "checked": "on"})
    assert wrong.status_code == 422
    assert Identity.objects.filter(kind="phone").count() == 1


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("email", "Peter@Gmail.com", "peter@gmail.com"),
        ("phone", "8 (495) 123-45-67", "+7 495 123-45-67"),
        ("external", "crm-17", "crm-17"),
    ],
)
def test_what_was_only_noted_is_taken_back(world, anna, kind, value, shown):
    """A slip of the pen: gone, with whom it made one think of."""
    world.ticket()
    world.ticket("Моё", requester=world.peter)
    anna.post(f"/customers/{world.vera.pk}/identities/", {"kind": kind, "value": value})
    claim = Claim.objects.get()
    html = page(anna, world.vera)
    assert shown in html
    assert ("Perhaps the same person:" in html) == (kind == "email")
    removal = f"/customers/{world.vera.pk}/claims/{claim.pk}/removal/"
    assert f'action="{removal}"' in html
    assert f"{shown} is no longer noted here." in anna.post(removal, follow=True).content.decode()
    assert not Claim.objects.exists()
    html = page(anna, world.vera)
    assert shown not in html and "Perhaps the same person:" not in html
    assert Identity.objects.filter(value="peter@gmail.com").exists(), "whose it is keeps it"
    entry = Entry.objects.get(stream_type="contact", stream_id=world.vera.pk, kind="claim_removed")
    assert (entry.actor.id, entry.data["value"], entry.data["source"]) == (
        world.anna.pk,
        claim.value,
        "agent",
    )
    assert anna.post(removal).status_code == 404


def test_what_a_merged_row_has_said_is_taken_back_on_the_persons_page(world, anna, chat):
    world.ticket()
    merge_contacts(chat.pk, into=world.vera.pk, actor=world.as_anna)
    claim_identity(chat.pk, kind="email", value="v@home.example", source="telegram", actor=INTAKE)
    claim = Claim.objects.get(value="v@home.example")
    anna.post(f"/customers/{world.vera.pk}/claims/{claim.pk}/removal/")
    assert not Claim.objects.filter(pk=claim.pk).exists()


def test_a_claim_of_somebody_else_stays(world, anna, egor, chat):
    """Neither by another's page, nor by who may only read."""
    world.ticket()
    world.ticket(team=world.second_line)
    world.ticket("Сообщение", requester=chat)
    claim = Claim.objects.get()
    assert anna.post(f"/customers/{world.vera.pk}/claims/{claim.pk}/removal/").status_code == 404
    claim_identity(world.vera.pk, kind="email", value="v@home.example", source="agent", actor=world.as_anna)
    own = Claim.objects.get(value="v@home.example")
    html = page(egor, world.vera)
    assert "v@home.example" in html and "/removal/" not in html
    assert egor.post(f"/customers/{world.vera.pk}/claims/{own.pk}/removal/").status_code == 403
    assert anna.get(f"/customers/{world.vera.pk}/claims/{own.pk}/removal/").status_code == 405
    assert Claim.objects.count() == 2


def test_somebody_elses_address_leads_to_the_merge(world, maria):
    answer = maria.post(
        f"/customers/{world.vera.pk}/identities/",
        {"kind": "email", "value": "peter@gmail.com", "checked": "on"},
    )
    assert answer["Location"] == f"/customers/{world.vera.pk}/merge/?other={world.peter.pk}"


def test_of_whom_one_may_not_see_nothing_is_told(world, anna):
    world.ticket()
    world.ticket("Тайное", requester=world.peter, team=world.second_line)
    answer = anna.post(
        f"/customers/{world.vera.pk}/identities/",
        {"kind": "email", "value": "peter@gmail.com", "checked": "on"},
        follow=True,
    )
    assert "whom you do not see" in answer.content.decode()
    assert "Peter Brook" not in answer.content.decode()
    assert anna.get(f"/customers/{world.peter.pk}/").status_code == 404
    assert anna.get(f"/customers/{world.vera.pk}/merge/?other={world.peter.pk}").status_code == 404
    assert "Peter" not in anna.get("/customers/").content.decode()
    assert "Peter" not in anna.part("/contacts/", data={"q": "peter"}).content.decode()


def test_merging_is_looked_at_done_and_undone(world, maria, chat):
    world.ticket("Письмо")
    world.ticket("Сообщение", requester=chat)
    address = f"/customers/{chat.pk}/merge/"
    choices = maria.part(f"/customers/{chat.pk}/choices/", data={"q": "ёлк"}).content.decode()
    assert f'data-value="{world.vera.pk}"' in choices
    preview = maria.get(address, {"other": world.vera.pk}).content.decode()
    assert preview.index("Вера Ёлкина</a>") < preview.index("verochka</a>"), "of whom more is known goes on"
    assert "vera@severgrad.example" in preview
    done = maria.post(address, {"other": world.vera.pk, "stays": world.vera.pk}, follow=True)
    assert "are one person now" in done.content.decode()
    chat.refresh_from_db()
    assert chat.person == world.vera
    maria.post(f"/customers/{chat.pk}/merge/removal/")
    chat.refresh_from_db()
    assert chat.survivor is None
    maria.post(address, {"other": world.vera.pk, "stays": chat.pk})
    world.vera.refresh_from_db()
    assert world.vera.person == chat, "or the other way round"


def test_a_suggestion_beside_the_ticket_is_taken_and_undone(world, anna, chat):
    world.ticket("Письмо", subject="Письмом")
    ticket = world.ticket("Сообщение", requester=chat)
    html = anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Perhaps the same person:" in html
    assert "vera@severgrad.example was given in Telegram" in html
    answer = anna.send(f"/customers/{chat.pk}/merge/", {"other": world.vera.pk, "ticket": ticket.pk})
    html = answer.content.decode()
    assert "are one person now" in html and "Письмом" in html
    assert f"/customers/{chat.pk}/merge/removal/" in html
    undone = anna.send(f"/customers/{chat.pk}/merge/removal/", {"ticket": ticket.pk}).content.decode()
    assert "Perhaps the same person:" in undone


def test_what_is_dismissed_stays_dismissed(world, anna, chat):
    ticket = world.ticket("Сообщение", requester=chat)
    anna.send(f"/customers/{chat.pk}/distinct/", {"other": world.vera.pk, "ticket": ticket.pk})
    assert "Perhaps the same" not in anna.get(f"/tickets/{ticket.pk}/").content.decode()
    merge_contacts(world.vera.pk, into=world.peter.pk, actor=world.as_anna)
    assert "Perhaps the same" not in anna.get(f"/tickets/{ticket.pk}/").content.decode()
    anna.send(f"/customers/{chat.pk}/distinct/removal/", {"other": world.vera.pk, "ticket": ticket.pk})
    assert not Distinct.objects.exists()


@pytest.mark.parametrize("noun", ["", "identities/", "merge/", "distinct/", "merge/removal/"])
def test_experts_read_and_change_nothing(world, egor, noun):
    world.ticket(team=world.second_line)
    assert egor.get(f"/customers/{world.vera.pk}/").status_code == 200
    answer = egor.post(
        f"/customers/{world.vera.pk}/{noun}",
        {"name": "X", "other": world.peter.pk, "kind": "email", "value": "x@y.example"},
    )
    assert answer.status_code in {403, 404}
    world.vera.refresh_from_db()
    assert world.vera.name == "Вера Ёлкина"


def test_experts_see_the_people_of_their_tickets_only(world, egor):
    world.ticket(team=world.second_line, requester=world.peter)
    html = egor.get("/customers/").content.decode()
    assert "Peter" in html and "Вера" not in html
    assert egor.get(f"/customers/{world.vera.pk}/").status_code == 404


def test_through_a_merged_row_one_sees_the_person(world, anna, chat):
    world.ticket("Тайное", team=world.second_line)
    assert not Contact.objects.visible_to(world.anna).filter(pk=world.vera.pk).exists()
    world.ticket("Сообщение", requester=chat)
    merge_contacts(chat.pk, into=world.vera.pk, actor=world.as_anna)
    html = page(anna, world.vera)
    assert "verochka" in html
    assert "Тайное" not in html


def test_an_organisation_is_the_managers(world, maria, anna):
    world.ticket()
    address = f"/organizations/{world.organization.pk}/"
    form = {"name": "Северград", "domains": "severgrad.example\nsever.example", "tier": "silver", "notes": ""}
    assert anna.get(address).status_code == 200
    assert anna.post(address, form).status_code == 403
    assert maria.post(address, form).status_code == 302
    world.organization.refresh_from_db()
    assert (world.organization.tier, world.organization.domains) == (
        "silver",
        ["severgrad.example", "sever.example"],
    )
    for wrong in ({"domains": "gmail.com"}, {"domains": "no domain!"}, {"tier": "platinum"}, {"name": ""}):
        assert maria.post(address, {**form, **wrong}).status_code == 422
    Organization.objects.create(name="Other", domains=["other.example"])
    assert maria.post(address, {**form, "domains": "other.example"}).status_code == 422
    made = maria.post(
        "/organizations/new/", {"name": "Новая", "domains": "", "tier": "standard", "notes": ""}
    )
    assert made["Location"] == f"/organizations/{Organization.objects.get(name='Новая').pk}/"
    listed = maria.get("/organizations/", {"q": "sever.example"}).content.decode()
    assert "Северград" in listed and "Новая" not in listed
