"""The kit on one page, for development."""

from datetime import timedelta

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from common import clock
from desk.door import desk
from desk.request import DeskRequest
from tickets.models import Category, Priority


class SampleForm(forms.Form):
    name = forms.CharField(label="Name", help_text="As customers see it.", initial="Anna Petrova")
    choice = forms.ChoiceField(label="Choice", choices=[("a", "First"), ("b", "Second")])
    wrong = forms.EmailField(label="With an error")
    text = forms.CharField(label="Text", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    on = forms.BooleanField(label="A switch", help_text="Acts at once.", required=False, initial=True)


@desk()
def gallery(request: DeskRequest) -> HttpResponse:
    """Every macro with believable values."""
    now = clock.now()
    form = SampleForm({"name": "Anna Petrova", "choice": "b", "wrong": "anna@", "on": "on"})
    context = {
        "form": form,
        "now": now,
        "moments": [
            now - timedelta(seconds=20),
            now - timedelta(minutes=7),
            now - timedelta(hours=5),
            now - timedelta(days=12),
        ],
        "categories": Category.choices,
        "priorities": Priority.choices,
        "names": ["Anna Petrova", "Борис Ким", "გიორგი ბერიძე", "x@example.org", "Chloé Durand", "Ли Вэй"],
        "colours": ["gray", "red", "orange", "yellow", "green", "blue", "violet"],
    }
    return render(request, "desk/gallery.html", context)
