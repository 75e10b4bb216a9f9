"""Where learners compute: on the CPU, or on a GPU that torch sees.

The device is no part of a run's identity, and a GPU rounds otherwise than a CPU: a run has the same
id on both, and another result. A study therefore keeps to one device, under a name of its own.
"""

from __future__ import annotations


class DeviceError(OSError):
    """The machine has no such device; the text says how to go on."""


def present(device: str) -> str:
    """The device, if this machine has it; stable-baselines3 would take the CPU instead.

    Args:
        device: as torch names it, such as `cpu`, `cuda` or `cuda:1`.

    Raises:
        DeviceError: torch does not see it.
    """
    kind, _, number = device.partition(":")
    if kind == "cuda":
        import torch

        seen = torch.cuda.device_count()
        if int(number or 0) >= seen:
            build = f"CUDA {torch.version.cuda}" if torch.version.cuda else "the CPU alone"
            raise DeviceError(
                f"device = {device!r} cannot be used: torch {torch.__version__}, built for "
                f"{build}, sees {seen} GPUs here. Train on the CPU (device=cpu); or install a "
                "build of torch for CUDA, and see whether `nvidia-smi` and CUDA_VISIBLE_DEVICES "
                "name the GPU"
            )
    return device
