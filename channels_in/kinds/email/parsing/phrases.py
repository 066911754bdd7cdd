"""How mail programs of several languages introduce quoted and forwarded messages."""

import re
from functools import lru_cache

# Fields of the header block that Outlook and others put before the quoted message.
FIELD_NAMES = {
    "from": "From|От кого|От|Від|Von|De la part de|De|Da|Od|Van|Från|Fra|Lähettäjä|Gönderen|Kimden|Expéditeur"
    "|Remitente|Mittente|Nadawca|Afzender|发件人|寄件者|差出人|보낸 사람|Feladó",
    "date": "Sent|Date|Отправлено|Дата и время|Дата отправки|Дата|Когда|Надіслано|Gesendet|Datum|Envoyé le"
    "|Envoyé"
    "|Enviado el|Enviado em|Enviado|Enviada em|Fecha|Data|Inviato|Verzonden|Skickat|Sendt|Dato|Lähetetty"
    "|Gönderilme Tarihi|Tarih|Wysłano|Odesláno|Message du|发送时间|日期|寄件日期|送信日時"
    "|보낸 날짜|Päivämäärä",
    "to": "To|Кому|An|À|A|Para|Per|Do|Aan|Till|Til|Vastaanottaja|Kime|Komu|Destinataire|Destinatario|收件人"
    "|宛先|받는 사람|Adresat",
    "cc": "Cc|Bcc|Копия|Копія|Kopie|Copie à|Copie|Copia|Kopia|Kopi|DW|Bilgi|抄送|副本",
    "subject": "Subject|Тема|Betreff|Objet|Sujet|Asunto|Assunto|Oggetto|Onderwerp|Temat|Ämne|Emne|Aihe|Konu"
    "|Předmět|Tárgy|主题|主旨|件名|제목",
    "reply_to": "Reply-To|Reply To|Ответить на|Antwort an|Répondre à|Risposta",
    "priority": "Importance|Priority|Важность|Wichtigkeit|Attachments|Вложения",
}
_KIND = {name.lower(): kind for kind, names in FIELD_NAMES.items() for name in names.split("|")}
FIELD_LINE = re.compile(
    r"^[\s>|*_]*(?P<name>"
    + "|".join(re.escape(name) for name in sorted(_KIND, key=len, reverse=True))
    + r")[\s*_]{0,4}[::][*_]{0,2}(?P<value>.*)$",
    re.IGNORECASE,
)


@lru_cache(maxsize=256)
def header_field(line: str) -> tuple[str, str] | None:
    """Kind and value of a line that is a field of a header block, in any language we know."""
    if len(line) > 2000 or not (":" in line[:60] or ":" in line[:60]):
        return None
    match = FIELD_LINE.match(line)
    return (_KIND[match["name"].lower()], match["value"].strip(" *_")) if match else None


def field_kind(line: str) -> str | None:
    field = header_field(line)
    return field[0] if field else None


_MESSAGE = (
    r"messages?|mail|e-?mail|reply|nachricht|weitergeleitet\w*|origine|d'origine|transf[ée]r[ée]"
    r"|mensaje|mensagem"
    r"|messaggio|bericht|wiadomo[śs][ćc]|meddelande|besked|melding|viesti|ileti|zpr[áa]va"
    r"|сообщени[ея]|письм[оа]"
    r"|повідомлення|лист|邮件|メッセージ|原始邮件|转发"
)
# "-----Original Message-----", "-------- Пересылаемое сообщение --------"
DELIMITER = re.compile(
    rf"^[\s>*]*[-_=]{{2,}}\s*[^\n-]{{0,60}}\b(?:{_MESSAGE})\b[^\n]{{0,60}}[-_=]{{2,}}[\s*]*$", re.IGNORECASE
)


def is_delimiter(line: str) -> bool:
    """Whether the line is a "-----Original Message-----" of any kind; cheap for the lines that are not."""
    if len(line) > 300:
        return False
    bare = line.strip(" \t>*")
    return bare[:1] in ("-", "_", "=") and bare[-1:] in ("-", "_", "=") and bool(DELIMITER.match(line))


FORWARD_WORDS = re.compile(
    r"forward|fwd|weitergeleitet|transf[ée]r|reenviad|reenvi|encaminhad|inoltrat|doorgestuurd"
    r"|przekazan|vidarebefordr"
    r"|videresend|пересл|пересыл|переадрес|переслан|转发",
    re.IGNORECASE,
)
BEGIN_FORWARD = re.compile(
    r"^[\s>]*(?:Begin forwarded message|Forwarded message|Начало (?:переадресованного"
    r"|пересылаемого|пересланного)"
    r" (?:сообщения|письма)|Пересылаемое сообщение|Пересланное сообщение"
    r"|Anfang der weitergeleiteten (?:E-Mail|Nachricht)"
    r"|Début du message (?:réexpédié|transféré)|Inicio del mensaje reenviado|Inizio messaggio inoltrato"
    r"|Begin doorgestuurd bericht)\s*:\s*$",
    re.IGNORECASE,
)

