"""Text that stays text, whatever markup it is put into. Pure."""

from __future__ import annotations

import re
import unicodedata

_MARKDOWN = re.compile(r"([\\`*_\[\]<>~|#$])|(&(?=#?\w+;))|(:(?=//))|((?<=\w)@(?=\w))")
_WWW = re.compile(r"(?i)\b(www)\.")
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """In one line, without control characters and without those that turn the order of letters round."""
    flat = " ".join(_SURROGATES.sub("\ufffd", text).split())
    return "".join(
        letter for letter in flat if unicodedata.category(letter) not in ("Cc", "Cf") or letter in "\u200c\u200d"
    )


def markdown(text: str) -> str:
    """For Markdown: neither markup, nor HTML, nor a bare link."""
    return _WWW.sub(r"\1\\.", _MARKDOWN.sub(r"\\\g<0>", clean(text)))
