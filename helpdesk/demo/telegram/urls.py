"""/demo/telegram/"""

from django.urls import path

from helpdesk.demo.telegram import views

urlpatterns = [
    path("", views.chat, name="demo_telegram"),
    path("open/<str:username>", views.open_link, name="demo_telegram_open"),
    path("files/<str:file_id>/", views.file, name="demo_telegram_file"),
]
