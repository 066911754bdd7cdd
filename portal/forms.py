"""What customers fill in, besides the services' own forms."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels_in.kinds.web_form.fields import MOST_FILES
from channels_in.kinds.web_form.validation import MOST_BYTES
from common.blocked_files import is_blocked
from tickets.commands.posting import MAX_WRITTEN
from tickets.content import FileContent

MOST_TEXT = MAX_WRITTEN  # characters


class AddressForm(forms.Form):
    """Who wants to sign in."""

    address = forms.EmailField(
        label=_("E-mail address"),
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )


class CodeForm(forms.Form):
    """The six digits; blanks and the like between them do not matter."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "autofocus": True,
                "class": "p-code",
            }
        ),
    )


class ManyFilesField(forms.FileField):
    """Any number of files; limits as for the services' forms."""

    widget = type("ManyFiles", (forms.ClearableFileInput,), {"allow_multiple_selected": True})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        found = [one for one in (data if isinstance(data, list | tuple) else [data]) if one]
        if len(found) > MOST_FILES:
            raise ValidationError(gettext("At most %(limit)d files.") % {"limit": MOST_FILES})
        if sum(one.size or 0 for one in found) > MOST_BYTES:
            raise ValidationError(gettext("The files are more than 25 MB together. Leave some out."))
        for one in found:
            if is_blocked(one.name or ""):
                words = gettext("%(name)s is a program, which we do not take.")
                raise ValidationError(words % {"name": one.name})
        return found


class ReplyForm(forms.Form):
    """A message to us. ``key``: what the same form sent twice has in common."""

    text = forms.CharField(
        label=_("Your message"),
        required=False,
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    uploads = ManyFilesField(label=_("Files"), required=False)
    key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, may_be_empty: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.may_be_empty = may_be_empty

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        empty = not str(data.get("text") or "").strip() and not data.get("uploads")
        if empty and not self.may_be_empty and not self.errors:
            self.add_error("text", gettext("Write something, or choose a file."))
        return data

    def contents(self) -> list[FileContent]:
        return [
            FileContent(one.name or "file", one.content_type or "", one.read())
            for one in self.cleaned_data["uploads"]
        ]
