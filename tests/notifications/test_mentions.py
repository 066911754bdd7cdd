"""Who is meant by @Name."""

import pytest

from notifications.mentions import Named, mentioned, mentioned_staff

STAFF = [
    Named(1, "Anna Lind", "anna@otklik.example"),
    Named(2, "Anna Berg", "berg@otklik.example"),
    Named(3, "Борис Петров", "b.petrov@otklik.example"),
    Named(4, "Алёна Кузьмина", "alyona@otklik.example"),
    Named(5, "María de la Cruz", "maria@otklik.example"),
    Named(6, "Жан-Пьер О'Нил", "jp@otklik.example"),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@Anna Lind, посмотри", {1}),
        ("@anna.lind please", {1}),
        ("@ANNA.BERG.", {2}),
        ("(@berg) and @alyona", {2, 4}),
        ("@anna@otklik.example", {1}),
        ("@Борис глянь", {3}),
        ("спроси @Борис Петров!", {3}),
        ("@борис.петров", {3}),
        ("@b.petrov", {3}),
        ("@Алена Кузьмина", {4}),  # ё as е
        ("@María de la Cruz knows", {5}),
        ("@maría", {5}),
        ("@Жан-Пьер", {6}),
        ("@Anna\xa0Lind", {1}),
        ("@Anna Lind and @Anna Berg", {1, 2}),
        ("first line\n@Борис\nlast", {3}),
        # nobody
        ("@Anna please", set()),  # two Annas, and an address of one of them
        ("@anna", set()),
        ("write to support@anna.lind or berg@otklik.example", set()),
        ("@@berg", set()),
        ("@bergamot", set()),
        ("@ Борис", set()),
        ("@", set()),
        ("", set()),
        ("Борис", set()),
    ],
)
def test_who_is_meant(text, expected):
    assert mentioned(text, STAFF) == expected


def test_a_longer_name_of_somebody_else_is_not_the_shorter_one():
    staff = [Named(1, "Ann", "a1@x.example"), Named(2, "Ann Lee", "a2@x.example")]
    assert mentioned("@Ann Lee", staff) == {2}
    assert mentioned("@Ann", staff) == set()  # could be either


def test_two_of_one_name_are_nobody_but_their_addresses_are_somebody():
    staff = [Named(1, "Ann Lee", "one@x.example"), Named(2, "Ann Lee", "two@x.example")]
    assert mentioned("@Ann Lee", staff) == set()
    assert mentioned("@two", staff) == {2}


def test_a_note_without_an_at_sign_costs_no_query(world, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert mentioned_staff("Anna, посмотри") == set()


def test_customers_and_those_who_left_are_not_meant(world):
    world.boris.is_active = False
    world.boris.save()
    assert mentioned_staff("@Carla Customer @boris @Anna Lind") == {world.anna.pk}


def test_a_huge_note_is_looked_at_in_bounds():
    assert mentioned("@berg " * 100_000, STAFF) == {2}
    assert mentioned("@" * 100_000, STAFF) == set()
