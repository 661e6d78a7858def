"""Alembic: chains as they are and as they should not be, what a range added, inverses as files."""

from __future__ import annotations

import ast

import pytest

from blastradius.migrations import added, inverse, read
from blastradius.model.source import TreeEntry
from tests.unit.migrations.folders import ENTRY, histories, revision, tree

_USERS = 'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))'
_ADD = 'op.add_column("users", sa.Column("plan", sa.String(20), nullable=False, server_default="free"))'
_DROP = 'op.drop_column("users", "plan")'
CHAIN = {
    "db/versions/1a_users.py": revision("1a", None, _USERS, 'op.drop_table("users")'),
    "db/versions/2b_plan.py": revision("2b", "1a", _ADD, _DROP),
    "db/versions/3c_less.py": revision("3c", "2b", _DROP, "pass"),
}


def test_a_chain() -> None:
    (history,) = histories(CHAIN)
    assert (history.tool, history.folder, history.heads, history.problems) == (
        "alembic",
        "db/versions",
        ("3c",),
        (),
    )
    assert [(one.id, one.parents, one.kind) for one in history.migrations] == [
        ("1a", (), "additive"),
        ("2b", ("1a",), "additive"),
        ("3c", ("2b",), "destructive"),
    ]
    second = history.find("2b")
    assert second is not None
    assert [(one.verb, one.target, one.gravity) for one in second.operations] == [
        ("add_column", "users.plan", "add")
    ]
    assert second.tables == ("users",)
    assert second.transactional
    assert [one.lint.verdict for one in history.migrations] == ["inverse", "inverse", "empty"]


def test_order_does_not_depend_on_names() -> None:
    files = {
        "versions/a.py": revision("m", "z", "pass"),
        "versions/b.py": revision("z", None, "pass"),
        "versions/c.py": revision("b", "z", "pass"),
        "versions/d.py": revision("x", None, "pass").replace(
            "down_revision = None", 'down_revision = ("m", "b")'
        ),
    }
    (history,) = histories(files)
    assert [one.id for one in history.migrations] == ["z", "b", "m", "x"]
    assert history.heads == ("x",)


def test_problems() -> None:
    files = {
        "versions/a.py": revision("a", None, "pass"),
        "versions/b.py": revision("b", "a", "pass"),
        "versions/c.py": revision("c", "a", "pass"),
        "versions/d.py": revision("d", "gone", "pass"),
        "versions/e.py": revision("b", "a", "pass"),
        "versions/f.py": revision("f", "g", "pass"),
        "versions/g.py": revision("g", "f", "pass"),
    }
    (history,) = histories(files)
    said = "\n".join(history.problems)
    assert "two migrations are called b" in said
    assert "gone is followed, and is not there" in said
    assert "several heads: b, c, d" in said
    assert "in a circle" in said
    assert {one.id for one in history.migrations} == {"a", "b", "c", "d", "f", "g"}


def test_folders_that_follow_one_another_are_one_history() -> None:
    files = {
        "a/versions/1.py": revision("a", None, "pass"),
        "b/versions/2.py": revision("b", "a", "pass"),
        "c/versions/3.py": revision("c", None, "pass"),
    }
    assert [(one.folder, len(one.migrations)) for one in histories(files)] == [
        ("b/versions", 2),
        ("c/versions", 1),
    ]


def test_autocommit_is_no_transaction() -> None:
    body = 'with op.get_context().autocommit_block():\n    op.execute("VACUUM users")'
    (history,) = histories({"versions/a.py": revision("a", None, body)})
    assert not history.migrations[0].transactional


def test_symlinks_and_paths_out_of_the_tree_are_not_read() -> None:
    text = revision("a", None, "pass")
    listing, content = tree({"versions/a.py": text, "../versions/b.py": text})
    listing["versions/c.py"] = TreeEntry("120000", "0" * 40)
    asked: list[str] = []

    def reader(path: str) -> bytes | None:
        asked.append(path)
        return content(path)

    read(listing, reader)
    assert asked == ["versions/a.py"]


def test_what_a_range_did() -> None:
    old = histories(
        {key: CHAIN[key] for key in list(CHAIN)[:2]}
        | {"db/versions/x.py": revision("x", "2b", _USERS)}
    )
    edited = {
        "db/versions/1a_users.py": CHAIN["db/versions/1a_users.py"],
        "db/versions/2b_plan.py": revision(
            "2b", "1a", _ADD + "\n" + _ADD.replace("plan", "more"), _DROP
        ),
        "db/versions/3c_less.py": CHAIN["db/versions/3c_less.py"],
    }
    (changed,) = added(old, histories(edited))
    assert [one.id for one in changed.added] == ["3c"]
    assert [one.id for one in changed.edited] == ["2b"]
    assert [one.id for one in changed.removed] == ["x"]
    assert changed.renamed == ()


def test_a_new_id_for_the_same_is_a_rename() -> None:
    old = histories(CHAIN)
    files = {
        **CHAIN,
        "db/versions/4d_less.py": CHAIN["db/versions/3c_less.py"].replace('"3c"', '"4d"'),
    }
    del files["db/versions/3c_less.py"]
    (changed,) = added(old, histories(files))
    assert [(one.id, other.id) for one, other in changed.renamed] == [("3c", "4d")]
    assert (changed.added, changed.removed) == ((), ())
    assert added(old, old) == ()


