"""How an agent's reply looks in Telegram."""

from channels_in.kinds.telegram.writing import from_html, split
from channels_in.kinds.telegram.writing.rich import Rich, Span


def shown(html):
    rich = from_html(html)
    return rich.text, [(one.kind, rich.text[one.start : one.end]) for one in rich.spans]


def test_the_editors_formatting_is_kept():
    html = "<div>Привет, <strong>Ольга</strong>!<br>Мастер <em>уже <del>не</del></em> едет.</div>"
    assert shown(html) == (
        "Привет, Ольга!\nМастер уже не едет.",
        [("bold", "Ольга"), ("italic", "уже не"), ("strikethrough", "не")],
    )


def test_lists_become_marks_and_paragraphs_a_blank_line():
    html = "<p>Нужно:</p><ol><li>Выключить</li><li>Подождать<ul><li>минуту</li></ul></li></ol><p>Всё.</p>"
    assert shown(html)[0] == "Нужно:\n\n1. Выключить\n2. Подождать\n  • минуту\n\nВсё."


def test_a_link_is_one_unless_its_text_is_the_address():
    html = (
        '<a href="https://example.com/a">сюда</a> или <a href="https://example.com">https://example.com</a>'
    )
    rich = from_html(html)
    assert [(one.kind, one.url) for one in rich.spans] == [("text_link", "https://example.com/a")]
    assert shown('<a href="javascript:x">тут</a>') == ("тут", [])


def test_nothing_stands_within_code():
    assert shown("<pre>if <b>x</b>:\n    y</pre>") == ("if x:\n    y", [("pre", "if x:\n    y")])


def test_offsets_count_as_telegram_does():
    rich = from_html("😀 <b>ой</b>")
    assert rich.entities() == [{"type": "bold", "offset": 3, "length": 2}]


def test_a_long_answer_is_cut_at_its_paragraphs():
    paragraphs = [f"{number}. " + "слово " * 200 for number in range(6)]
    parts = split(from_html("".join(f"<p>{one}</p>" for one in paragraphs)))
    assert [part.text[:2] for part in parts] == ["0.", "3."]
    assert all(part.length <= 4096 for part in parts)


def test_a_link_stays_whole():
    text = "слово " * 680 + "это длинная ссылка на инструкцию по ремонту"
    start = text.index("длинная")
    rich = Rich(text, (Span(start, len(text), "text_link", "https://example.com"),))
    first, second = split(rich)
    assert first.spans == ()
    assert second.text == "длинная ссылка на инструкцию по ремонту"
    assert [one.kind for one in second.spans] == ["text_link"]


def test_formatting_goes_on_in_the_next_part_where_it_is_too_long():
    rich = Rich("строка кода\n" * 600, (Span(0, 7199, "pre"),))
    parts = split(rich)
    assert len(parts) == 2
    assert all(part.spans == (Span(0, len(part.text), "pre"),) for part in parts)
    assert all(line == "строка кода" for part in parts for line in part.text.splitlines())


def test_a_family_of_emoji_is_not_taken_apart():
    family = "👨‍👩‍👧‍👦"  # 11 units
    parts = split(from_html(family * 10), limit=40)
    assert all(len(part.text) % len(family) == 0 for part in parts)
