"""Our mails lead to the request in the portal, where the brand has one."""

from __future__ import annotations

from email import message_from_bytes, policy

from channels_in.kinds.email.compose import compose
from people.models import Contact
from tickets import commands
from tickets.content import Content
from tickets.models import Brand


def letter(message, inbox):
    parsed = message_from_bytes(compose(message, inbox), policy=policy.default)
    return {part.get_content_type(): part.get_content() for part in parsed.walk() if not part.is_multipart()}


def test_an_answer_carries_the_address_of_the_request(portal, settings):
    settings.BASE_URL = "https://desk.example"
    ticket = portal.ticket()
    reply = commands.post_reply(
        ticket.pk, user=portal.anna, content=Content(text="Готово", html="<p>Готово</p>")
    )
    parts = letter(reply, portal.inbox)
    address = f"https://desk.example/portal/zerno/requests/{ticket.pk}/"
    assert address in parts["text/plain"] and f'href="{address}"' in parts["text/html"]
    assert "Ваше обращение на портале" in parts["text/plain"]


def test_a_supplier_and_the_customers_of_a_brand_without_a_portal_get_none(portal):
    ticket = portal.ticket()
    side = commands.open_side_thread(ticket.pk, contact=portal.peter, subject="x", user=portal.anna)
    outside = commands.post_reply(ticket.pk, user=portal.anna, content=Content(text="?"), side_thread=side)
    assert "/requests/" not in letter(outside, portal.inbox)["text/plain"]
    Brand.objects.update(portal_is_on=False)
    ticket = portal.ticket(requester=Contact.objects.get(pk=portal.peter.pk))
    assert "/requests/" not in letter(portal.reply(ticket), portal.inbox)["text/plain"]


def test_the_address_leads_to_the_request_after_signing_in(portal, client):
    ticket = portal.ticket("Тот самый вопрос")
    path = f"/portal/zerno/requests/{ticket.pk}/"
    answer = client.get(path)
    assert answer["Location"] == f"/portal/zerno/sign-in/?next=%2Fportal%2Fzerno%2Frequests%2F{ticket.pk}%2F"
    page = client.get(answer["Location"])
    assert f'name="next" value="{path}"' in page.text
