"""Files appear whole or not at all: written to a temporary name, then renamed."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Errors of the disk that a user can mend, and how.
_MENDS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "free some space"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "make its folder writable"),
}


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary name to write to; on success it becomes `path`, on error it is removed.

    The name holds the process id, so that two processes that write one path never share it.

    Raises:
        OSError: it cannot be written; see `explained`.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Errors of the disk while a path is written say which one it was and how to mend it.

    Raises:
        OSError: no space, or no right to write.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        # What goes wrong in a file that torch writes comes out as a RuntimeError.
        cause = error if isinstance(error, OSError) else error.__context__
        if not isinstance(cause, OSError) or cause.errno not in _MENDS:
            raise
        raise OSError(
            cause.errno,
            f"{os.strerror(cause.errno)} while writing {path}: {_MENDS[cause.errno]} and run the "
            "same command again",
        ) from None
