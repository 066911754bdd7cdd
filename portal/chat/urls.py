"""Addresses of the chat, under /chat/."""

from django.urls import path

from portal.chat import views

urlpatterns = [
    path("widget.js", views.loader, name="chat_loader"),
    path("app.js", views.script, name="chat_script"),
    path("app.css", views.style, name="chat_style"),
    path("files/", views.upload, name="chat_upload"),
    path("files/<int:number>/address/", views.file_address, name="chat_file_address"),
    path("file/<str:token>/<str:name>", views.file, name="chat_file"),
    path("<slug:key>/config/", views.config, name="chat_config"),
    path("<slug:key>/frame/", views.frame, name="chat_frame"),
    path("<slug:key>/session/", views.session, name="chat_session"),
]
