"""Machines that fill in forms: what each suspicion leads to, and that nothing is lost to one."""

from __future__ import annotations

import base64
import json
import re
from html import unescape

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile

from channels_in import budget, quarantine
from channels_in.kinds.web_form import confirming, proof, suspicion, tokens, uploads
from channels_in.kinds.web_form.suspicion import Signs, Verdict, judge
from channels_in.models import FormConfirmation, Inbound, WebForm
from common import rates
from journal.actor import Actor
from people.models import Identity
from tests.forms.conftest import GOOD
from tickets.models import Attachment, Ticket

pytestmark = pytest.mark.django_db


def tickets():
    return Ticket.objects.filter(channel="form")


def solved(page: str) -> dict[str, str]:
    """What the page's script would add: a proof for the challenge in it."""
    facts = json.loads(unescape(re.findall(r'data-challenge="([^"]+)"', page)[0]))
    return {"script": "1", "proof": proof.solve(proof.Challenge(**facts))}


def token_in(page: str) -> str:
    return page.split('name="token" value="')[1].split('"')[0]


@pytest.mark.parametrize(
    ("signs", "verdict"),
    [
        (Signs(seconds=30, by_client=1), Verdict.FINE),
        (Signs(seconds=1), Verdict.PROVE),
        (Signs(seconds=30, by_client=6), Verdict.PROVE),
        (Signs(seconds=30, by_address=5), Verdict.PROVE),
        (Signs(seconds=30, by_brand=61), Verdict.PROVE),
        (Signs(seconds=30, always=True), Verdict.PROVE),
        (Signs(seconds=30, trap=True), Verdict.CONFIRM),
        (Signs(strange_origin=True), Verdict.CONFIRM),
        (Signs(by_client=41), Verdict.REFUSE),
        (Signs(by_address=21), Verdict.REFUSE),
        (Signs(by_client=41, is_known=True), Verdict.REFUSE),
        (Signs(seconds=1, trap=True, is_known=True), Verdict.FINE),
    ],
)
def test_what_each_sign_leads_to(signs, verdict):
    monkey = pytest.MonkeyPatch()
    monkey.setattr(suspicion, "QUICKEST", 3)
    assert judge(signs).verdict == verdict
    monkey.undo()


def test_a_proof_is_for_one_form_and_a_short_time():
    now = 1_800_000_000
    made = proof.make("secret", "form-a", now=now, hardness=500)
    solution = proof.solve(made)
    assert proof.is_proved("secret", "form-a", solution, now=now)
    assert not proof.is_proved("secret", "form-b", solution, now=now), "another form"
    assert not proof.is_proved("other", "form-a", solution, now=now), "another key"
    assert not proof.is_proved("secret", "form-a", solution, now=now + proof.LIFE + 1), "too late"
    facts = json.loads(base64.b64decode(solution))
    assert set(facts) == {"algorithm", "challenge", "number", "salt", "signature"}
    wrong = [
        {"number": facts["number"] + 1},
        {"salt": facts["salt"].replace("form-a", "form-b")},
        {"signature": "0" * 64},
        {"algorithm": "SHA-1"},
        {"challenge": "0" * 64},
        {"number": "many"},
    ]
    for changed in wrong:
        forged = base64.b64encode(json.dumps(facts | changed).encode()).decode()
        assert not proof.is_proved("secret", "form-a", forged, now=now), changed
    for nonsense in ("", "x", "e30=", base64.b64encode(b"[1]").decode(), "A" * 5000, "ы"):
        assert not proof.is_proved("secret", "form-a", nonsense, now=now)


def test_the_field_that_nobody_sees_leads_to_a_mail_instead_of_a_ticket(client, fill):
    answer = fill(website="https://spam.example")
    page = client.get(answer["Location"]).content.decode()
    assert "vera@severgrad.example" in page
    assert not tickets().exists()
    assert confirming.send_due() == 1
    letter = mail.outbox[-1]
    assert letter.to == ["vera@severgrad.example"]
    assert "Не греет" not in letter.body, "no stranger's words leave in our name"
    link = re.search(r"/forms/confirmation/\S+", letter.body)[0]
    opened = client.get(link)
    assert not tickets().exists(), "a mail scanner that opens the link confirms nothing"
    assert "Это были вы?" in opened.content.decode()
    assert client.post(link).status_code == 302
    assert tickets().get().subject == "Не греет"
    assert Identity.objects.get(value="vera@severgrad.example").is_verified
    assert f"#{tickets().get().pk}" in client.get(link).content.decode()
    client.post(link)
    assert tickets().count() == 1, "twice changes nothing"


def test_what_waits_can_be_taken_out_by_an_administrator(client, fill, world):
    fill(website="x")
    inbound = Inbound.objects.get(inbox__kind="form")
    assert (inbound.status, inbound.cause) == ("discarded", "unconfirmed")
    quarantine.reprocess(inbound.pk, actor=Actor.user(world.oleg))
    assert tickets().get().subject == "Не греет"
    inbound.refresh_from_db()
    assert inbound.verdict["state"] == "claimed"
    assert confirming.send_due() == 0, "nothing waits any more, so nothing is asked"


def test_mails_that_ask_obey_the_budget(client, fill):
    for _ in range(3):
        fill(website="x")
    states = sorted(FormConfirmation.objects.values_list("state", flat=True))
    assert states == ["waiting", "waiting", "withheld"]
    assert confirming.send_due() == 2
    assert budget.take("vera@severgrad.example") is not None


