"""Addresses of chats at the desk."""

from django.urls import path

from desk.views import chats

T = "tickets/<int:ticket_id>"

urlpatterns = [
    path("chats/", chats.chat_dock, name="chat_dock"),
    path(f"{T}/visitor/", chats.visitor, name="visitor"),
    path(f"{T}/chat/taking/", chats.taking, name="chat_taking"),
    path(f"{T}/chat/ending/", chats.ending, name="chat_ending"),
    path(f"{T}/chat/mail/", chats.by_mail, name="chat_by_mail"),
    path(f"{T}/chat/ban/", chats.ban, name="chat_ban"),
    path(f"{T}/chat/ban/removal/", chats.ban_removal, name="chat_ban_removal"),
]
