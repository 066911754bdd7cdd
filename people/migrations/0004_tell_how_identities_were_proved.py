from django.db import migrations
from django.db.models import F


def forwards(apps, schema_editor):
    """What counted as verified so far was brought along by an import."""
    identities = apps.get_model("people", "Identity").objects
    identities.filter(is_verified=True, proof="").update(proof="import", verified_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("people", "0003_one_person")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
