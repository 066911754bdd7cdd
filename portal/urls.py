"""Addresses of a brand's portal, under /portal/<its name>/ or on its own host. Nouns, as at the desk."""

from django.urls import path

from portal.views import devices, frame, home, replies, requesting, requests, signing, sources, telegram

R = "requests/<int:ticket_id>"

urlpatterns = [
    path("", home.home, name="portal_home"),
    path("new/", requesting.new_request, name="portal_new"),
    path("new/general/", requesting.general, name="portal_new_general"),
    path("new/<int:service_id>/", requesting.service, name="portal_new_service"),
    path("new/sent/<str:token>/", requesting.sent, name="portal_sent"),
    path("logo/<slug:mark>/", frame.logo, name="portal_logo"),
    path("sign-in/", signing.sign_in, name="portal_sign_in"),
    path("sign-in/code/", signing.code, name="portal_code"),
    path("sign-out/", signing.sign_out, name="portal_sign_out"),
    path("requests/", requests.request_list, name="portal_requests"),
    path(f"{R}/", requests.request_page, name="portal_request"),
    path(f"{R}/replies/", replies.replies, name="portal_replies"),
    path(f"{R}/solution/", replies.solution, name="portal_solution"),
    path(f"{R}/solution/removal/", replies.solution_removal, name="portal_solution_removal"),
    path("messages/<int:message_id>/body/", sources.body, name="portal_message_body"),
    path("attachments/<int:attachment_id>/", sources.attachment, name="portal_attachment"),
    path("files/<str:token>/<str:name>", sources.file, name="portal_file"),
    path("devices/", devices.devices, name="portal_devices"),
    path("devices/<int:session_id>/removal/", devices.removal, name="portal_device_removal"),
    path("devices/removal/", devices.all_removal, name="portal_devices_removal"),
    path("telegram/", telegram.telegram, name="portal_telegram"),
    path("language/", frame.language, name="portal_language"),
    path("theme/", frame.theme, name="portal_theme"),
]
