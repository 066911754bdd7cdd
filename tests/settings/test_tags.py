"""Tags put in order: another name, which follows into rules, views and macros; a merge; a removal."""

from __future__ import annotations

import pytest

from channels_in.models import BotFlow, FormField
from common import clock
from desk.settings.forms.typed_tags import tags_of
from journal.actor import Actor
from journal.models import Entry
from people.models import Role
from routing.commands import save_rule
from routing.models import Rule
from sla.commands import save_policy
from tickets import commands
from tickets.commands.macros import create_macro
from tickets.commands.views import create_view
from tickets.errors import Invalid
from tickets.macros.actions import Action
from tickets.models import MoveJob, Service, Tag, Tagging
from tickets.moves import running, starting


@pytest.fixture
def maria(world, by):
    return by(world.maria)


def tagged(world, *names, **given):
    ticket = world.ticket(team=world.first_line, **given)
    for name in names:
        commands.add_tag(ticket.pk, name=name, actor=world.as_anna)
    return ticket


def names_of(ticket):
    return list(
        Tagging.objects.filter(ticket=ticket).order_by("tag__name").values_list("tag__name", flat=True)
    )


def users_of_tag(world, name):
    """A view, a macro, a rule and a policy that name it."""
    actor = Actor.user(world.maria)
    asked = {"all": [{"any": [{"field": "tags", "op": "in", "value": ["other", name.upper()]}]}]}
    view = create_view(actor=actor, labels={"en": "Breakfast"}, conditions=asked)
    macro = create_macro(
        actor=actor, name="Mark it", texts={}, owner=world.anna, actions=[Action("add_tag", name)]
    )
    definition = {
        "trigger": {"on": "ticket_opened"},
        "conditions": asked,
        "actions": [{"do": "add_tags", "value": [name, "vip"]}],
        "stop": False,
    }
    rule = save_rule(None, name="Marker", definition=definition, actor=actor)
    targets = {"first_response": {"seconds": {"normal": 3600}}}
    policy = save_policy(
        None, name="Urgent ones", conditions=asked, calendar=None, targets=targets, actor=actor
    ).policy
    return view, macro, rule, policy


def test_a_new_name_is_carried_on_to_what_names_the_tag(world, maria):
    ticket = tagged(world, "Refund")
    tag = Tag.objects.get()
    view, macro, rule, policy = users_of_tag(world, "refund")
    BotFlow.objects.create(name="Helper", draft={"steps": [{"do": "ticket", "tags": ["refund"]}]})
    service = Service.objects.create(labels={"en": "Repair"})
    choices = [{"value": "Refund", "labels": {"en": "Money"}}]
    FormField.objects.create(
        service=service, key="what", kind="choice", labels={"en": "What is it?"}, choices=choices, fills="tag"
    )
    page = maria.get(f"/settings/tags/{tag.pk}/").text
    assert page.count("Change it by hand") == 2
    assert all(name in page for name in ("Breakfast", "Mark it · Anna Lind", "Marker", "Urgent ones"))
    tagged(world, "Complaint")
    taken = maria.post(f"/settings/tags/{tag.pk}/", {"name": "complaint", "colour": "red"})
    assert taken.status_code == 422 and "Merge this one" in taken.text and names_of(ticket) == ["Refund"]
    done = maria.post(f"/settings/tags/{tag.pk}/", {"name": "Money back", "colour": "red"}, follow=True)
    told = done.text.split("change it by hand: ")[1].split("<")[0]
    assert "Helper" in told and "Repair · What is it?" in told and "Marker" not in told
    assert names_of(ticket) == ["Money back"]
    for row in (view, macro):
        row.refresh_from_db()
    assert view.conditions["all"][0]["any"][0]["value"] == ["other", "Money back"]
    assert macro.actions == [{"do": "add_tag", "value": "Money back"}]
    rule = Rule.objects.get(pk=rule.pk)
    assert rule.current.definition["actions"][0]["value"] == ["Money back", "vip"]
    assert (rule.current.number, policy.current.number) == (2, 2)
    assert policy.current.conditions == rule.current.definition["conditions"] == view.conditions
    entry = Entry.objects.get(stream_type="tag", stream_id=tag.pk)
    assert entry.data["changes"]["name"] == ["Refund", "Money back"]
    maria.post(f"/settings/tags/{tag.pk}/", {"name": "Money back", "colour": "red"})
    assert Entry.objects.filter(stream_type="tag").count() == 1, "nothing changed, nothing recorded"


