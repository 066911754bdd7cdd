"""The desk. Addresses name nouns; what is done to them is the method."""

from django.conf import settings
from django.urls import include, path

from desk.views import (
    availability,
    customers,
    drafts,
    fields,
    files,
    gallery,
    home,
    lifecycle,
    lists,
    messages,
    notices,
    people,
    profile,
    rules,
    sources,
    tickets,
)

T = "tickets/<int:ticket_id>"
M = "messages/<int:message_id>"

urlpatterns = [
    path("", home.home, name="home"),
    path("language/", home.language, name="language"),
    path("theme/", home.theme, name="theme"),
    path("profile/", profile.profile, name="profile"),
    path("profile/absences/", profile.own_absences, name="own_absences"),
    path(
        "profile/absences/<int:absence_id>/removal/", profile.own_absence_removal, name="own_absence_removal"
    ),
    path("availability/", availability.availability, name="availability"),
    path("notices/", notices.notices, name="notices"),
    path("notices/bell/", notices.bell, name="bell"),
    path("notices/reading/", notices.all_reading, name="all_notices_reading"),
    path("notices/<int:notice_id>/reading/", notices.notice_reading, name="notice_reading"),
    path("views/", lists.views, name="views"),
    path("views/<int:view_id>/", lists.view, name="view"),
    path("list/", lists.first_list, name="first_list"),
    path("", include("desk.view_urls")),
    path("", include("desk.search_urls")),
    path("contacts/", customers.contacts, name="contacts"),
    path("", include("desk.customer_urls")),
    path("", include("desk.bulk_urls")),
    path("tickets/new/", tickets.new_ticket, name="new_ticket"),
    path(f"{T}/", tickets.ticket, name="ticket"),
    path(f"{T}/conversation/", tickets.conversation, name="conversation"),
    path(f"{T}/reading/", tickets.reading, name="reading"),
    path(f"{T}/notices/reading/", notices.ticket_notices_reading, name="ticket_notices_reading"),
    path(f"{T}/messages/", messages.messages, name="messages"),
    path(f"{T}/side-threads/", messages.side_threads, name="side_threads"),
    path(f"{T}/split/", messages.split, name="split"),
    path(f"{T}/draft/", drafts.draft, name="draft"),
    path(f"{T}/attachments/", drafts.attachments, name="attachments"),
    path(f"{T}/assignment/", fields.assignment, name="assignment"),
    path(f"{T}/team/", fields.team, name="team"),
    path(f"{T}/status/", fields.status, name="status"),
    path(f"{T}/priority/", fields.priority, name="priority"),
    path(f"{T}/topic/", fields.topic, name="topic"),
    path(f"{T}/subject/", fields.subject, name="subject"),
    path(f"{T}/tags/", fields.tags, name="tags"),
    path(f"{T}/tags/removal/", fields.tag_removal, name="tag_removal"),
    path(f"{T}/participants/", people.participants, name="participants"),
    path(
        f"{T}/participants/<int:contact_id>/removal/", people.participant_removal, name="participant_removal"
    ),
    path(f"{T}/following/", people.following, name="following"),
    path(f"{T}/following/removal/", people.following_removal, name="following_removal"),
    path(f"{T}/spam/", lifecycle.spam, name="spam"),
    path(f"{T}/spam/removal/", lifecycle.spam_removal, name="spam_removal"),
    path(f"{T}/snooze/", lifecycle.snooze, name="snooze"),
    path(f"{T}/snooze/removal/", lifecycle.snooze_removal, name="snooze_removal"),
    path(f"{T}/merge/", lifecycle.merge, name="merge"),
    path(f"{T}/merge/removal/", lifecycle.merge_removal, name="merge_removal"),
    path(f"{T}/links/", lifecycle.links, name="links"),
    path(f"{T}/links/<int:other_id>/removal/", lifecycle.link_removal, name="link_removal"),
    path(f"{T}/rules/", rules.runs, name="rule_runs"),
    path(f"{T}/rules/manual/", rules.manual, name="manual_rules"),
    path(f"{T}/rules/<int:rule_id>/request/", rules.asking, name="rule_asking"),
    path(f"{T}/entries/<int:entry_id>/why/", rules.why, name="why"),
    path(f"{T}/deletion/", lifecycle.deletion, name="deletion"),
    path(f"{T}/deletion/removal/", lifecycle.deletion_removal, name="deletion_removal"),
    path(f"{M}/body/", sources.body, name="message_body"),
    path(f"{M}/trace/", sources.trace, name="message_trace"),
    path(f"{M}/source/", sources.source, name="message_source"),
    path(f"{M}/redaction/", sources.redaction, name="redaction"),
    path(f"{M}/withdrawal/", messages.withdrawal, name="withdrawal"),
    path(f"{M}/delivery/", messages.delivery, name="delivery"),
    path(f"{M}/thanks/removal/", messages.thanks_removal, name="thanks_removal"),
    path("attachments/<int:attachment_id>/", drafts.attachment, name="attachment"),
    path("attachments/<int:attachment_id>/removal/", drafts.attachment_removal, name="attachment_removal"),
    path(
        "attachments/<int:attachment_id>/redaction/",
        sources.attachment_redaction,
        name="attachment_redaction",
    ),
    path("files/<str:token>/<str:name>", files.file, name="file"),
    path("", include("desk.chat_urls")),
    path("", include("desk.work_urls")),
    path("settings/", include("desk.settings.urls")),
]

if settings.DEBUG:
    urlpatterns.append(path("ui/", gallery.gallery, name="gallery"))
