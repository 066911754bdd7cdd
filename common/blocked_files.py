"""Files that nobody sends by a form or a chat: programs, and what a system runs like one. Pure."""

# What Windows, macOS, Android or a shell starts by a double click, and packages that install something.
BLOCKED = frozenset(
    (
        "ade adp apk app appinstaller appx appxbundle bat cab chm cmd com command cpl dll dmg exe"
        " gadget hta inf ins iso isp jar js jse lib lnk mde msc msi msix msp mst nsh pif ps1 ps1xml"
        " ps2 psc1 psd1 psm1 reg scf scr sct settingcontent-ms sh shb sys vb vbe vbs vhd vhdx vxd"
        " wsc wsf wsh xll"
    ).split()
)


def ending(name: str) -> str:
    """The last part of a name in lower case, without the dot: ``PDF`` of ``report.PDF`` is ``pdf``."""
    # Windows drops blanks and dots at the end: "a.exe . " starts all the same.
    return name.strip().rstrip(". ").rpartition(".")[2].lower() if "." in name else ""


def is_blocked(name: str) -> bool:
    """Whether a file of this name is refused, whatever it says it contains."""
    return ending(name) in BLOCKED
