"""Tables: every rule of the schema can fail, and what is written comes back."""

import numpy as np
import pandas as pd
import pytest

from coopetition.agents.files import replacing
from coopetition.reports import schema
from coopetition.reports.schema import TABLES, SchemaError
from frames import NAN, row

SUFFIXES = (".parquet", ".csv")
every_table = pytest.mark.parametrize("name", TABLES)
every_suffix = pytest.mark.parametrize("suffix", SUFFIXES)


def first(**wanted):
    """Table and column of the first column whose rule has these attributes."""
    return next(
        (name, column)
        for name, rules in TABLES.items()
        for column, rule in rules.items()
        if all(getattr(rule, key) == value for key, value in wanted.items())
    )


def same(a, b):
    """Equal values, NaN equal to NaN, lists and arrays alike."""
    if isinstance(a, list | np.ndarray):
        return len(a) == len(b) and all(map(same, a, b))
    return (pd.isna(a) and pd.isna(b)) or (a == b and isinstance(a, str) == isinstance(b, str))


@every_table
def test_every_column_has_a_meaning_and_a_known_kind(name):
    for column, rule in TABLES[name].items():
        assert rule.about, column
        assert rule.kind in ("text", "integer", "number", "flag", "numbers")


@every_table
def test_a_valid_row_passes_and_gets_the_order_of_the_schema(name):
    given = row(name)
    frame = schema.table(name, [dict(reversed(given.items()))])
    assert list(frame.columns) == list(TABLES[name])
    assert all(same(given[column], frame[column][0]) for column in given)


@every_table
def test_missing_and_unknown_columns_are_named(name):
    column = next(iter(TABLES[name]))
    lacking = row(name)
    del lacking[column]
    with pytest.raises(SchemaError, match=rf"missing \['{column}'\], unknown \[\]"):
        schema.table(name, [lacking])
    with pytest.raises(SchemaError, match=r"missing \[\], unknown \['other'\]"):
        schema.table(name, [{**row(name), "other": 1}])
    with pytest.raises(SchemaError, match="missing"):
        schema.table(name, [{}])


WRONG = {
    "text": (1, 1.5, True),
    "integer": ("1", 1.5, True),
    "number": ("1.5", True),
    "flag": (1, "True"),
    "numbers": ("[1.0]", 1.0),
}


@pytest.mark.parametrize(("kind", "value"), [(k, v) for k, values in WRONG.items() for v in values])
def test_types_are_not_converted_silently(kind, value):
    name, column = first(kind=kind)
    with pytest.raises(SchemaError, match=rf"{name}: column {column} must hold {kind}"):
        schema.table(name, [{**row(name), column: value}])


@every_table
def test_a_value_that_is_not_allowed_is_named(name):
    allowed = {column: rule.allowed for column, rule in TABLES[name].items() if rule.allowed}
    for column, values in allowed.items():
        schema.table(name, [row(name, **{column: value}) for value in values])
        with pytest.raises(SchemaError, match=rf"column {column} holds \['strange'\]; allowed"):
            schema.table(name, [row(name), row(name, **{column: "strange"})])


@pytest.mark.parametrize("kind", WRONG)
def test_an_empty_cell_is_named(kind):
    name, column = first(kind=kind, optional=False)
    empty = NAN if kind == "number" else None
    with pytest.raises(SchemaError, match=f"column {column} has empty cells"):
        schema.table(name, [row(name), {**row(name), column: empty}])


@every_table
@every_suffix
def test_optional_cells_may_be_empty(name, suffix, tmp_path):
    optional = [column for column, rule in TABLES[name].items() if rule.optional]
    path = tmp_path / f"table{suffix}"
    schema.write(name, [row(name, **dict.fromkeys(optional)), row(name)], path)
    for column, values in schema.read(name, path)[optional].items():
        assert same(values[0], "" if TABLES[name][column].kind == "text" else None), column
        assert same(values[1], row(name)[column]), column


def test_whole_numbers_stay_whole_beside_empty_cells(tmp_path):
    levels = [None, 7, 100]
    rows = [row("reference", level=level) for level in levels]
    for suffix in SUFFIXES:
        schema.write("reference", rows, tmp_path / f"table{suffix}")
        found = schema.read("reference", tmp_path / f"table{suffix}")["level"]
        assert found.dtype == "Int64"
        assert found.isna().tolist() == [True, False, False]
        assert found[1:].tolist() == [7, 100]
    with pytest.raises(SchemaError, match="level must hold integer"):
        schema.table("reference", [row("reference", level=7.5), rows[0]])


