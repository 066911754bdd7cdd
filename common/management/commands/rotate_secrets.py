"""``manage.py rotate_secrets``: encrypt all stored secrets with the newest key, so that older ones can go."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from common.crypto import EncryptedTextField, UnreadableSecret


class Command(BaseCommand):
    help = (
        "Encrypt every stored secret with the first of FIELD_ENCRYPTION_KEYS. Afterwards the others can be "
        "taken out, unless this says that a secret could not be read."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done, unreadable = 0, []
        for model in apps.get_models():
            fields = [field.name for field in model._meta.fields if isinstance(field, EncryptedTextField)]
            for pk in model._default_manager.values_list("pk", flat=True) if fields else []:
                with transaction.atomic():
                    row = model._default_manager.select_for_update().only("pk", *fields).get(pk=pk)
                    row.save(update_fields=fields)
                done += 1
                lost = [name for name in fields if isinstance(getattr(row, name), UnreadableSecret)]
                unreadable += [f"{model._meta.verbose_name} {pk}: {name}" for name in lost]
        self.stdout.write(f"{done} rows are encrypted with the newest key")
        if unreadable:
            raise CommandError("no key opens " + "; ".join(unreadable))
