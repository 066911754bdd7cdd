"""Small files for the stories: a picture, a page, a table, a text. Pure."""

import math
import random
import struct
import zlib

from tickets.content import FileContent

_TYPES = {
    "png": "image/png", "jpg": "image/png", "pdf": "application/pdf", "csv": "text/csv", "txt": "text/plain",
    "log": "text/plain",
}  # fmt: skip


def make(name: str, kind: str, about: str) -> FileContent:
    """A file called ``name``; ``about`` is written into it, and chooses its colours."""
    if name == "empty.txt":
        return FileContent(name, "text/plain", b"")
    match kind:
        case "png" | "jpg":
            data = picture(about)
        case "pdf":
            data = page(name)
        case "csv":
            data = table(about)
        case _:
            data = f"{about}\n".encode()
    return FileContent(name, _TYPES.get(kind, "application/octet-stream"), data)


def picture(about: str, width: int = 320, height: int = 220) -> bytes:
    """A still life of a few soft shapes on a table, as PNG; the same words give the same picture."""
    lots = random.Random(about)
    wall = _colour(lots, 190, 240)
    desk = _colour(lots, 90, 170)
    shapes = [
        (lots.randint(40, width - 40), lots.randint(90, 170), lots.randint(18, 52), _colour(lots, 30, 230))
        for _ in range(lots.randint(2, 5))
    ]
    rows = bytearray()
    for y in range(height):
        row = bytearray(bytes(wall if y < height * 0.64 else desk) * width)
        for centre, base, radius, colour in shapes:
            squared = radius * radius - ((y - base) * 0.8) ** 2
            if squared > 0:  # a disc, darker on its right half
                half = int(math.sqrt(squared))
                left, right = max(0, centre - half), min(width, centre + half)
                row[left * 3 : centre * 3] = bytes(colour) * (centre - left)
                row[centre * 3 : right * 3] = bytes(max(0, one - 18) for one in colour) * (right - centre)
        rows += b"\0" + row  # PNG filter: none
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", zlib.compress(bytes(rows), 6)),
            _chunk(b"IEND", b""),
        ]
    )


def _colour(lots: random.Random, low: int, high: int) -> tuple[int, int, int]:
    return lots.randint(low, high), lots.randint(low, high), lots.randint(low, high)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def page(title: str) -> bytes:
    """One A4 page that says what it is, as PDF. Its own font knows Latin letters only."""
    words = "".join(char if char.isascii() and char not in "()\\" else "?" for char in title)
    stream = f"BT /F1 18 Tf 72 760 Td ({words}) Tj ET\n72 742 m 520 742 l S".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def table(about: str) -> bytes:
    """A small table with a heading, in UTF-8 with a mark that spreadsheets understand."""
    lots = random.Random(about)
    rows = [f"SKU,quantity,note\r\n,,{about}\r\n"]
    rows += [f"A-{lots.randint(100, 999)},{lots.randint(0, 60)},\r\n" for _ in range(20)]
    return "".join(rows).encode("utf-8-sig")
