"""What cannot be configured, said with the key, the value, what is allowed, and what to write."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any


class ConfigurationError(ValueError):
    """The configuration cannot be used; the text says how to mend it."""


def mend(key: str, value: Any, allowed: str, line: str) -> str:
    """The text of an error, with the line to write instead."""
    return (
        f"{key} = {value!r} cannot be used. Allowed: {allowed}. Write, for example:\n\n"
        f"    snakemake --config {line}\n\nor the same key in config/study.yaml."
    )


def argument(key: str, value: Any) -> str:
    """A factor as `--config` takes it in a shell."""
    text = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):  # Snakemake strips outer quotes, but not within spaces
        text = value if re.fullmatch(r"[A-Za-z]([\w .,-]*[\w.])?", value) else f" {text} "
    return f"{key}={shlex.quote(text)}"
