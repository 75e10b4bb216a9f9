"""What stable-baselines3 does not save of an algorithm in training, so that it can go on exactly.

With a `Snapshot` among its saved parts, `save` writes all that decides the rest of a run: weights
and optimisers as the library does, and beside them buffers, random streams, the state of the
environment and the counters. Everything is tensors, numbers and text: nothing in a file is
executed when it is read.
"""

from __future__ import annotations

import random
from typing import Any, cast

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm

_COUNTERS = (
    "num_timesteps",
    "_n_updates",
    "_episode_num",
    "_current_progress_remaining",
    "_last_obs",
    "_last_episode_starts",
    "_last_original_obs",
)


class Resumable:
    """Mixin for an algorithm whose `save` and `set_parameters` carry a complete run.

    `set_parameters(path)` on an algorithm built in the same way, then
    `learn(rest, reset_num_timesteps=False)`, goes on as if nothing had happened.
    """

    action_space: spaces.Box
    device: torch.device

    @property
    def _on_gpu(self) -> bool:
        return self.device.type == "cuda"

    def random_state(self) -> dict[str, Any]:
        """State of the random numbers that the algorithm draws; here those of the process."""
        numbers = cast(tuple[Any, ...], np.random.get_state())
        return {
            "python": random.getstate(),
            "numpy": [numbers[0], numbers[1].tolist(), *numbers[2:]],
            "torch": torch.get_rng_state(),
            "gpu": torch.cuda.get_rng_state(self.device) if self._on_gpu else None,
            "actions": self.action_space.np_random.bit_generator.state,
        }

    def load_random_state(self, state: dict[str, Any]) -> None:
        """Go on with these random numbers."""
        version, words, gauss = state["python"]
        random.setstate((version, tuple(words), gauss))
        np.random.set_state(tuple(state["numpy"]))
        torch.set_rng_state(state["torch"].cpu())
        if self._on_gpu:
            torch.cuda.set_rng_state(state["gpu"].cpu(), self.device)
        self.action_space.np_random.bit_generator.state = state["actions"]

    @property
    def snapshot(self) -> Snapshot:
        """All that decides the rest of the run besides weights and optimisers."""
        return Snapshot(self)

    def _get_torch_save_params(self) -> tuple[list[str], list[str]]:
        states, tensors = super()._get_torch_save_params()  # type: ignore[misc]  # a mixin's
        return [*states, "snapshot"], tensors


class Snapshot:
    """Counters, replay buffer, random streams and environment of an algorithm.

    Args:
        model: the algorithm. An environment without `state_dict` and `load_state_dict` is left
            out: training then goes on with a fresh episode.
    """

    def __init__(self, model: BaseAlgorithm) -> None:
        self.model = model

    def state_dict(self) -> dict[str, Any]:
        """Tensors, numbers and text."""
        model = self.model
        environment = getattr(model.env, "state_dict", None)
        content = {
            "counters": {name: getattr(model, name, None) for name in _COUNTERS},
            "random": model.random_state(),
            # The library's own `set_parameters` leaves them out.
            "variables": {name: getattr(model, name).detach() for name in self._variables},
            "environment": environment() if environment else None,
            "replay": _replay(getattr(model, "replay_buffer", None)),
        }
        return _packed(content)

    @property
    def _variables(self) -> list[str]:
        return self.model._get_torch_save_params()[1]

    def load_state_dict(self, state: dict[str, Any], strict: bool = True) -> None:
        """Take over a `state_dict`; without an environment, its part is left out."""
        model, content = self.model, _unpacked(state)
        for name, value in content["counters"].items():
            setattr(model, name, value)
        model.load_random_state(content["random"])
        for name in self._variables:
            getattr(model, name).data.copy_(_tensor(content["variables"][name]))
        if content["environment"] is None:
            model._last_obs = None  # `learn` resets then
        elif model.env is not None:
            model.env.load_state_dict(content["environment"])
        buffer = getattr(model, "replay_buffer", None)
        for name, value in content["replay"].items():
            current = getattr(buffer, name)
            if isinstance(current, np.ndarray | torch.Tensor):
                current[: len(value)] = value if isinstance(current, np.ndarray) else _tensor(value)
            else:
                setattr(buffer, name, value)


def _replay(buffer: Any) -> dict[str, Any]:
    """The filled part of a replay buffer."""
    if buffer is None:
        return {}
    filled = buffer.buffer_size if buffer.full else buffer.pos + 1
    arrays = {
        name: value[:filled]
        for name, value in vars(buffer).items()
        if isinstance(value, np.ndarray | torch.Tensor)
    }
    return {**arrays, "pos": buffer.pos, "full": buffer.full}


def _tensor(value: Any) -> torch.Tensor:
    return value if isinstance(value, torch.Tensor) else torch.from_numpy(value)


def _packed(value: Any) -> Any:
    """NumPy's arrays as tensors, which `torch.load` reads without executing anything."""
    if isinstance(value, np.ndarray):
        # Contiguous and detached from its owner: a view would be saved with all of its base.
        return torch.from_numpy(value.copy())
    if isinstance(value, torch.Tensor):
        return value.clone()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {name: _packed(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_packed(part) for part in value]
    return value


def _unpacked(value: Any) -> Any:
    """Tensors as NumPy's arrays, random states of torch excepted."""
    if isinstance(value, torch.Tensor):
        return value if value.dtype == torch.uint8 else value.cpu().numpy()
    if isinstance(value, dict):
        return {name: _unpacked(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_unpacked(part) for part in value]
    return value
