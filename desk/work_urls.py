"""Addresses of a ticket's way between people, of its own fields, and of its clocks."""

from django.urls import path

from desk.views import attributes, clocks, handing, later

T = "tickets/<int:ticket_id>"

urlpatterns = [
    path(f"{T}/handing/", handing.handing, name="handing"),
    path(f"{T}/escalation/", handing.escalation, name="escalation"),
    path(f"{T}/experts/", handing.experts, name="experts"),
    path(f"{T}/experts/<int:user_id>/removal/", handing.expert_removal, name="expert_removal"),
    path(f"{T}/summary/", handing.summary, name="summary"),
    path(f"{T}/colleagues/", handing.colleagues, name="colleagues"),
    path(f"{T}/fields/<slug:key>/", attributes.attribute, name="attribute"),
    path(f"{T}/clocks/ended/", clocks.clocks_ended, name="clocks_ended"),
    path(f"{T}/clocks/why/", clocks.clocks_why, name="clocks_why"),
    path(f"{T}/clocks/due/", clocks.due, name="clock_due"),
    path(f"{T}/later/", later.times, name="later"),
    path(f"{T}/later/<int:later_id>/sending/", later.sending_now, name="later_sending"),
    path(f"{T}/later/<int:later_id>/removal/", later.removal, name="later_removal"),
    path(f"{T}/later/<int:later_id>/deletion/", later.deletion, name="later_deletion"),
    path(f"{T}/promises/", clocks.promises, name="promises"),
    path(f"{T}/promises/<int:promise_id>/keeping/", clocks.promise_keeping, name="promise_keeping"),
    path(f"{T}/promises/<int:promise_id>/withdrawal/", clocks.promise_withdrawal, name="promise_withdrawal"),
]