def test_no_tag_gets_a_comma_and_one_that_has_it_stays_whole(world, maria, by):
    """Where tags are typed, commas stand between them: a name with one would fall apart there."""
    ticket = tagged(world, "Refund")
    tag = Tag.objects.get()
    page = f"/settings/tags/{tag.pk}/"
    refused = maria.post(page, {"name": "money, back", "colour": "red"})
    assert refused.status_code == 422
    assert "cannot have a comma" in refused.text.split('id="id_name"')[1].split('id="id_colour"')[0]
    anna = by(world.anna)
    typed = anna.post(f"/tickets/{ticket.pk}/tags/", {"name": "late, again"}, headers={"HX-Request": "true"})
    assert typed.status_code == 422 and "cannot have a comma" in typed.text
    assert list(Tag.objects.values_list("name", flat=True)) == ["Refund"]
    # What cannot be asked again, such as an answer that becomes a tag, does without it.
    for _time in range(2):
        commands.add_tag(ticket.pk, name="Broken,on arrival", actor=Actor.system("intake"))
    assert names_of(ticket) == ["Broken on arrival", "Refund"]
    with pytest.raises(Invalid):
        commands.add_tag(ticket.pk, name=" , ", actor=Actor.system("intake"))
    # One from before that was refused: given as it is, its colour can be changed, its name mended.
    Tag.objects.filter(pk=tag.pk).update(name="money, back")
    commands.add_tag(world.ticket().pk, name="Money, back", actor=world.as_anna)
    assert Tag.objects.count() == 2 and Tagging.objects.filter(tag=tag).count() == 2
    assert maria.post(page, {"name": "money, back", "colour": "blue"}).status_code == 302
    assert maria.post(page, {"name": "money back", "colour": "blue"}).status_code == 302
    assert names_of(ticket) == ["Broken on arrival", "money back"]


def test_a_typed_list_of_tags_keeps_names_with_commas_whole(world, django_assert_num_queries):
    Tag.objects.create(name="Late,again")
    Tag.objects.create(name="late, again, sorry")
    assert tags_of("vip, LATE, again ,sorry,late , again,late,") == [
        "vip", "late, again, sorry", "Late,again", "late",
    ]  # fmt: skip
    assert tags_of("gone, by now, vip", kept=["gone, by now", "vip"]) == ["gone, by now", "vip"]
    assert tags_of(" , ,") == []
    with django_assert_num_queries(0):
        assert tags_of("vip") == ["vip"]


def test_a_merge_without_a_tag_to_merge_into_says_so(world, maria):
    tagged(world, "refund")
    address = f"/settings/tags/{Tag.objects.get().pk}/merging/"
    assert "Choose a tag." not in maria.get(address).text, "nothing was asked yet"
    for answer in (maria.get(address, {"into": " "}), maria.post(address)):
        assert answer.status_code == 422 and "Choose a tag." in answer.text


def test_two_tags_become_one_on_every_ticket(world, maria):
    both, one, hidden = (
        tagged(world, "vip", "VIP client"),
        tagged(world, "VIP client"),
        tagged(world, "VIP client"),
    )
    into = tagged(world)
    commands.merge(hidden.pk, into=into.pk, actor=world.as_anna)
    gone = Tag.objects.get(name="VIP client")
    _view, macro, _rule, _policy = users_of_tag(world, "vip client")
    assert maria.get(f"/settings/tags/{gone.pk}/merging/?into=nonsense").status_code == 422
    asked = maria.get(f"/settings/tags/{gone.pk}/merging/?into=vip")
    assert "Breakfast" in asked.text and "3 tickets" in asked.text and Tag.objects.count() == 2
    assert maria.post(f"/settings/tags/{gone.pk}/merging/", {"into": "VIP client"}).status_code == 422
    maria.post(f"/settings/tags/{gone.pk}/merging/", {"into": "VIP"})
    assert not Tag.objects.filter(pk=gone.pk).exists()
    assert [names_of(each) for each in (both, one, hidden)] == [["vip"]] * 3
    job = MoveJob.objects.get()
    assert (job.state, job.done, job.total, job.owner) == ("done", 3, 3, world.maria)
    macro.refresh_from_db()
    assert macro.actions == [{"do": "add_tag", "value": "vip"}]
    entries = Entry.objects.filter(stream_id=one.pk, kind__startswith="tag_").order_by("sequence")
    last = [(entry.kind, entry.data["name"], entry.actor_id) for entry in entries][-2:]
    assert last == [("tag_removed", "VIP client", world.maria.pk), ("tag_added", "vip", world.maria.pk)]
    assert Entry.objects.get(stream_type="tag", stream_id=gone.pk).data["count"] == 3