def test_inverse_by_its_own_downgrade() -> None:
    (history,) = histories(CHAIN)
    files = {key: CHAIN[key] for key in list(CHAIN)[:2]}
    rendered = inverse(histories(files)[0], ["2b"], *tree(files))
    assert rendered.complete
    assert rendered.reads_as == "release"
    assert rendered.loses == ("column users.plan and its values",)
    assert rendered.path == f"db/versions/{rendered.id}_undo_plan.py"
    text = rendered.content.decode()
    assert 'down_revision = "2b"' in text
    assert ast.unparse(ast.parse(text).body[-2]).endswith("op.drop_column('users', 'plan')")
    assert history.heads == ("3c",)


def test_inverse_from_earlier_definitions() -> None:
    (history,) = histories(CHAIN)
    rendered = inverse(history, ["3c"], *tree(CHAIN))
    text = rendered.content.decode()
    assert rendered.complete
    assert rendered.reads_as == "provide"
    column = "sa.Column('plan', sa.String(20), nullable=False, server_default='free')"
    expected = f"op.add_column('users', {column})"
    assert expected in text
    assert any("values of users.plan do not come back" in one for one in rendered.cautions)


def test_the_inverse_is_the_next_head_and_itself_inverts() -> None:
    (history,) = histories(CHAIN)
    rendered = inverse(history, ["2b", "3c"], *tree(CHAIN))
    files = {**CHAIN, rendered.path: rendered.content.decode()}
    (after,) = histories(files)
    assert after.heads == (rendered.id,)
    made = after.find(rendered.id)
    assert made is not None
    assert made.parents == ("3c",)
    assert made.lint.verdict in {"inverse", "lossy"}
    again = inverse(history, ["3c", "2b"], *tree(CHAIN))
    assert again == rendered


def test_what_cannot_be_inverted_is_a_gap() -> None:
    added_value = "op.execute(\"ALTER TYPE mood ADD VALUE 'z'\")"
    body = f'op.drop_column("elsewhere", "x")\n{added_value}\nop.drop_table("old")'
    files = {"versions/a.py": revision("a", None, body)}
    rendered = inverse(histories(files)[0], ["a"], *tree(files))
    assert not rendered.complete
    assert rendered.gaps == (
        "versions/a.py:10: how elsewhere.x was defined is in no migration that can be read",
        "versions/a.py:11: no database takes the value z out of type mood again",
        "versions/a.py:12: how table old was made is in no migration that can be read",
    )


def test_one_that_stays_in_between_is_respected() -> None:
    files = {
        **{key: CHAIN[key] for key in list(CHAIN)[:2]},
        "db/versions/3c_name.py": revision(
            "3c", "2b", 'op.alter_column("users", "plan", new_column_name="tier")', "pass"
        ),
    }
    rendered = inverse(histories(files)[0], ["2b"], *tree(files))
    assert rendered.gaps == ("db/versions/2b_plan.py:14: column users.plan is not there",)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("2b_plan.py", "{id}_undo_plan.py"),
        ("2024_05_06_0708-2b_plan.py", "2024_05_06_0708-{id}_undo_plan.py"),
        ("0002_plan.py", "0003_undo_plan_{id}.py"),
    ],
)
def test_file_names_are_as_in_the_folder(last: str, expected: str) -> None:
    files = {
        "versions/1a_users.py": CHAIN["db/versions/1a_users.py"],
        f"versions/{last}": revision("2b", "1a", _ADD, _DROP),
    }
    rendered = inverse(histories(files)[0], ["2b"], *tree(files))
    assert rendered.path == "versions/" + expected.format(id=rendered.id)


def test_helpers_and_imports_come_along() -> None:
    top = (
        "import json as j\n\nTABLE = 'users'\n\ndef gone(name):\n    op.drop_column(TABLE, name)\n"
    )
    files = {
        **{key: CHAIN[key] for key in list(CHAIN)[:1]},
        "db/versions/2b_plan.py": revision(
            "2b", "1a", f"j.dumps({{}})\n{_ADD}", 'gone("plan")', top
        ),
        "db/versions/3c_two.py": revision(
            "3c", "2b", 'op.drop_table("users")', "pass", "TABLE = 'other'\n"
        ),
    }
    (history,) = histories(files)
    text = inverse(history, ["2b", "3c"], *tree(files)).content.decode()
    names = {one.name for one in ast.parse(text).body if isinstance(one, ast.FunctionDef)}
    assert names == {"gone", "_undo_3c", "_undo_2b", "_redo_2b", "_redo_3c", "upgrade", "downgrade"}
    assert "import json as j" in text
    assert "TABLE = 'users'" in text


def test_hostile_ids_stay_data() -> None:
    hostile = 'x"""\nimport os\n"'
    text = revision("KEY", None, _USERS, "pass").replace('"KEY"', repr(hostile))
    files = {"versions/a.py": text}
    (history,) = histories(files)
    rendered = inverse(history, [hostile], *tree(files))
    body = ast.parse(rendered.content.decode()).body
    imported = [alias.name for one in body if isinstance(one, ast.Import) for alias in one.names]
    assert imported == ["sqlalchemy"]
    assert {
        one.id
        for one in histories({**files, rendered.path: rendered.content.decode()})[0].migrations
    } == {
        hostile,
        rendered.id,
    }


def test_ids_that_are_unknown_are_refused() -> None:
    (history,) = histories(CHAIN)
    for ids in ([], ["nope"]):
        with pytest.raises(ValueError, match=r"no migration|nope"):
            inverse(history, ids, *tree(CHAIN))
    assert ENTRY.mode == "100644"
