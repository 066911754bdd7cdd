"""Addresses of the settings of calendars, people's working time and the sharing out of tickets."""

from django.urls import path

from desk.settings.views import calendars, sharing, skills, staff

C, S = "calendars/<int:calendar_id>", "staff/<int:user_id>"

urlpatterns = [
    path("calendars/", calendars.calendars, name="calendars"),
    path("calendars/new/", calendars.new_calendar, name="new_calendar"),
    path("calendars/new/draft/", calendars.new_calendar_draft, name="new_calendar_draft"),
    path(f"{C}/", calendars.calendar, name="calendar"),
    path(f"{C}/draft/", calendars.calendar_draft, name="calendar_draft"),
    path(f"{C}/default/", calendars.calendar_default, name="calendar_default"),
    path(f"{C}/activity/", calendars.calendar_activity, name="calendar_activity"),
    path("staff/", staff.staff, name="staff"),
    path(f"{S}/", staff.member, name="member"),
    path(f"{S}/shifts/", staff.member_shifts, name="member_shifts"),
    path(f"{S}/shifts/<int:shift_id>/", staff.member_shift, name="member_shift"),
    path(f"{S}/shifts/<int:shift_id>/removal/", staff.member_shift_removal, name="member_shift_removal"),
    path(f"{S}/absences/", staff.member_absences, name="member_absences"),
    path(
        f"{S}/absences/<int:absence_id>/removal/", staff.member_absence_removal, name="member_absence_removal"
    ),
    path(f"{S}/extra-times/", staff.member_extra_times, name="member_extra_times"),
    path(
        f"{S}/extra-times/<int:extra_time_id>/removal/",
        staff.member_extra_time_removal,
        name="member_extra_time_removal",
    ),
    path("waiting/", sharing.waiting, name="waiting"),
    path("fairness/", sharing.fairness, name="fairness"),
    path("fairness/tickets/", sharing.fairness_tickets, name="fairness_tickets"),
    path("skills/", skills.skills, name="skills"),
    path("skills/new/", skills.new_skill, name="new_skill"),
    path("skills/<int:skill_id>/", skills.skill, name="skill"),
]