VERBS = (
    r"wrote|writes|said|schrieb|geschrieben|a écrit|écrivait|escribi[óo]|escreveu|ha scritto"
    r"|scritto|skrev|skreiv"
    r"|napisał(?:\(a\)|a)?|napsal\(a\)|napsal|het volgende geschreven|schreef|kirjoitti|yazdı|írta"
    r"|пишет|пишете|писал(?:\(а\)|а|и)?|написал(?:\(а\)|а|и)?|пише|написав|写道|寫道|のメール"
)
_MONTH_DAY = (
    r"mon|tue|wed|thu|fri|sat|sun|пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг|пятница"
    r"|суббота|воскресенье"
    r"|lun|mar|mer|jeu|ven|sam|dim|mo|di|mi|do|fr|sa|so"
)
# "On …", "Le …", "Am …", "В …", a weekday or a date.
ATTRIBUTION_START = re.compile(
    rf"^\s*(?:[-*_>|]{{3,}}\s*)?(?:on|le|am|op|el|il|em|den|på|w dniu|dnia|dne|在|vào|в|во|at"
    rf"|{_MONTH_DAY}\b|\d{{1,4}}[./ -])",
    re.IGNORECASE,
)
ENDS_WITH_VERB = re.compile(rf"(?:\b|(?<=[>\s]))(?:{VERBS})\s*(?:[::]|-{{3,}})?\s*[*_]*\s*$", re.IGNORECASE)
VERB_THEN_DATE = re.compile(rf"(?:\s|>)(?:{VERBS})\b[^\n]{{0,60}}\d[^\n]{{0,40}}[::]\s*$", re.IGNORECASE)
VERB_THEN_NAME = re.compile(r"\b(?:schrieb|schreef|skrev|escribió|escreveu)\s[^:]{1,120}:$", re.IGNORECASE)
ADDRESS = re.compile(r"[\w.+=-]{1,100}@[\w.-]{1,200}")
ENDS_WITH_ADDRESS = re.compile(
    r"(?:[<\[(]\s*(?:mailto:)?[\w.+=-]{1,100}\s*@[\w.-]{1,200}\s*[>\])]|@[\w.-]+\s*)\s*[::]\s*$"
)
TIME = re.compile(r"\d{1,2}[:.]\d\d|\d{4}|\d{1,2}[./-]\d{1,2}")
# "bla --- On Wed, Apr 4, 2012 at 3:59 PM, me@domain.com wrote:" stuck to the end of a line of text.
STUCK_ATTRIBUTION = re.compile(rf"-{{3,}}\s*(?=On\s[^\n]{{5,200}}\b(?:{VERBS})\s*:\s*$)", re.IGNORECASE)

SEPARATOR = re.compile(r"^[\s>]*(?:[-_=*~#+]{3,}|ᐧ|[-—_*]{1,2})\s*$")
LONG_SEPARATOR = re.compile(r"^\s*[-_=*]{4,}\s*$")

DEVICE = re.compile(
    r"^\s*(?:[*_])?(?:(?:sent|envoyé|gesendet|enviado|inviato|verzonden|skickat|wysłano|sendt"
    r"|отправлено|отправлен[ао]?"
    r"|надіслано|von meinem|diese nachricht wurde von)\b.{0,30}\b(?:from|via|using|with|by|on"
    r"|wirelessly|depuis|de|von|vom|mit|desde|do|da"
    r"|dal|dall\S*|met|vanaf|från|fra|z|ze|с|со|из|через|от|при помощи|мобильн\w+|з)\b.{0,120}"
    r"|get outlook for .{0,80}|download outlook .{0,80}|скачать outlook .{0,80}|получить outlook .{0,80}"
    r"|obtenir outlook .{0,80}|mobile mail .{0,60})$",
    re.IGNORECASE,
)
SIGNATURE_MARK = re.compile(r"^\s*(?:--|—|––|-- |---|\*--\*|-{4,}|_{3,}|={4,}|\*{3,})\s*$")
CLOSING = re.compile(
    r"^\s*(?:(?:(?:best|kind|kindest|warm|warmest|many)\s+)?(?:regards|wishes)|best"
    r"|thanks(?: and regards| again)?"
    r"|thank you|thx|cheers|sincerely(?: yours)?|yours(?: \w+)?|с уважением|с наилучшими пожеланиями"
    r"|всего (?:доброго|хорошего|наилучшего)|с почтением|спасибо|благодарю"
    r"|mit freundlichen grüßen|viele grüße"
    r"|liebe grüße|beste grüße|mfg|cordialement|bien à vous|saludos|un saludo|atentamente"
    r"|atenciosamente|abraços"
    r"|cordiali saluti|distinti saluti|met vriendelijke groet|med vänlig hälsning|pozdrawiam|з повагою)"
    r"[\s,.!–—-]*$",
    re.IGNORECASE,
)
DASHED_NAME = re.compile(r"^\s*[-–—]\s?[^\W\d_][\w.' ]{0,30}$")
