"""Addresses under /settings/."""

from django.urls import include, path

from desk.settings.views import audit, brands, first, health, inboxes, people, quarantine, telegram

I, Q, U = "inboxes/<int:inbox_id>", "quarantine/<int:inbound_id>", "users/<int:user_id>"  # noqa: E741  # prefixes

urlpatterns = [
    path("", first.settings, name="settings"),
    path("inboxes/", inboxes.inboxes, name="inboxes"),
    path("inboxes/new/", inboxes.new_inbox, name="new_inbox"),
    path(f"{I}/", inboxes.inbox, name="inbox"),
    path(f"{I}/check/", inboxes.inbox_check, name="inbox_check"),
    path("quarantine/", quarantine.mails, name="quarantine"),
    path(f"{Q}/", quarantine.mail, name="quarantined"),
    path(f"{Q}/processing/", quarantine.processing, name="quarantined_processing"),
    path(f"{Q}/attachment/", quarantine.attachment, name="quarantined_attachment"),
    path(f"{Q}/discarding/", quarantine.discarding, name="quarantined_discarding"),
    path("blocked-senders/", quarantine.blocked_senders, name="blocked_senders"),
    path(
        "blocked-senders/<int:block_id>/removal/",
        quarantine.blocked_sender_removal,
        name="blocked_sender_removal",
    ),
    path("blocked-senders/from-ticket/<int:ticket_id>/", quarantine.requester_block, name="requester_block"),
    path("mail-health/", health.mail_health, name="mail_health"),
    path("mail-health/breaker/removal/", health.breaker_reset, name="breaker_reset"),
    path("mail-health/parked/", health.parked_retry, name="parked_retry"),
    path("mail-health/outbound/<int:outbound_id>/", health.outbound_retry, name="outbound_retry"),
    path("telegram/", telegram.bots, name="telegram_bots"),
    path("telegram/new/", telegram.new_bot, name="new_telegram_bot"),
    path("telegram/<int:inbox_id>/", telegram.bot, name="telegram_bot"),
    path("telegram/<int:inbox_id>/check/", telegram.bot_check, name="telegram_bot_check"),
    path("telegram/<int:inbox_id>/deletion/", telegram.bot_deletion, name="telegram_bot_deletion"),
    path("users/", people.users, name="users"),
    path("users/new/", people.new_user, name="new_user"),
    path(f"{U}/", people.user, name="user"),
    path(f"{U}/password-reset/", people.password_reset, name="user_password_reset"),
    path("teams/", people.teams, name="teams"),
    path("teams/new/", people.new_team, name="new_team"),
    path("teams/<int:team_id>/", people.team, name="team_settings"),
    path("brands/", brands.brands, name="brands"),
    path("brands/new/", brands.new_brand, name="new_brand"),
    path("brands/<int:brand_id>/", brands.brand, name="brand"),
    path("", include("desk.settings.role_urls")),
    path("audit/", audit.changes, name="audit"),
    path("", include("desk.settings.form_urls")),
    path("", include("desk.settings.bot_urls")),
    path("", include("desk.settings.widget_urls")),
    path("", include("desk.settings.catalogue_urls")),
    path("", include("desk.settings.webhook_urls")),
    path("", include("desk.settings.staff_urls")),
    path("", include("desk.settings.work_urls")),
    path("", include("desk.settings.rule_urls")),
]
