"""In which language `cmp`, `diagnose` and the exercises' checker speak.

The code says everything in English, and an English text is the key to its translation: `tell("got the shape {got}",
got=…)` looks it up and fills it in. A language is a module here with a dictionary of texts; what it lacks is told in
English. Errors of the engine are in English always.

The language is the one that `speak` was told, else that of the variable NINJAGRAD_LANG, else the locale's: of the
variables LANGUAGE, LC_ALL, LC_MESSAGES and LANG the first that is set, as with every program that is translated.
"""

from __future__ import annotations

import locale
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module

__all__ = ["LANGUAGES", "VARIABLE", "language", "speak", "speaking", "tell"]

VARIABLE = "NINJAGRAD_LANG"
LANGUAGES = {"en": "", "de": "german"}              # code -> the module with its texts
_spoken = ""                                        # what `speak` was told last
_read: dict[str, Mapping[str, str]] = {"en": {}}
_texts: Mapping[str, str] | None = None             # those of the language that is spoken


def speak(code: str = "") -> None:
    """Speak a language from now on: "en" or "de"; "" for the locale's.

    Raises:
        ValueError: for a language there is no translation to.

    >>> speak("de"); tell("transposed"); speak()
    'transponiert'
    """
    global _spoken, _texts
    if code and code not in LANGUAGES:
        raise ValueError(f"speak: got {code!r}, expected one of {', '.join(LANGUAGES)}, or '' for the locale's")
    _spoken, _texts = code, None


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Within it another language is spoken; with "" the same."""
    before = _spoken
    speak(code or before)
    try:
        yield
    finally:
        speak(before)


def language() -> str:
    """The language that is spoken: its code."""
    asked = _spoken or os.environ.get(VARIABLE, "")
    if asked in LANGUAGES:
        return asked
    named = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    if named not in ("C", "POSIX"):                 # as gettext has it: without a locale LANGUAGE says nothing
        named = os.environ.get("LANGUAGE") or named
    if not named and os.name == "nt":
        named = locale.getlocale()[0] or ""
    for each in named.split(":"):
        code = each[:2].lower()                     # de_DE.UTF-8, de:en, German_Germany.1252
        code = "de" if each.startswith("German") else code
        if code in LANGUAGES:
            return code
    return "en"


def tell(text: str, /, **values: object) -> str:
    """`text` in the language that is spoken, with `values` in the places of the names in braces.

    >>> tell("{count} of {size}", count=2, size=3)
    '2 of 3'
    """
    global _texts
    if _texts is None:                              # the locale is asked for once: a search tells thousands of texts
        code = language()
        if code not in _read:
            _read[code] = import_module(f"autograd.learn.{LANGUAGES[code]}").TEXTS
        _texts = _read[code]
    translated = _texts.get(text, text)
    return translated.format(**values) if values else translated
