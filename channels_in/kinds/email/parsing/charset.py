"""Bytes to text, with the label as a hint only: labels are missing, misspelt and wrong in real mail.

Order: byte order mark; escape-coded charsets (ISO-2022, UTF-7, HZ) by label; plain ASCII; UTF-8 if the bytes
are valid UTF-8 (other charsets hardly ever are by chance); the label; a guess. Never raises.
"""

import codecs
import re
from functools import lru_cache

import charset_normalizer

# Browser practice (WHATWG Encoding): labels name the superset that senders really use.
ALIASES = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "ansi_x3.4-1968": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "big5": "big5hkscs",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "windows-31j": "cp932",
    "ms_kanji": "cp932",
    "x-euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "iso-2022-jp": "iso2022_jp_ext",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-ce": "mac_latin2",
    "iso-8859-8-i": "iso8859_8",
    "iso-8859-8-e": "iso8859_8",
    "iso-8859-6-i": "iso8859_6",
    "unicode-1-1-utf-7": "utf_7",
    "unicode-1-1-utf-8": "utf_8",
    "x-unicode-2-0-utf-7": "utf_7",
    "unicode": "utf_16",
    "koi8": "koi8_r",
    "koi8-ru": "koi8_u",
    "cp-1251": "cp1251",
    "win-1251": "cp1251",
    "win1251": "cp1251",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "x-cp1250": "cp1250",
    "cp-850": "cp850",
    "dos-866": "cp866",
}
ESCAPE_CODED = {
    "utf_7",
    "iso2022_jp",
    "iso2022_jp_ext",
    "iso2022_kr",
    "hz",
    "utf_16",
    "utf_16_le",
    "utf_16_be",
    "utf_32",
    "utf_32_le",
    "utf_32_be",
    "iso2022_jp_1",
    "iso2022_jp_2",
    "iso2022_jp_3",
    "iso2022_jp_2004",
}
TEXT_CODECS = re.compile(
    r"(utf_|cp\d|iso|koi8|mac_|gb|big5|euc|shift|johab|hz|latin|ascii|tis|ptcp|hp_|kz)", re.IGNORECASE
)
BOMS = ((codecs.BOM_UTF8, "utf_8"), (codecs.BOM_UTF16_LE, "utf_16_le"), (codecs.BOM_UTF16_BE, "utf_16_be"))
ISO_2022_ESCAPE = re.compile(rb"\x1b(?:\$[@B]|\([BJ]|\$\([DC]|\$\)[AC])")
CJK = {"gb18030", "big5hkscs", "big5", "cp932", "euc_jp", "cp949", "euc_kr", "johab"}
# Bytes of the commonest lower-case Cyrillic letters in either encoding.
KOI8_LOWER, CP1251_LOWER = frozenset(range(0xC0, 0xE0)), frozenset(range(0xE0, 0x100))


@lru_cache(maxsize=512)
def codec_for(label: str) -> str | None:
    """The Python codec for a charset label as found in mail, or None if the label says nothing."""
    key = label.strip().strip("\"'").lower()
    if not key or len(key) > 60:
        return None
    key = ALIASES.get(key, key)
    compact = re.sub(r"[^a-z0-9]", "", key)
    if re.fullmatch(r"(iso|x)?(utf|uft|unicode|ut)8(bom|mb4)?|utf8\w{0,4}", compact):
        return "utf_8"
    if match := re.fullmatch(
        r"(?:windows|win|cp|x?ansi|microsoftcp|mswin)(125[0-8]|866|850|437|874)", compact
    ):
        return f"cp{match[1]}"
    if match := re.fullmatch(r"(?:x?iso)?88?59(\d{1,2})\w?", compact):
        key = f"iso-8859-{int(match[1])}"
        key = ALIASES.get(key, key)
    try:
        info = codecs.lookup(key)
    except (LookupError, ValueError):
        return None
    name = info.name.replace("-", "_")
    # Codecs such as rot13, zlib or idna are no charsets.
    return ALIASES.get(info.name, name) if TEXT_CODECS.match(name) else None


