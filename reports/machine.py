"""The kind of machine that numbers were computed on, as far as their last bits depend on it."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import numpy as np


def machine() -> dict[str, Any]:
    """What rounding may depend on.

    Elementary functions come from NumPy, SciPy and the C library, each with code of its own for
    the vector instructions of a processor.
    """
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "libc": " ".join(platform.libc_ver()).strip(),
        "vector_instructions": np.show_config(mode="dicts")["SIMD Extensions"].get("found", []),
        "numpy": metadata.version("numpy"),
        "scipy": metadata.version("scipy"),
    }


def describe(machine: Mapping[str, Any]) -> str:
    """What the kind is, in one line."""
    instructions = " ".join(machine["vector_instructions"]) or "no vector instructions"
    return (
        f"{machine['system']} {machine['architecture']}, {instructions}, {machine['libc']}, "
        f"NumPy {machine['numpy']}, SciPy {machine['scipy']}"
    )
