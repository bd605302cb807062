"""What papermill loads wherever salesnb is installed: the engine's name, readable parameters.

Papermill loads this module while it loads itself, so the class it looks for stands before the
import of papermill, and the engine proper is loaded when it is first used.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any


class SalesEngine:
    """The engine `salesnb`, as papermill knows it."""

    @staticmethod
    def execute_notebook(nb: Any, kernel_name: str, **options: Any) -> Any:
        """Run a notebook that papermill prepared."""
        return _engine().execute_notebook(nb, kernel_name, **options)

    @staticmethod
    def nb_kernel_name(nb: Any, name: str | None = None) -> str:
        """Give the name of the kernel a notebook asks for."""
        return _engine().nb_kernel_name(nb, name)

    @staticmethod
    def nb_language(nb: Any, language: str | None = None) -> str:
        """Give the programming language of a notebook."""
        return _engine().nb_language(nb, language)


def _engine() -> Any:
    return import_module("salesnb.running.engines.kernel").KernelEngine


from papermill.translators import PythonTranslator, papermill_translators  # noqa: E402


class SalesTranslator(PythonTranslator):
    """Writes text parameters as people read them: 华南, not a row of escapes."""

    @classmethod
    def translate_escaped_str(cls, str_val: object) -> str:
        """Give a Python literal of a text."""
        return json.dumps(str(str_val), ensure_ascii=False)


papermill_translators.register("python", SalesTranslator)
