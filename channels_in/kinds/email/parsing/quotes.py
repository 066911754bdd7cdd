"""Fold quoted history, forwarded messages and signatures of a plain text.

Fold, never cut: every line ends up either in what is shown or in what is folded, in its order. If nothing
would remain to be seen, everything is shown.

Lines that introduce what follows (a header block, "-----Original Message-----", "On … wrote:" without
quoting marks after it) fold all the rest. Marked quotes (``>``) fold as far as they reach; where the sender
answered between several of them they stay, because the answers mean nothing without the questions.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from channels_in.kinds.email.parsing import phrases as say

QUOTED = re.compile(r"^\s{0,3}(?:>|\|(?=\s|$))")
# Looking further would only cost time: headers of a quoted message stand together.
BLOCK_LINES, ATTRIBUTION_LINES, ATTRIBUTION_CHARS = 14, 4, 400
SIGNATURE_LINES, STRICT_LINES, CLOSING_LINES = 15, 45, 7
# What stands further down is shown or folded with what precedes it.
MOST_LINES = 20_000


@dataclass(frozen=True)
class Folded:
    """``visible`` and ``quoted`` hold all lines; ``unsigned`` is ``visible`` up to the signature."""

    visible: str
    unsigned: str
    quoted: str


class Block(NamedTuple):
    """A marked quote: lines from ``start`` up to ``stop``, with or without "On … wrote:" in front."""

    start: int
    stop: int
    introduced: bool


def fold(text: str) -> Folded:
    lines = _unstick(text.split("\n"))
    hidden = hidden_lines(lines)
    visible = [line for line, hide in zip(lines, hidden, strict=True) if not hide]
    quoted = [line for line, hide in zip(lines, hidden, strict=True) if hide]
    if not any(line.strip() for line in visible):
        visible, quoted = lines, []
    unsigned = without_signature(visible)
    return Folded(_join(visible), _join(unsigned), _join(quoted))


def _join(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n").rstrip()


def _unstick(lines: list[str]) -> list[str]:
    out: list[str] = []
    for line in lines:
        match = say.STUCK_ATTRIBUTION.search(line[-400:]) if "---" in line and len(line) < 2000 else None
        cut = len(line) - len(line[-400:]) + match.start() if match else 0
        out.extend((line[:cut], line[cut:]) if cut and line[:cut].strip() else (line,))
    return out


def hidden_lines(lines: list[str]) -> list[bool]:
    """For each line whether it is folded."""
    quoted = [bool(QUOTED.match(line)) for line in lines]
    hidden = [False] * len(lines)
    blocks: list[Block] = []
    index, end = 0, len(lines)
    while index < min(end, MOST_LINES):
        if quoted[index]:
            stop = _quote_end(lines, quoted, index)
            if _is_block(lines, quoted, index, stop):
                blocks.append(Block(index, stop, introduced=False))
            index = stop
        elif size := attribution_size(lines, index):
            follows = _next_filled(lines, index + size)
            if follows < end and quoted[follows]:
                stop = _quote_end(lines, quoted, follows)
                blocks.append(Block(index, stop, introduced=True))
                index = stop
            elif size == 1 and not _certain(lines[index]):
                index += 1
            else:
                end = index
        elif starts_history(lines, index):
            end = index
        else:
            index += 1
    _hide_rest(lines, hidden, end)
    _hide_blocks(lines, hidden, blocks, end)
    return hidden


def _hide_rest(lines: list[str], hidden: list[bool], start: int) -> None:
    if start >= len(lines):
        return
    start = _with_separator(lines, start)
    hidden[start:] = [True] * (len(lines) - start)


def _with_separator(lines: list[str], start: int) -> int:
    """A ruler above the quoted message belongs to it."""
    above = start - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and say.LONG_SEPARATOR.match(lines[above]) else start


def _hide_blocks(lines: list[str], hidden: list[bool], blocks: list[Block], end: int) -> None:
    """Fold marked quotes unless the sender answered between them."""
    answers = _answered(lines, blocks, end)
    # One introduced quote with text above or below is a plain reply; several are a talk in between.
    single = answers.count(True) == 1 and answers[0] and blocks[0].introduced
    for block, answer in zip(blocks, answers, strict=True):
        if not answer or single:
            start = _with_separator(lines, block.start)
            hidden[start : block.stop] = [True] * (block.stop - start)


def _answered(lines: list[str], blocks: list[Block], end: int) -> list[bool]:
    """For each quote whether the sender wrote something behind it: a signature does not count."""
    answers: list[bool] = []
    answer, upper = False, end
    for block in reversed(blocks):
        own = next((index for index in range(block.stop, upper) if lines[index].strip()), None)
        if own is not None:
            answer = not (say.SIGNATURE_MARK.match(lines[own]) or say.DEVICE.match(lines[own]))
        answers.append(answer)
        upper = block.start
    return answers[::-1]


def _quote_end(lines: list[str], quoted: list[bool], start: int) -> int:
    """Where the marked quote that begins at ``start`` ends; lines broken by re-wrapping belong to it."""
    index, last = start, start
    while index < len(lines):
        if quoted[index]:
            last = index
        elif lines[index].strip() and not _rewrapped(lines, quoted, index):
            break
        elif lines[index].strip():
            last = index
        index += 1
    return last + 1


def _rewrapped(lines: list[str], quoted: list[bool], index: int) -> bool:
    """The end of a long quoted line that some program broke without repeating the mark."""
    before, line = lines[index - 1], lines[index]
    after = index + 1
    if not quoted[index - 1] or after >= len(lines) or not quoted[after]:
        return False
    if (
        before.count("(") > before.count(")")
        or before.count("<") > before.count(">")
        or line.rstrip().endswith(">")
    ):
        return True
    return len(before) >= 60 and (line[:1].islower() or line[:1] in " (<)")


def _is_block(lines: list[str], quoted: list[bool], start: int, stop: int) -> bool:
    """A lone ">>> text <<<" in the middle of a sentence is decoration, no quote."""
    return not (stop - start == 1 and lines[start].rstrip().endswith("<") and start > 0)


def _next_filled(lines: list[str], index: int) -> int:
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index


def attribution_size(lines: list[str], index: int) -> int:
    """How many lines from here introduce a quote ("On … wrote:", wrapped at will), 0 if none."""
    first = lines[index]
    if not first.strip() or len(first) > ATTRIBUTION_CHARS:
        return 0
    begins = bool(say.ATTRIBUTION_START.match(first))
    joined = ""
    for count in range(1, ATTRIBUTION_LINES + 1):
        if index + count > len(lines) or not lines[index + count - 1].strip():
            return 0
        joined = f"{joined} {lines[index + count - 1].strip()}".strip()
        if len(joined) > ATTRIBUTION_CHARS:
            return 0
        if is_attribution(joined, begins):
            return count
        if begins and count == 1 and _bare_attribution(lines, index):
            return 1
        if not begins and not _may_continue(joined):
            return 0
    return 0


def _may_continue(joined: str) -> bool:
    """Whether a line without "On …" in front may still be an introduction that was wrapped."""
    return bool(
        re.search(r"<[^>]*$|[\w.]@[\w.-]+>?\s*$|\b(?:schrieb am|пишет|wrote)\b", joined)
    ) or joined.endswith(",")


def is_attribution(joined: str, begins: bool) -> bool:
    has_address = "@" in joined and bool(say.ADDRESS.search(joined))
    has_time = bool(say.TIME.search(joined))
    if say.ENDS_WITH_VERB.search(joined):
        ends_right = joined.rstrip(" *_").endswith((":", ":", "-"))
        return (begins and has_time) or (has_address and ends_right) or (begins and has_address)
    if has_address and has_time and say.VERB_THEN_DATE.search(joined):
        return True
    if has_time and re.search(
        r"\s(?:писал(?:\(а\)|а)?|wrote|schrieb|skrev)\s(?:on\s|am\s)?\d[\d./ :-]{7,25}:\s*$", joined
    ):
        return True
    # German, Dutch and Scandinavian programs name the writer after the verb.
    if begins and has_time and joined.endswith(":") and say.VERB_THEN_NAME.search(joined):
        return True
    # Gmail and Yandex in Russian and others: a date, a name, an address, a colon, and no verb.
    return begins and has_time and bool(say.ENDS_WITH_ADDRESS.search(joined))


def _bare_attribution(lines: list[str], index: int) -> bool:
    """Old Gmail: "2013/7/20 name <address>" without a colon, right before a marked quote."""
    line = lines[index].rstrip()
    follows = _next_filled(lines, index + 1)
    return (
        line.endswith(">")
        and bool(say.ADDRESS.search(line) and say.TIME.search(line))
        and follows < len(lines)
        and bool(QUOTED.match(lines[follows]))
    )


def _certain(line: str) -> bool:
    """Whether an introduction without a marked quote behind it is still one: it ends in a colon or dashes."""
    return line.rstrip(" *_\t").endswith((":", ":", "--"))


def starts_history(lines: list[str], index: int) -> bool:
    """Whether an earlier message begins at this line: a delimiter, or a block of header fields."""
    line = lines[index]
    if not line.strip() or len(line) > 1000:
        return False
    if say.is_delimiter(line) or say.BEGIN_FORWARD.match(line):
        return True
    kind = say.field_kind(line)
    if kind not in ("from", "date"):
        return False
    return len(header_block(lines, index)) >= 3 or (
        _with_separator(lines, index) < index and len(header_block(lines, index)) >= 2
    )


def header_block(lines: list[str], index: int) -> dict[str, str]:
    """Kinds of header fields found together from this line on, with their values."""
    found: dict[str, str] = {}
    strangers = 0
    for line in lines[index : index + BLOCK_LINES]:
        if field := say.header_field(line):
            found.setdefault(*field)
            strangers = 0
        elif line.strip():
            strangers += 1
            # A long list of addresses wraps; more than two such lines are the text already.
            if strangers > 2 or not found:
                break
    return found


def without_signature(lines: list[str]) -> list[str]:
    """The lines before the signature: a mark, a mobile program's advertisement, or a closing formula."""
    filled = [index for index, line in enumerate(lines) if line.strip()]
    if len(filled) < 2:
        return lines
    end = len(lines)
    marked = False
    first = max(1, len(filled) - STRICT_LINES - 1)
    for rest, index in zip(range(len(filled) - first - 1, -1, -1), filled[first:], strict=True):
        most = STRICT_LINES if lines[index].strip() in ("--", "—") else SIGNATURE_LINES
        if rest <= most and say.SIGNATURE_MARK.match(lines[index]):
            end, marked = index, True
            break
        if rest <= 3 and say.DEVICE.match(lines[index]):
            end, marked = index, True
            break
    filled = [index for index in filled if index < end]
    while len(filled) > 1 and say.SEPARATOR.match(lines[filled[-1]]):
        end = filled.pop()
    if len(filled) > 1 and say.DASHED_NAME.match(lines[filled[-1]]):
        return lines[: filled[-1]]
    return lines[:end] if marked else lines[: _closing(lines, filled, end)]


def _closing(lines: list[str], filled: list[int], end: int) -> int:
    """Where "Regards," and a few short lines after it begin, else ``end``."""
    for index in reversed(filled[-CLOSING_LINES:]):
        if index == filled[0] or len(lines[index]) > 70:
            break
        if say.CLOSING.match(lines[index]):
            return index
    return end
