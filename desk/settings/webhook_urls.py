"""Addresses under /settings/ of webhooks, and of the mails that tell of notices."""

from django.urls import path

from desk.settings.views import webhooks

W = "webhooks/<int:webhook_id>"

urlpatterns = [
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/new/", webhooks.new_webhook, name="new_webhook"),
    path(f"{W}/", webhooks.webhook, name="webhook"),
    path(f"{W}/calls/", webhooks.webhook_calls, name="webhook_calls"),
    path(f"{W}/test/", webhooks.webhook_test, name="webhook_test"),
    path(f"{W}/secret/", webhooks.webhook_secret, name="webhook_secret"),
    path(f"{W}/calls/<int:call_id>/retry/", webhooks.webhook_call_retry, name="webhook_call_retry"),
    path("notice-mails/<int:mail_id>/retry/", webhooks.notice_mail_retry, name="notice_mail_retry"),
]