def decode(data: bytes, label: str | None = None, *, as_sent: bool = False) -> str:
    """Text of ``data``; ``label`` is the declared charset, believed only as far as the bytes allow.

    Without NUL, which nobody can show or store, unless wanted ``as_sent``.
    """
    text = _decode(data, label)
    return text if as_sent else text.replace("\x00", "")


def _decode(data: bytes, label: str | None) -> str:
    codec = codec_for(label) if label else None
    for mark, name in BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    if codec in ESCAPE_CODED:
        try:
            return data.decode(codec)
        except (UnicodeDecodeError, ValueError):
            pass
    if data.isascii():
        if b"\x1b" in data and ISO_2022_ESCAPE.search(data):
            return data.decode("iso2022_jp_ext" if b"\x1b$)C" not in data else "iso2022_kr", "replace")
        return data.decode("ascii")
    try:
        text = data.decode("utf_8")
    except UnicodeDecodeError as failure:
        return _decode_8bit(data, codec, failure)
    if codec in CJK and len(data) - len(text) < 8:
        # Two or three Chinese characters can be valid UTF-8 by chance: then the label decides.
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            return text
    return text


def _decode_8bit(data: bytes, codec: str | None, failure: UnicodeDecodeError) -> str:
    """Bytes that are not UTF-8: by label if it fits, else by what the bytes look like."""
    if codec == "utf_8" or codec in ESCAPE_CODED or codec is None:
        if _nearly_utf8(data, failure):
            return data.decode("utf_8", "replace")
        return data.decode(_guess(data, declared=codec is not None), "replace")
    if codec == "cp1252":
        # cp1252 fits nearly any bytes: Cyrillic under a Western label has to be noticed by its letters.
        codec = _cyrillic(data) or codec
    return data.decode(codec, "replace")


def _nearly_utf8(data: bytes, failure: UnicodeDecodeError) -> bool:
    """Whether the text is UTF-8 with a few broken places: cut in the middle, or one bad byte."""
    if failure.start >= len(data) - 3 and failure.start > 8:
        return True
    sample = data[:20000].decode("utf_8", "replace")
    bad = sample.count("\ufffd")
    good = sum(ch > "\x7f" for ch in sample) - bad
    return good > 4 * bad


def _cyrillic(data: bytes) -> str | None:
    """KOI8-R or windows-1251 if most letters lie where Russian lower case lies there, else None.

    A Western text has single accented letters among ASCII ones; a Russian one has whole words of high bytes.
    """
    sample = data[:20000]
    high = [byte for byte in sample if byte >= 0xC0]
    if len(high) < 4 or len(high) < 0.5 * sum(chr(byte).isalpha() for byte in sample):
        return None
    # Russian has more lower than upper case; in KOI8 the halves are the other way round.
    lower_1251 = sum(byte in CP1251_LOWER for byte in high)
    runs = re.findall(rb"[\xc0-\xff]{2,}", sample)
    if sum(map(len, runs)) < 0.7 * len(high):
        return None
    return "cp1251" if lower_1251 * 2 >= len(high) else "koi8_r"


def _guess(data: bytes, declared: bool) -> str:
    """What undeclared or falsely declared bytes are most like.

    UTF-8, that is a replacement character for each bad byte, where nothing speaks for another charset: a
    mark that says "unknown" is better than a wrong letter. Browsers do the same with a false label.
    """
    if cyrillic := _cyrillic(data):
        return cyrillic
    if not declared and sum(byte >= 0x80 for byte in data[:4000]) >= 20:
        best = charset_normalizer.from_bytes(data[:4000], cp_exclusion=["utf_7", "utf_16", "utf_32"]).best()
        if best is not None and codec_for(best.encoding):
            return best.encoding
    return "utf_8"
