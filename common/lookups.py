"""Database functions of our own."""

from django.db.models import CharField, TextField, Transform


class Folded(Transform):
    """What ``common.text.fold`` does, in the database: ё as е, lower case, single blanks."""

    lookup_name = "folded"
    function = "btrim"
    template = r"btrim(regexp_replace(lower(translate(%(expressions)s, 'ёЁ', 'еЕ')), '\s+', ' ', 'g'))"


CharField.register_lookup(Folded)
TextField.register_lookup(Folded)
