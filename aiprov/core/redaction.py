"""Take keys out of text. Pure: it knows the keys it is given and what keys of known vendors look like, nothing else."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator

MARK = "[redacted]"

# Shorter ones would black out ordinary words.
_SHORTEST = 8
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

# What keys look like. The group, where there is one, is kept.
# Source: the vendors' consoles (OpenAI, Anthropic, Groq, Hugging Face, xAI, Perplexity, Replicate, Google), RFC 6750
# for Bearer, RFC 7617 for Basic, RFC 3986 section 3.2.1 for user information in URLs.
_LOOKS = re.compile(
    r"(?<![A-Za-z0-9])(?:sk-[\w-]{16,}|(?:gsk_|hf_|xai-|pplx-|r8_)\w{16,}|AIza[\w-]{30,})"
    r"|((?<![A-Za-z0-9])(?:bearer|basic)(?:\s|%20|\+)+)[\w.~+/=-]{8,}"
    r"|([?&](?:api[_-]?key|access[_-]?token|key|token)=)[^&#\s\"']+"
    r"|((?:api[_-]?key|authorization)[\"']?\s*[:=]\s*[\"']?(?:bearer\s+|basic\s+)?)[^\s\"',;}]{8,}"
    r"|(://)[^/?#\s@\"'<>]*(?:@[^/?#\s@\"'<>]*)*@",
    re.ASCII | re.IGNORECASE,
)


class Redactor:
    """Replaces keys in text.

    Args:
        secrets: The keys in use. Those below 8 characters are left alone.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
        # The longest first, so that a key that begins like another goes as a whole.
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._literal = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def clean(self, text: str) -> str:
        """Return `text` with every key replaced: those given, as they are and encoded, and what looks like one."""
        if self._literal is not None:
            text = self._literal.sub(MARK, text)
        return _LOOKS.sub(_without_key, text)


def looks_like_key(text: str) -> bool:
    """Whether `text` holds what looks like a key, or user information in a URL."""
    return _LOOKS.search(text) is not None


def _without_key(match: re.Match[str]) -> str:
    kept = next((group for group in match.groups() if group), "")
    return kept + MARK + ("@" if kept == "://" else "")


def _forms(secret: str) -> Iterator[str]:
    yield secret
    for ascii_only in (True, False):
        yield json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
    octets = secret.encode("utf-8", "surrogatepass")
    for digits in ("%%%02X", "%%%02x"):
        yield "".join(chr(octet) if octet in _UNRESERVED else digits % octet for octet in octets)
    for ahead in range(3):
        yield from _base64(octets, ahead)


def _base64(octets: bytes, ahead: int) -> Iterator[str]:
    """What base64 shows of `octets` behind `ahead` other ones: only the digits that no neighbour has a share in."""
    encoded = base64.b64encode(bytes(ahead) + octets)
    first, last = -(-ahead * 4 // 3), (ahead + len(octets)) * 4 // 3
    inner = encoded[first:last].decode("ascii")
    yield inner
    yield inner.replace("+", "-").replace("/", "_")
