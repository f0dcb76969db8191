"""Model files: what `models.lock` pins becomes a verified folder on this disk.

Knows names, sizes, hashes and where bytes come from; knows no engine and never opens a model to run it.
"""

from aiprov.models.entry import ModelEntry, ModelFile, Progress
from aiprov.models.recommend import Recommendation, recommend
from aiprov.models.store import ModelStore
from aiprov.models.verify import FileVerdict

__all__ = ["FileVerdict", "ModelEntry", "ModelFile", "ModelStore", "Progress", "Recommendation", "recommend"]
