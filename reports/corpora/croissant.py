"""Metadata of the corpora as Croissant 1.0 with the fields on responsible AI (RAI 1.0).

Every number in it is counted: records and bytes from the files, statuses from the runs, hours from
their times. It is written as JSON-LD and read back by `validation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..columns import Column
from .catalogue import Corpus
from .facts import LICENCE_URL, Facts
from .package import present

CONFORMS = ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"]
FORMAT = "application/x-parquet"
TYPES = {
    "text": "sc:Text",
    "integer": "sc:Integer",
    "number": "sc:Float",
    "numbers": "sc:Float",
    "flag": "sc:Boolean",
}
KEYWORDS = (
    *("multi-agent reinforcement learning", "coopetition", "mixed-motive games"),
    *("social dilemma", "benchmark", "reproducibility", "behavioural audit"),
)
_TERMS = (
    *("citeAs", "column", "data", "dataType", "examples", "extract", "field", "fileProperty"),
    *("fileObject", "fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key", "md5"),
    *("parentField", "path", "recordSet", "references", "regex", "repeated", "replace"),
    *("samplingRate", "equivalentProperty", "separator", "source", "subField", "transform"),
)
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    **{term: f"cr:{term}" for term in _TERMS},
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
}


def metadata(inventory: pd.DataFrame, facts: Facts) -> dict[str, Any]:
    """The JSON-LD document.

    Args:
        inventory: table `corpora`.
        facts: of `facts.gather`.
    """
    corpora = present(inventory)
    entries = inventory.set_index("corpus").to_dict("index")
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS,
        "name": facts.name,
        "description": facts.description,
        "version": facts.version,
        "license": LICENCE_URL,
        "url": facts.url,
        "datePublished": facts.date,
        "dateCreated": facts.date,
        "isLiveDataset": False,
        "inLanguage": "en",
        "keywords": list(KEYWORDS),
        "creator": {"@type": "sc:Organization", "name": facts.creator, "url": facts.url},
        "publisher": {"@type": "sc:Organization", "name": facts.creator, "url": facts.url},
        "citeAs": facts.bibtex,
        **{f"rai:{name}": value for name, value in facts.responsible_ai().items()},
        "distribution": [_file(corpus, entries[corpus.name]) for corpus in corpora],
        "recordSet": [_records(corpus, corpora) for corpus in corpora],
    }


def _file(corpus: Corpus, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": corpus.file,
        "name": corpus.file,
        "description": f"{corpus.about} {entry['rows']:,} records.",
        "contentUrl": corpus.file,
        "contentSize": f"{entry['bytes']} B",
        "encodingFormat": FORMAT,
        "sha256": entry["sha256"],
    }


def _records(corpus: Corpus, corpora: list[Corpus]) -> dict[str, Any]:
    key = [{"@id": _id(corpus, name)} for name in corpus.key]
    return {
        "@type": "cr:RecordSet",
        "@id": corpus.name,
        "name": corpus.name,
        "description": corpus.about,
        **({"key": key} if key else {}),
        "field": [_field(corpus, name, rule, corpora) for name, rule in corpus.columns.items()],
    }


def _field(corpus: Corpus, name: str, rule: Column, corpora: list[Corpus]) -> dict[str, Any]:
    allowed = f" One of: {', '.join(filter(None, rule.allowed))}." if rule.allowed else ""
    empty = " May be empty." if rule.optional else ""
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": _id(corpus, name),
        "name": name,
        "description": f"{rule.about}.{allowed}{empty}",
        "dataType": TYPES[rule.kind],
        "source": {"fileObject": {"@id": corpus.file}, "extract": {"column": name}},
    }
    if rule.kind == "numbers":
        field["repeated"] = True
    if corpus.refers and corpus.refers[0] == name:
        referred = [other for other in corpora if other.name == corpus.refers[1]]
        for other in referred:
            field["references"] = {"field": {"@id": _id(other, name)}}
    return field


def _id(corpus: Corpus, column: str) -> str:
    return f"{corpus.name}/{column}"
