"""Addresses of the settings of services and topics."""

from django.urls import path

from desk.settings.views import catalogue

S, T = "services/<int:service_id>", "topics/<int:topic_id>"

urlpatterns = [
    path("services/", catalogue.services, name="services"),
    path("services/new/", catalogue.new_service, name="new_service"),
    path("services/order/", catalogue.service_order, name="service_order"),
    path(f"{S}/", catalogue.service, name="service"),
    path(f"{S}/move/", catalogue.service_move, name="service_move"),
    path("topics/", catalogue.topics, name="topics"),
    path("topics/new/", catalogue.new_topic, name="new_topic"),
    path("topics/order/", catalogue.topic_order, name="topic_order"),
    path(f"{T}/", catalogue.topic, name="topic_settings"),
    path(f"{T}/move/", catalogue.topic_move, name="topic_move"),
]
