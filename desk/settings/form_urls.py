"""Addresses of the settings of web forms."""

from django.urls import path

from desk.settings.views import web_forms as views

S = "web-forms/services/<int:service_id>"
F = f"{S}/questions/<int:field_id>"

urlpatterns = [
    path("web-forms/", views.web_forms, name="web_forms"),
    path("web-forms/brands/<int:brand_id>/", views.web_form, name="web_form_settings"),
    path(f"{S}/", views.service_form, name="service_form"),
    path(f"{S}/usual/", views.usual_questions, name="usual_questions"),
    path(f"{S}/questions/new/<slug:kind>/", views.new_form_field, name="new_form_field"),
    path(f"{S}/questions/order/", views.form_field_order, name="form_field_order"),
    path(f"{F}/", views.form_field, name="form_field"),
    path(f"{F}/move/", views.form_field_move, name="form_field_move"),
    path(f"{F}/removal/", views.form_field_removal, name="form_field_removal"),
]