def test_we_never_ask_ourselves(world, fill):
    fill(website="x", email=world.inbox.address)
    assert FormConfirmation.objects.get().state == "withheld"


def test_a_mail_server_that_is_away_is_tried_again(fill, settings):
    fill(website="x")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1
    assert confirming.send_due() == 0
    row = FormConfirmation.objects.get()
    assert (row.state, row.attempts) == ("waiting", 1)
    assert row.claimed_until is not None
    FormConfirmation.objects.update(claimed_until=None)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert confirming.send_due() == 1
    assert FormConfirmation.objects.get().state == "sent"


@pytest.mark.parametrize("token", ["nonsense", "x" * 500])
def test_a_link_that_is_none(client, portal, token):
    assert client.get(f"/forms/confirmation/{token}/").status_code == 404
    assert client.post(f"/forms/confirmation/{token}/").status_code == 404


def test_many_from_one_client_have_to_prove_themselves(client, path, fill):
    for number in range(suspicion.MANY):
        assert fill(email=f"p{number}@person.example").status_code == 302
    page = client.get(path).content.decode()
    assert "data-challenge" in page, "the browser begins while one writes"
    sent = {**GOOD, "cups": "1", "token": token_in(page)}
    asked = client.post(path, {**sent, "script": "1"})
    assert asked.status_code == 422
    body = asked.content.decode()
    assert "data-goes-on" in body
    assert "Не греет" in body
    assert tickets().count() == suspicion.MANY
    proved = client.post(path, {**sent, "token": token_in(body), **solved(body)})
    assert proved.status_code == 302
    assert tickets().count() == suspicion.MANY + 1


def test_files_stay_while_the_browser_does_its_sum(client, path, fill):
    for number in range(suspicion.MANY):
        fill(email=f"p{number}@person.example")
    page = client.get(path).content.decode()
    shot = SimpleUploadedFile("shot.png", b"png", content_type="image/png")
    sent = {**GOOD, "cups": "1", "token": token_in(page)}
    body = client.post(path, {**sent, "script": "1", "pictures": [shot]}).content.decode()
    kept = body.split('name="kept" value="')[1].split('"')[0]
    client.post(path, {**sent, "token": token_in(body), "kept": kept, **solved(body)})
    assert Attachment.objects.filter(ticket=tickets().order_by("-pk")[0]).get().name == "shot.png"


def test_without_a_script_a_mail_confirms_instead(client, path, fill):
    for number in range(suspicion.MANY):
        fill(email=f"p{number}@person.example")
    answer = fill()
    assert answer.status_code == 302
    assert "vera@severgrad.example" in client.get(answer["Location"]).content.decode()
    assert tickets().count() == suspicion.MANY
    assert Inbound.objects.filter(cause="unconfirmed").count() == 1


def test_a_flood_is_turned_away_with_everything_kept(client, fill):
    rates.count("form/client", "127.0.0.1", 600, by=suspicion.FAR_TOO_MANY)
    answer = fill()
    assert answer.status_code == 429
    assert "Не греет" in answer.content.decode()
    assert not Inbound.objects.filter(inbox__kind="form").exists()


def test_the_real_client_behind_the_proxy_counts(client, path, fill, settings):
    settings.TRUSTED_PROXIES = 1
    rates.count("form/client", "203.0.113.7", 600, by=suspicion.FAR_TOO_MANY)
    data = {**GOOD, "cups": "1"}

    def send(address):
        token = token_in(client.get(path).content.decode())
        return client.post(path, {**data, "token": token}, headers={"X-Forwarded-For": f"1.2.3.4, {address}"})

    assert send("203.0.113.7").status_code == 429
    assert send("203.0.113.8").status_code == 302


def test_an_address_that_many_name_has_to_be_proved(client, fill):
    rates.count("form/address", "vera@severgrad.example", 3600, by=suspicion.FAR_TOO_MANY_FOR_ADDRESS)
    assert fill().status_code == 429
    assert fill(email="other@person.example").status_code == 302


def test_what_is_filled_in_wrongly_counts_nowhere(fill):
    for _ in range(suspicion.MANY + 3):
        assert fill(what="").status_code == 422
    assert fill().status_code == 302
    assert tickets().count() == 1


def test_an_administrator_can_ask_everybody(client, path, world, fill):
    fill()
    WebForm.objects.update(challenge="always")
    page = client.get(path).content.decode()
    assert "data-challenge" in page
    sent = {**GOOD, "cups": "1", "token": token_in(page)}
    assert client.post(path, {**sent, **solved(page)}).status_code == 302
    assert tickets().count() == 2


def test_who_leaves_too_much_behind_keeps_no_more(client, fill):
    rates.count("form/kept", "127.0.0.1", 3600, by=uploads.MOST_KEPT_BYTES)
    answer = fill(what="", pictures=[SimpleUploadedFile("a.txt", b"x")])
    assert 'name="kept"' not in answer.content.decode()
    assert not Attachment.objects.exists()


def test_a_token_says_nothing_to_another_brand_or_service(repair, world):
    token = tokens.new_token(world.brand.pk, repair.pk).signed()
    assert tokens.read_token(token, world.brand.pk, repair.pk) is not None
    assert tokens.read_token(token, world.brand.pk, None) is None
    assert tokens.read_token(token, world.other_brand.pk, repair.pk) is None
    assert tokens.read_token("", world.brand.pk, repair.pk) is None
    assert tokens.read_token("x" * 1000, world.brand.pk, repair.pk) is None
