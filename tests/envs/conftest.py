import pytest

from coopetition import envs

IDS = envs.ids()


@pytest.fixture(params=IDS)
def env_id(request) -> str:
    return request.param
