"""Addresses under /settings/ of bots."""

from django.urls import path

from desk.settings.views import bots

B = "bots/<int:bot_id>"
S = f"{B}/steps/<slug:step_id>"

urlpatterns = [
    path("bots/", bots.bots, name="bots"),
    path("bots/new/", bots.new_bot, name="new_bot"),
    path(f"{B}/", bots.bot, name="bot"),
    path(f"{B}/name/", bots.bot_name, name="bot_name"),
    path(f"{B}/steps/", bots.bot_steps, name="bot_steps"),
    path(f"{S}/", bots.bot_step, name="bot_step"),
    path(f"{S}/place/", bots.bot_step_place, name="bot_step_place"),
    path(f"{S}/start/", bots.bot_start, name="bot_start"),
    path(f"{S}/removal/", bots.bot_step_removal, name="bot_step_removal"),
    path(f"{B}/draft/", bots.bot_draft, name="bot_draft"),
    path(f"{B}/sentences/", bots.bot_sentences, name="bot_sentences"),
    path(f"{B}/trial/", bots.bot_trial, name="bot_trial"),
    path(f"{B}/publication/", bots.bot_publication, name="bot_publication"),
    path(f"{B}/versions/<int:number>/", bots.bot_version, name="bot_version"),
    path(f"{B}/removal/", bots.bot_removal, name="bot_removal"),
    path(f"{B}/removal/undo/", bots.bot_removal_undo, name="bot_removal_undo"),
]
