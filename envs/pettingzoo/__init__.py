"""One module per environment, as PettingZoo users expect them.

    from coopetition.envs.pettingzoo import trust_dilemma_v0
    env = trust_dilemma_v0.parallel_env(reward_mode="private", normalize=True)

Each has `parallel_env` (Parallel API), `env` (AEC API, with PettingZoo's check of the order of
calls) and `raw_env` (AEC API without it). They take the keyword arguments of
`coopetition.envs.parallel_env`. The modules are made from the registry when they are imported, so
an environment that is registered later has one too; `dir()` lists them.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import pettingzoo
from pettingzoo.utils import OrderEnforcingWrapper

from ..interfaces.aec import AECEnv
from ..interfaces.parallel import ParallelEnv
from ..registry import ids, pettingzoo_name, spec


class _Finder(MetaPathFinder, Loader):
    """Makes the module of a registered environment when it is imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, name = fullname.rpartition(".")
        return ModuleSpec(fullname, self) if package == __name__ and name in _ids() else None

    def exec_module(self, module: ModuleType) -> None:
        id = _ids()[module.__name__.rpartition(".")[2]]
        module.__doc__ = f"{spec(id).summary}\n\nPettingZoo constructors of {id}."
        constructors = _constructors(id)
        vars(module)["__all__"] = list(constructors)
        for name, constructor in constructors.items():
            # Functions of the generated module, so that they can be pickled by name.
            constructor.__module__ = module.__name__
            constructor.__name__ = constructor.__qualname__ = name
            setattr(module, name, constructor)


def _ids() -> dict[str, str]:
    return {pettingzoo_name(id): id for id in ids(supplements=True)}


def _constructors(id: str) -> dict[str, Callable[..., Any]]:
    def parallel_env(**kwargs: Any) -> ParallelEnv:
        """PettingZoo Parallel environment; keywords as of `coopetition.envs.parallel_env`."""
        return ParallelEnv(id, **kwargs)

    def raw_env(**kwargs: Any) -> AECEnv:
        """PettingZoo AEC environment; keywords as of `coopetition.envs.aec_env`."""
        return AECEnv(id, **kwargs)

    def env(**kwargs: Any) -> pettingzoo.AECEnv:
        """`raw_env` in PettingZoo's wrapper that checks the order of calls."""
        return OrderEnforcingWrapper(AECEnv(id, **kwargs))

    return {"env": env, "parallel_env": parallel_env, "raw_env": raw_env}


def __getattr__(name: str) -> ModuleType:
    if name in _ids():
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_ids()])


sys.meta_path.append(_Finder())
