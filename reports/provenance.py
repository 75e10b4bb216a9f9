"""Where results come from: version, commit, software, platform."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = (
    "gymnasium",
    "matplotlib",
    "numpy",
    "pandas",
    "rliable",
    "seaborn",
    "snakemake",
    "stable-baselines3",
    "torch",
    "typst",
)


def version() -> str:
    """Version of this package."""
    return metadata.version("coopetition")


def commit(root: Path) -> tuple[str, bool]:
    """Commit of the checkout and whether tracked files differ from it; 'unknown' outside git."""
    try:
        head = _git(root, "rev-parse", "HEAD").strip()
        return head, bool(_git(root, "status", "--porcelain", "--untracked-files=no").strip())
    except (OSError, subprocess.CalledProcessError):
        return "unknown", False


def stamp(root: Path) -> dict[str, str]:
    """Version and commit for every row of a result; a `+` marks a changed checkout."""
    head, dirty = commit(root)
    return {"version": version(), "commit": head + ("+" if dirty else "")}


def describe(root: Path) -> dict[str, Any]:
    """All of it, for the report."""
    head, dirty = commit(root)
    return {
        "version": version(),
        "commit": head,
        "dirty": dirty,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "hardware": hardware(),
        "packages": {name: metadata.version(name) for name in PACKAGES},
    }


def hardware() -> str:
    """Processor, cores and memory, as far as the system tells."""
    parts = [processor(Path("/proc/cpuinfo")), f"{os.cpu_count()} cores"]
    if "SC_PHYS_PAGES" in os.sysconf_names:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        parts.append(f"{size:.0f} GiB of memory")
    return ", ".join(part for part in parts if part)


def processor(info: Path) -> str:
    """Its name and, since virtual machines shorten names, its family and model."""
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    said = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    numbers = [
        f"{key.removeprefix('cpu ')} {said[key]}" for key in ("cpu family", "model") if key in said
    ]
    name = said.get("model name", platform.processor())
    return f"{name} ({', '.join(numbers)})" if numbers else name


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
