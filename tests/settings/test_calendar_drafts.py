"""The draft of a calendar: what it says before anything is saved, copied days, files."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from calendars.models import CalendarVersion
from journal.models import Entry
from tests.settings.calendar_form import form, week, words

# --- the draft ------------------------------------------------------------------------------------


def test_the_draft_says_when_a_request_of_now_is_due_and_writes_nothing(maria, monday, moscow):
    before = (Entry.objects.count(), CalendarVersion.objects.count())
    page = reverse("calendar_draft", args=[moscow.pk])

    def sentence(**fields):
        answer = maria.post(page, form(**fields), headers={"HX-Request": "true"})
        assert answer.status_code == 200
        return words(answer)

    assert "is due on Monday, 23 November at 13:00" in sentence()
    off = {"day-date": ["2026-11-23"], "day-name": [""], "day-kind": ["off"], "day-hours": [""],
           "day-source": [""]}  # fmt: skip
    assert "is due on Tuesday, 24 November at 13:00" in sentence(**off)
    assert "is due on Monday, 23 November at 15:00" in sentence(**week(d0="11-18"))
    assert "Not everything can be read yet" in sentence(**week(d0="11-oops"))
    unfinished = sentence(name="")
    assert "is due on Monday" in unfinished, "a name may still be missing"
    assert (Entry.objects.count(), CalendarVersion.objects.count()) == before


def test_the_draft_shows_a_year_with_names_and_marks(maria, monday, moscow):
    page = reverse("calendar_draft", args=[moscow.pk])
    sent = form(country="RU", **{"shown-country": "RU", "eve_minutes": "60", "year": "2027"})
    shown = words(maria.post(page, sent, headers={"HX-Request": "true"}))
    assert shown.count('class="month"') == 12
    assert "d-holiday" in shown
    assert "d-short" in shown
    assert "New Year" in shown
    for year in ("-5", "99999999", "abc"):
        assert maria.post(page, form(year=year), headers={"HX-Request": "true"}).status_code == 200


def test_another_country_has_other_regions_and_its_custom_of_eves(maria, monday, moscow):
    page = reverse("calendar_draft", args=[moscow.pk])
    german = words(maria.post(page, form(country="DE", region="XX"), headers={"HX-Request": "true"}))
    assert 'value="BY"' in german
    russian = words(maria.post(page, form(country="RU", eve_minutes="0"), headers={"HX-Request": "true"}))
    assert 'value="60"' in russian


def test_a_day_is_copied_without_a_script(maria, moscow):
    sent = {"name": "A", "zone": "UTC", **week(d0="8-12, 13-17"), "do": "copy:0:workdays"}
    answer = maria.post(reverse("calendar_draft", args=[moscow.pk]), sent)
    page = words(answer)
    assert page.count('value="13:00"') == 0
    assert page.count('value="13"') == 5
    assert moscow.current.number == 1
    for order in ("copy:9:all", "copy:0:nobody", "copy:", "copy:x:all"):
        sent["do"] = order
        assert words(maria.post(reverse("calendar_draft", args=[moscow.pk]), sent)).count('value="13"') == 1


def test_the_copy_button_of_the_saving_form_does_not_save(maria, moscow):
    """Without JavaScript the buttons of a day are submit buttons of the form that saves."""
    page = words(maria.get(reverse("calendar", args=[moscow.pk])))
    draft = reverse("calendar_draft", args=[moscow.pk])
    button = page[page.index('value="copy:0:all"') - 300 : page.index('value="copy:0:all"') + 300]
    assert f'formaction="{draft}"' in button


ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//y//
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20261230
SUMMARY:Inventory
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART:20261201T070000Z
DTEND:20261201T090000Z
SUMMARY:All hands
END:VEVENT
END:VCALENDAR
"""


def test_a_calendar_file_fills_the_form_and_saves_nothing(maria, monday, moscow):
    file = SimpleUploadedFile("days.ics", ICS.encode(), "text/calendar")
    answer = maria.post(
        reverse("calendar_draft", args=[moscow.pk]), form(note="typed", do="import", ical=file)
    )
    page = words(answer)
    for shown in (
        "Inventory",
        "2026-12-30",
        "All hands",
        'value="2026-12-01T10:00"',
        "Nothing is saved yet",
        "typed",
    ):
        assert shown in page
    assert moscow.current.number == 1


@pytest.mark.parametrize(
    "content", [b"", b"nothing of the kind", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", b"\xff\xfe\x00"]
)
def test_a_file_that_is_none_is_said(maria, moscow, content):
    file = SimpleUploadedFile("days.ics", content)
    answer = maria.post(reverse("calendar_draft", args=[moscow.pk]), form(do="import", ical=file))
    assert answer.status_code == 200
    assert "field-error" in words(answer)
    assert "Choose a file first" in words(
        maria.post(reverse("calendar_draft", args=[moscow.pk]), form(do="import"))
    )
