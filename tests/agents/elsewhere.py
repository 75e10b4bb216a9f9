"""A GPU that is not there: tensors that lie elsewhere, with the arithmetic of the CPU.

What would raise on a machine with a GPU raises here: an operation on tensors of both places, and a
NumPy array of a tensor that was not fetched. So results must be those of the CPU to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode

GPU, CPU = torch.device("cuda"), torch.device("cpu")
# Of a tensor's memory: where it lies.
_MARK = "elsewhere"
# Functions that take tensors of both places.
_OF_BOTH = ("copy_", "__set__", "_has_compatible_shallow_copy_type")
_DEVICE, _GRADIENT = torch.Tensor.device.__get__, torch.Tensor.grad.__get__


class Elsewhere(TorchFunctionMode):
    """While it is entered, `cuda` is a device.

    Attributes:
        used: number of operations there.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.used = 0
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
        for name in ("get_rng_state", "set_rng_state"):
            same = getattr(torch, name)
            monkeypatch.setattr(torch.cuda, name, lambda *state, same=same: same(*state[:-1]))
        for module in ("base_class", "buffers", "policies"):
            monkeypatch.setattr(f"stable_baselines3.common.{module}.get_device", torch.device)

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        name = function.__name__
        given = [*_tensors((args, kwargs))]
        there = [one for one in given if _is_there(one)]
        if function == _DEVICE:
            return GPU if there else CPU
        if name in ("_parse_to", "device"):  # which only name a device
            return function(*args, **kwargs)
        if name in ("numpy", "__array__") and there:
            raise TypeError("can't convert cuda:0 device type tensor to numpy")
        if name == "cpu":
            return args[0].clone() if there else args[0]
        asked = _asked(args, kwargs)
        if asked is None:
            _refuse_mixed(name, args, given, there)
        result = function(*_on_cpu(args), **_on_cpu(kwargs))
        goes = asked.type == "cuda" if asked is not None else bool(there)
        if asked is not None and goes != bool(there) and isinstance(result, torch.Tensor):
            result = result.clone()  # a copy goes from one to the other
        if goes and name not in ("copy_", "__setitem__", "__set__"):
            self.used += function != _GRADIENT
            for one in _tensors(result):
                setattr(_memory(one), _MARK, True)
        return result


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        yield from _tensors([*value.values()])
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _tensors(part)


def _memory(tensor: torch.Tensor) -> Any:
    while torch._C._functorch.is_functorch_wrapped_tensor(tensor):
        tensor = torch._C._functorch.get_unwrapped(tensor)
    return tensor.untyped_storage()


def _is_there(tensor: torch.Tensor) -> bool:
    return hasattr(_memory(tensor), _MARK)


def _asked(args: Any, kwargs: dict[str, Any]) -> torch.device | None:
    """The device that a call names."""
    named = [kwargs.get("device"), *(one for one in args if isinstance(one, torch.device))]
    found = [one for one in named if one is not None]
    return torch.device(found[0]) if found else None


def _on_cpu(value: Any) -> Any:
    """The same with the CPU for every device."""
    if isinstance(value, dict):
        return {k: CPU if k == "device" and v is not None else v for k, v in value.items()}
    return tuple(CPU if isinstance(one, torch.device) else one for one in value)


def _refuse_mixed(name: str, args: Any, given: Any, there: Any) -> None:
    """A GPU takes no tensors of the CPU but copies, single numbers, and places in its own."""
    if name == "__getitem__" and there and _is_there(args[0]):
        return
    if name == "__setitem__":
        places = args[1] if isinstance(args[1], tuple) else (args[1],)
        if all(isinstance(place, int | slice) for place in places):
            return
    here = [one for one in given if not _is_there(one) and one.dim()]
    if here and there and name not in _OF_BOTH:
        raise RuntimeError(f"{name}: expected all tensors to be on the same device")
