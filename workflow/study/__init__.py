"""The design of a study: its configuration, its runs, and the hash of the code behind a cell."""

from .code_hash import code_hash, data_hash
from .configuration import resolve
from .errors import ConfigurationError
from .study import Study

__all__ = ["ConfigurationError", "Study", "code_hash", "data_hash", "resolve"]
