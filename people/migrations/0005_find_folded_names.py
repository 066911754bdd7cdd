import django.contrib.postgres.indexes
from django.db import migrations
from django.db.models import F, Func

FOLDED = r"btrim(regexp_replace(lower(translate(%(expressions)s, 'ёЁ', 'еЕ')), '\s+', ' ', 'g'))"


def trigrams(name):
    words = django.contrib.postgres.indexes.OpClass(Func(F("name"), template=FOLDED), name="gin_trgm_ops")
    return django.contrib.postgres.indexes.GinIndex(words, name=name)


class Migration(migrations.Migration):
    """Names are looked for with ё as е, misspelt ones too: their trigrams are those of the folded names."""

    dependencies = [("people", "0004_tell_how_identities_were_proved")]

    operations = [
        migrations.AddIndex("contact", trigrams("people_contact_name_folded")),
        migrations.AddIndex("organization", trigrams("people_org_name_folded")),
        migrations.RemoveIndex("contact", "people_contact_name_trgm"),
        migrations.RemoveIndex("organization", "people_org_name_trgm"),
    ]