@every_table
@every_suffix
def test_what_is_written_comes_back(name, suffix, tmp_path):
    path = tmp_path / "folder" / f"table{suffix}"
    schema.write(name, [row(name), row(name)], path)
    frame = schema.read(name, path)
    pd.testing.assert_series_equal(frame.dtypes, schema.table(name, [row(name)]).dtypes)
    for found in frame.to_dict("records"):
        for column, value in row(name).items():
            assert same(value, found[column]), column
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@every_table
@every_suffix
def test_empty_tables_work(name, suffix, tmp_path):
    path = tmp_path / f"table{suffix}"
    schema.write(name, [], path)
    frame = schema.read(name, path)
    assert frame.empty
    assert list(frame.columns) == list(TABLES[name])
    pd.testing.assert_series_equal(frame.dtypes, schema.table(name, []).dtypes)
    schema.write(name, [row(name)], tmp_path / f"full{suffix}")
    assert len(schema.read(name, [path, tmp_path / f"full{suffix}", path])) == 1


@every_suffix
def test_text_that_looks_like_something_else_stays_text(suffix, tmp_path):
    words = ["0012", "1e5", "NA", "None", "nan", "True", "", 'a "b", c\nd']
    path = tmp_path / f"table{suffix}"
    schema.write("training", [row("training", reason=word) for word in words], path)
    assert schema.read("training", path)["reason"].tolist() == words


@every_suffix
def test_lists_with_gaps_and_large_numbers_come_back(suffix, tmp_path):
    path = tmp_path / f"table{suffix}"
    payoffs = [[NAN, 1e300], list(np.array([0.1, -3.0]))]
    rows = [row("training", payoff_per_agent=list_, seed=2**53 + 1) for list_ in payoffs]
    schema.write("training", rows, path)
    frame = schema.read("training", path)
    assert all(map(same, payoffs, frame["payoff_per_agent"]))
    assert frame["seed"].tolist() == [2**53 + 1] * 2


def test_many_files_become_one_table(tmp_path):
    paths = [tmp_path / f"{i}.parquet" for i in range(3)]
    for i, path in enumerate(paths):
        schema.write("curves", [row("curves", step=i)], path)
    frame = schema.read("curves", paths)
    assert frame["step"].tolist() == [0, 1, 2]
    assert frame.index.tolist() == [0, 1, 2]


def test_a_file_of_another_table_is_refused(tmp_path):
    for suffix in SUFFIXES:
        schema.write("curves", [row("curves")], tmp_path / f"table{suffix}")
        with pytest.raises(SchemaError, match="table identity: missing"):
            schema.read("identity", tmp_path / f"table{suffix}")


@every_suffix
def test_a_failed_write_leaves_no_file_and_keeps_an_old_one(suffix, tmp_path):
    path = tmp_path / f"table{suffix}"
    bad = row("curves", welfare="much")
    with pytest.raises(SchemaError):
        schema.write("curves", [bad], path)
    assert list(tmp_path.iterdir()) == []
    schema.write("curves", [row("curves")], path)
    before = path.read_bytes()
    with pytest.raises(SchemaError):
        schema.write("curves", [bad], path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == before


def test_a_write_that_breaks_midway_leaves_no_file(tmp_path, monkeypatch):
    def full(self, path, **options):
        path.write_text("half")
        raise OSError("disk full")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(OSError, match="disk full"):
        schema.write("curves", [row("curves")], tmp_path / "table.csv")
    assert list(tmp_path.iterdir()) == []


def test_the_table_given_is_not_changed(tmp_path):
    frame = pd.DataFrame([row("training", reason="x"), row("training")])
    before = frame.copy(deep=True)
    schema.write("training", frame, tmp_path / "table.csv")
    pd.testing.assert_frame_equal(frame, before)


def test_replacing_writes_whole_files_or_none(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with replacing(path) as temporary:
        temporary.write_text("first")
        assert temporary.parent == path.parent, "renaming needs one file system"
        assert not path.exists()
    assert path.read_text() == "first"
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half of the second")
        raise RuntimeError
    assert path.read_text() == "first"
    with pytest.raises(FileNotFoundError), replacing(path):
        pass
    assert [p.name for p in path.parent.iterdir()] == ["file.txt"]
