"""The fault tests use the harness and the fixtures of the interop tests."""

import importlib.util
import pathlib
import sys

INTEROP = pathlib.Path(__file__).resolve().parents[1] / "interop"
sys.path.insert(0, str(INTEROP))

_spec = importlib.util.spec_from_file_location("interop_conftest", INTEROP / "conftest.py")
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
for _name in dir(_module):
    if not _name.startswith("__"):
        globals()[_name] = getattr(_module, _name)
