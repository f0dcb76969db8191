"""Recipes: YAML that says which steps meetings go through. Reads files; of the steps, it knows the names alone."""

from __future__ import annotations

from aiprov.recipes.recipe import STEPS, Recipe, Step, near, read
from aiprov.recipes.shelf import find, shipped

__all__ = ["STEPS", "Recipe", "Step", "find", "near", "read", "shipped"]
