from notifications.models.mail import NoticeMail
from notifications.models.notice import Notice
from notifications.models.preference import Preference, QuietHours
from notifications.models.webhook import Webhook, WebhookCall

__all__ = ["Notice", "NoticeMail", "Preference", "QuietHours", "Webhook", "WebhookCall"]
