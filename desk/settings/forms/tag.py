"""Tags."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.commands.tags import MAX_NAME
from tickets.models import Tag

COLOURS = (
    ("gray", _("Grey")), ("blue", _("Blue")), ("green", _("Green")), ("amber", _("Yellow")),
    ("orange", _("Orange")), ("red", _("Red")), ("violet", _("Violet")),
)  # fmt: skip


class TagForm(forms.Form):
    """What a tag is called, and its colour. Reads only; ``tickets.commands.tags`` writes."""

    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"), max_length=MAX_NAME, widget=forms.TextInput
    )
    colour = forms.ChoiceField(label=_("Colour"), choices=COLOURS)

    def __init__(self, data: QueryDict | None = None, *, tag: Tag) -> None:
        known = {value for value, _words in COLOURS}
        colour = tag.colour if tag.colour in known else COLOURS[0][0]
        super().__init__(data, initial={"name": tag.name, "colour": colour})
