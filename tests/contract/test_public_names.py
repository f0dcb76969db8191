"""`from aiprov import ...` gives exactly what `__all__` says."""

import importlib
import types

import pytest

import aiprov


def test_the_list_is_sorted_and_without_doubles():
    assert aiprov.__all__ == sorted(set(aiprov.__all__))


@pytest.mark.parametrize("name", aiprov.__all__)
def test_every_name_can_be_imported_and_is_what_its_module_has(name):
    value = getattr(aiprov, name)
    home = getattr(value, "__module__", "aiprov.version")
    assert getattr(importlib.import_module(home), name) is value


def test_nothing_else_is_public():
    extra = {
        name
        for name, value in vars(aiprov).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType) and name not in aiprov.__all__
    }
    assert extra <= {"annotations", "TYPE_CHECKING"}
    assert set(aiprov.__all__) <= set(dir(aiprov))


def test_other_names_are_refused_as_usual():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = aiprov.nonsense
