"""Field groups: which names stand together, who makes and who uses them, what they are about."""

from __future__ import annotations

from blastradius.model.facts import FieldGroup
from tests.unit.languages.python.trees import names, read


def sites(group: FieldGroup) -> list[str]:
    return [one.name for one in group.sites]


def groups(source: str) -> list[tuple[str, str, list[str]]]:
    return [(one.kind, one.role, sites(one)) for one in read(source).groups]


MERGE = """
    def merge_oura(store, rows):
        merged = [
            {"user_id": row["user_id"], "score": row.get("score")}
            for row in rows
        ]
        store.insert("silver_input.oura", merged)
"""


def test_a_dict_literal_makes_fields_and_its_values_use_some() -> None:
    facts = read(MERGE)
    made, used = facts.groups
    assert (made.kind, made.role, sites(made)) == ("dict", "produce", ["user_id", "score"])
    assert (used.kind, used.role, sites(used)) == ("subscript", "consume", ["user_id", "score"])
    assert names(facts, "field") == ["merge_oura[user_id]", "merge_oura[score]"]
    assert [facts.definitions[one.definition].name for one in made.sites] == names(facts, "field")
    assert facts.definitions[made.scope].name == facts.definitions[used.scope].name == "merge_oura"


def test_anchors_say_what_a_group_is_about() -> None:
    made, used = read(MERGE).groups
    assert made.anchors == ("merge_oura", "silver_input.oura")
    assert used.anchors == ("row", "merge_oura", "silver_input.oura")


def test_a_value_that_changes_is_the_fields_change() -> None:
    before, after = read(MERGE), read(MERGE.replace('row.get("score")', 'row.get("score", 0)'))
    changed = [
        old.name
        for old, new in zip(before.definitions, after.definitions, strict=True)
        if old.body != new.body
    ]
    assert changed == ["merge_oura", "merge_oura[score]"]


def test_nested_dicts_have_nested_names() -> None:
    facts = read("X = {'a': {'c': 1, 'd': 2}, 'b': ['e', 'f']}\n")
    assert names(facts, "field") == ["X[a]", "X[a][c]", "X[a][d]", "X[b]", "X[b][e]", "X[b][f]"]


def test_lists_of_names() -> None:
    facts = read("class C:\n    FIELDS = ['user_id', 'score']\n    OTHER = ['one', 2]\n")
    assert [(one.kind, one.role, sites(one)) for one in facts.groups] == [
        ("list", "declare", ["user_id", "score"])
    ]
    assert names(facts, "field") == ["C.FIELDS[user_id]", "C.FIELDS[score]"]
    assert facts.groups[0].anchors == ("C.FIELDS", "C")


def test_annotated_classes_and_orm_columns() -> None:
    assert groups("class Night:\n    day: str\n    score: int = 0\n    limit = 3\n") == [
        ("class", "produce", ["day", "score"])
    ]
    assert groups("class Night:\n    day = Column(Date)\n    score = models.IntegerField()\n") == [
        ("class", "produce", ["day", "score"])
    ]


def test_subscripts_are_grouped_by_what_they_are_of() -> None:
    source = "def f(a, b):\n    a['x'], a['y'], b['x']\n    a['z'] = 1\n    load()['w']\n"
    assert groups(source) == [
        ("subscript", "consume", ["x", "y"]),
        ("subscript", "consume", ["x"]),
        ("subscript", "produce", ["z"]),
        ("subscript", "consume", ["w"]),
    ]


def test_columns_of_a_frame_and_repeated_callees() -> None:
    assert groups("frame[['day', 'score']]\n") == [("list", "consume", ["day", "score"])]
    assert groups("col('day')\ncol('score')\nother('day')\n") == [
        ("call", "consume", ["day", "score"])
    ]
    assert groups("print('day')\nprint('score')\nlog.info('a')\nlog.info('b')\n") == []


def test_what_is_no_group() -> None:
    assert groups("__all__ = ['f', 'g']\n") == []
    assert groups("X = {'only': 1}\n") == []
    assert groups("X = {1: 'a', 2: 'b'}\n") == []
    assert groups("X = ['a sentence, with a comma', 'another one!']\n") == []


def test_the_number_of_fields_is_bounded() -> None:
    large = "X = [\n" + "".join(f"{{'a{n}': 1, 'b{n}': 2}},\n" for n in range(6_000)) + "]\n"
    assert 5_000 <= len(names(read(large), "field")) <= 5_002