def test_a_removal_outlives_its_worker_and_can_be_stopped(world, maria, monkeypatch):
    tickets = [tagged(world, "old") for _ in range(4)]
    tag, macro = Tag.objects.get(), users_of_tag(world, "old")[1]
    monkeypatch.setattr(running, "SMALL", 0)
    monkeypatch.setattr(starting.running, "SMALL", 0)
    assert "Mark it" in maria.get(f"/settings/tags/{tag.pk}/removal/").text
    assert "background" in maria.post(f"/settings/tags/{tag.pk}/removal/", follow=True).text
    job = MoveJob.objects.get()
    assert maria.post(f"/settings/tags/{tag.pk}/removal/").status_code == 422, "once at a time"
    # A worker that dies after its first ticket: its lease runs out, the next one goes on.
    running.run(job.pk, seconds=0.000001)
    job.refresh_from_db()
    assert (job.state, job.done) == ("waiting", 1) and "1 of 4" in maria.get("/settings/tags/jobs/").text
    MoveJob.objects.update(claimed_until=clock.now() + running.LEASE)
    assert not running.run_next(), "somebody is at it"
    MoveJob.objects.update(claimed_until=clock.now() - running.LEASE)
    assert running.run(job.pk, seconds=0.000001), "their lease has run out"
    maria.post(f"/settings/tags/jobs/{job.pk}/stop/")
    assert not running.run_next() and Tagging.objects.count() == 2
    again = starting.merge_tag(tag, None, owner=world.maria)
    assert running.run_next()
    again.refresh_from_db()
    assert (again.state, again.done) == ("done", 2) and not Tag.objects.exists()
    assert all(names_of(ticket) == [] for ticket in tickets)
    macro.refresh_from_db()
    assert macro.actions == [{"do": "add_tag", "value": "old"}], "told before, and left"
    # What breaks on our side ends the job and is told, instead of being tried for ever.
    tagged(world, "odd")
    with monkeypatch.context() as patched:
        patched.setattr(running.tags, "move_tag", lambda *args, **given: 1 / 0)
        broken = starting.merge_tag(Tag.objects.get(), None, owner=world.maria)
        running.run_next()
    broken.refresh_from_db()
    assert broken.state == "failed" and "broke on our side" in maria.get("/settings/tags/").text
    Tag.objects.all().delete()
    # Who may no longer do it does not.
    tagged(world, "new")
    late = starting.merge_tag(Tag.objects.get(), None, owner=world.maria)
    world.maria.role = Role.AGENT
    world.maria.save()
    running.run_next()
    late.refresh_from_db()
    assert (late.state, late.reason) == ("failed", "You may no longer do this.") and Tag.objects.exists()


def test_the_list_of_tags_goes_on_by_pages_at_the_same_cost(world, maria, django_assert_num_queries):
    assert "press t" in maria.get("/settings/tags/").text
    tagged(world, "tag 0", "Ёлка")
    with django_assert_num_queries(6):
        page = maria.get("/settings/tags/").text
    assert "1 ticket" in page
    Tag.objects.bulk_create(Tag(name=f"tag {number:03}") for number in range(1, 60))
    with django_assert_num_queries(6):
        first = maria.get("/settings/tags/").text
    after = first.split("after=")[1].split('"')[0]
    second = maria.get(f"/settings/tags/?after={after}").text
    found = [f"tag {number:03}" for number in range(1, 60)]
    assert all((name in first) != (name in second) for name in found)
    found = maria.get("/settings/tags/", {"q": "елк"}).text
    assert "Ёлка" in found and "tag 001" not in found
    assert maria.get("/settings/tags/?after=nonsense").status_code == 200
