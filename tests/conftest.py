"""What all tests share."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _logger_folder(tmp_path_factory):
    """Where stable-baselines3 makes the folder of its logger, instead of one per training."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SB3_LOGDIR", str(tmp_path_factory.mktemp("logger")))
        yield
