"""The demonstration's own pages; included only where DEMO is on."""

from django.urls import path

from helpdesk.demo import views

urlpatterns = [
    path("", views.mails, name="post_office"),
    path("<slug:name>/", views.mail, name="post_office_mail"),
    path("<slug:name>/body/", views.body, name="post_office_body"),
    path("<slug:name>/files/<int:number>/", views.file, name="post_office_file"),
]
