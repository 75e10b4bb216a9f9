"""The documentation as a site, built without a network; the extra `docs` is needed for it."""

import importlib.util
import os
import subprocess
import sys

import pytest
from documents import ROOT

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("material") is None,
    reason="mkdocs-material is not installed: pip install -e '.[docs]'",
)


def test_builds_strictly(tmp_path):
    """A link to a page or heading that does not exist ends the build."""
    result = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    html = (tmp_path / "site" / "environments" / "SLCD-v1" / "index.html").read_text("utf-8")
    assert "price of anarchy" in html
    assert "fonts.googleapis.com" not in html
    assert (tmp_path / "site" / "episode.gif").is_file()
