"""What all tests share."""

import pytest

from coopetition import envs


@pytest.fixture(scope="session", autouse=True)
def _logger_folder(tmp_path_factory):
    """Where stable-baselines3 makes the folder of its logger, instead of one per training."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SB3_LOGDIR", str(tmp_path_factory.mktemp("logger")))
        yield


@pytest.fixture
def unregistered():
    """Variants of environments that a test registers are gone after it."""
    before = envs.ids()
    yield
    for id in set(envs.ids()) - set(before):
        envs.registry.unregister(id)
