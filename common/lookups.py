"""Database functions of our own."""

from django.db.models import CharField, F, Func, TextField, Transform

# What ``common.text.fold`` does, as SQL: ё as е, lower case, single blanks. Indexes are made of it, and are
# used only by what says the very same.
FOLDED = r"btrim(regexp_replace(lower(translate(%(expressions)s, 'ёЁ', 'еЕ')), '\s+', ' ', 'g'))"


class Folded(Transform):
    """``FOLDED`` as a lookup: ``name__folded__contains``."""

    lookup_name = "folded"
    function = "btrim"
    template = FOLDED


def folded(column: str) -> Func:
    """The same for an index, of parts that a migration can name without us."""
    return Func(F(column), template=FOLDED)


CharField.register_lookup(Folded)
TextField.register_lookup(Folded)
