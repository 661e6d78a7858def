"""What breaks if something goes, mechanism by mechanism: the files, asked in both directions.

Each case is two versions of a library and a user that stays. The expected files are those in which a
type checker reports an error that it did not report before.
"""

from __future__ import annotations

import pytest

from blastradius.changes.breaks import Dangling, dangling
from blastradius.changes.origins import surviving_lines
from tests.linkedtree import Texts, snapshot_of


def undone(head: Texts, reverted: Texts, base: Texts | None = None) -> list[Dangling]:
    """Return what dangles after head → reverted; base is the reverted tree when not given."""
    before = reverted if base is None else base

    def lines(old: Texts, new: Texts, path: str) -> dict[int, int]:
        if path not in old or path not in new:
            return {}
        return surviving_lines(old[path].encode(), new[path].encode())

    return dangling(
        snapshot_of(before),
        snapshot_of(head),
        snapshot_of(reverted),
        {path for path in {*head, *reverted} if head.get(path) != reverted.get(path)},
        (lambda path: lines(before, reverted, path), lambda path: lines(head, reverted, path)),
    )


def certain(found: list[Dangling]) -> set[str]:
    return {one.path for one in found if one.tier == "certain"}


def told(found: list[Dangling]) -> set[str]:
    return {one.path for one in found}


CALLS = "from lib import f\n\n\ndef use():\n    return f(1, 2)\n"
KEYWORD = "from lib import f\n\n\ndef use():\n    return f(1, b=2)\n"
MAKES = "from lib import C\n\n\ndef use():\n    return C(1)\n"

BREAKING = {
    "function removed": ("def f(a, b): ...\n", "", CALLS),
    "function renamed": ("def f(a, b): ...\n", "def g(a, b): ...\n", CALLS),
    "parameter removed": ("def f(a, b): ...\n", "def f(a): ...\n", CALLS),
    "keyword removed": ("def f(a, b): ...\n", "def f(a): ...\n", KEYWORD),
    "keyword renamed": ("def f(a, b=1): ...\n", "def f(a, c=1): ...\n", KEYWORD),
    "parameter added without default": (
        "def f(a, b): ...\n",
        "def f(a, b, c): ...\n",
        CALLS,
    ),
    "default lost": ("def f(a, b, c=1): ...\n", "def f(a, b, c): ...\n", CALLS),
    "parameter made keyword-only": (
        "def f(a, b): ...\n",
        "def f(a, *, b): ...\n",
        CALLS,
    ),
    "parameter made positional-only": (
        "def f(a, b): ...\n",
        "def f(a, b, /): ...\n",
        KEYWORD,
    ),
    "constructor's parameter removed": (
        "class C(Exception):\n    def __init__(self, a): ...\n",
        "class C(Exception):\n    def __init__(self): ...\n",
        MAKES,
    ),
    "constructor gone": (
        "class C:\n    def __init__(self, a): ...\n",
        "class C:\n    pass\n",
        MAKES,
    ),
    "constructor came back": (
        "class C:\n    def __init__(self, a): ...\n",
        "class C:\n    def __init__(self, a, b): ...\n",
        MAKES,
    ),
    "base gone": (
        "class A:\n    def m(self): ...\n\n\nclass C(A):\n    pass\n",
        "class A:\n    def m(self): ...\n\n\nclass C:\n    pass\n",
        "from lib import C\n\n\nclass D(C):\n    def use(self):\n        return self.m()\n",
    ),
    "base class gone whole": (
        "class A:\n    pass\n",
        "",
        "from lib import A\n\n\nclass B(A):\n    pass\n",
    ),
    "attribute of a class": (
        "class C:\n    a = 1\n    b = 2\n",
        "class C:\n    b = 2\n",
        "from lib import C\n\nX = C.a\n",
    ),
    "attribute that __init__ set": (
        "class C:\n    def __init__(self):\n        self.a = 1\n        self.b = 2\n",
        "class C:\n    def __init__(self):\n        self.b = 2\n",
        "from lib import C\n\n\nclass D(C):\n    def use(self):\n        return self.a\n",
    ),
    "enum member": (
        "import enum\n\n\nclass E(enum.Enum):\n    A = 1\n    B = 2\n",
        "import enum\n\n\nclass E(enum.Enum):\n    A = 1\n",
        "from lib import E\n\nX = E.B\n",
    ),
    "exception that is caught": (
        "class Lost(Exception):\n    pass\n",
        "",
        "import lib\n\n\ndef use():\n    try:\n        pass\n    except lib.Lost:\n        pass\n",
    ),
    "module constant": ("A = 1\nB = 2\n", "A = 1\n", "import lib\n\nX = lib.B\n"),
    "annotation only": (
        "class C:\n    pass\n",
        "",
        "from __future__ import annotations\nimport lib\n\n\ndef use(a: lib.C): ...\n",
    ),
    "quoted annotation": (
        "class C:\n    pass\n",
        "",
        "import lib\n\n\ndef use(a: 'lib.C'): ...\n",
    ),
    "name that the module only imports": (
        "import os\nfrom other import f\n\n\ndef g():\n    return f()\n",
        "import os\n\n\ndef g():\n    return 1\n",
        CALLS,
    ),
    "decorator": (
        "def wrap(f):\n    return f\n",
        "",
        "import lib\n\n\n@lib.wrap\ndef use(): ...\n",
    ),
    "static method": (
        "class C:\n    @staticmethod\n    def make(): ...\n",
        "class C:\n    pass\n",
        "from lib import C\n\nX = C.make()\n",
    ),
}


@pytest.mark.parametrize("case", BREAKING)
def test_a_user_that_stays_breaks_for_certain(case: str) -> None:
    before, after, user = BREAKING[case]
    shared = {"other.py": "def f(*a): ...\n", "app.py": user}
    found = undone(
        {"lib.py": f"{before}KEPT = 1\n", **shared}, {"lib.py": f"{after}KEPT = 1\n", **shared}
    )
    assert certain(found) == {"app.py"}


QUIET = {
    "parameter reordered, passed by keyword": (
        "def f(a, b): ...\n",
        "def f(b, a): ...\n",
        "from lib import f\n\nX = f(a=1, b=2)\n",
    ),
    "parameter that nobody passes": (
        "def f(a, b, c=1): ...\n",
        "def f(a, b): ...\n",
        CALLS,
    ),
    "parameter with default came": ("def f(a, b): ...\n", "def f(a, b, c=1): ...\n", CALLS),
    "method moved to the base": (
        "class A:\n    pass\n\n\nclass C(A):\n    def m(self): ...\n",
        "class A:\n    def m(self): ...\n\n\nclass C(A):\n    pass\n",
        "from lib import C\n\n\nclass D(C):\n    def use(self):\n        return self.m()\n",
    ),
    "defined before, imported now": (
        "def f(a, b): ...\n",
        "from other import f\n",
        CALLS,
    ),
    "function became a class": (
        "def f(a, b): ...\n",
        "class f:\n    def __init__(self, a, b): ...\n",
        CALLS,
    ),
    "gone, and the user reckons with it": (
        "def f(a, b): ...\n",
        "",
        "try:\n    from lib import f\nexcept ImportError:\n    f = None\n",
    ),
    "call that was wrong already": (
        "def f(a): ...\n",
        "def f(a):\n    return a\n",
        "from lib import f\n\nX = f(1, 2)\n",
    ),
}


@pytest.mark.parametrize("case", QUIET)
def test_what_still_fits_breaks_nothing(case: str) -> None:
    before, after, user = QUIET[case]
    shared = {"other.py": "def f(*a): ...\n", "app.py": user}
    assert certain(undone({"lib.py": before, **shared}, {"lib.py": after, **shared})) == set()


def test_a_module_that_goes_takes_its_importers_along() -> None:
    app = "from lib import f\n\n\ndef use():\n    return f()\n"
    assert certain(undone({"lib.py": "def f(): ...\n", "app.py": app}, {"app.py": app})) == {
        "app.py"
    }


def test_a_module_that_became_a_package_serves_as_before() -> None:
    app = "from lib import f\n\n\ndef use():\n    return f()\n"
    text = "def f(): ...\n"
    head = {"lib.py": text, "app.py": app}
    assert told(undone(head, {"lib/__init__.py": text, "app.py": app})) == set()
    hop = {"lib/__init__.py": "from lib.core import f\n", "lib/core.py": text, "app.py": app}
    assert certain(undone(head, hop)) == set()


def test_a_reexport_that_goes_is_missed_where_the_name_is_imported_from() -> None:
    shared = {"pkg/core.py": "def f(): ...\n", "app.py": "from pkg import f\n\nX = f()\n"}
    head = {"pkg/__init__.py": "from pkg.core import f\n", **shared}
    assert certain(undone(head, {"pkg/__init__.py": "", **shared})) == {"app.py"}


def test_a_line_that_stays_misses_the_import_that_goes() -> None:
    head = {"app.py": "import os\nimport sys\n\n\ndef f():\n    return sys.path\n"}
    found = undone(head, {"app.py": "import os\n\n\ndef f():\n    return sys.path\n"})
    assert [(one.path, one.line, one.reason, one.needs) for one in found] == [
        ("app.py", 6, "reference", "sys")
    ]


def test_a_line_that_comes_back_misses_the_import_that_went() -> None:
    base = {"app.py": "import sys\n\n\ndef f():\n    return sys.path\n"}
    head = {"app.py": "def f():\n    return 1\n"}
    reverted = {"app.py": "def f():\n    return sys.path\n"}
    (found,) = undone(head, reverted, base)
    assert (found.line, found.reason, found.needs, found.tier) == (
        2,
        "restored-use",
        "sys",
        "certain",
    )


def test_restored_text_misses_what_was_renamed_meanwhile() -> None:
    base = {"lib.py": "def old(): ...\n", "app.py": "import lib\n\nX = lib.old()\n"}
    head = {"lib.py": "def new(): ...\n", "app.py": "X = 1\n"}
    reverted = {"lib.py": "def new(): ...\n", "app.py": "import lib\n\nX = lib.old()\n"}
    assert certain(undone(head, reverted, base)) == {"app.py"}


def test_restored_text_finds_a_name_by_another_way() -> None:
    base = {"lib.py": "def f(): ...\n", "app.py": "from lib import f\n\nX = f()\n"}
    head = {"lib.py": "from core import f\n", "core.py": "def f(): ...\n", "app.py": "X = 1\n"}
    reverted = {**head, "app.py": base["app.py"]}
    assert undone(head, reverted, base) == []


def test_a_class_that_may_have_any_attribute_leaves_the_break_likely_at_most() -> None:
    head = {
        "lib.py": "class C:\n    a = 1\n\n    def __getattr__(self, name): ...\n",
        "app.py": "from lib import C\n\nX = C().a\n",
    }
    reverted = {**head, "lib.py": "class C:\n    def __getattr__(self, name): ...\n"}
    assert certain(undone(head, reverted)) == set()


def test_a_function_of_another_name_around_the_same_line_is_no_break() -> None:
    body = "\n    class Own:\n        pass\n\n    return Own()\n"
    head, reverted = {"app.py": f"def new():{body}"}, {"app.py": f"def old():{body}"}
    assert undone(head, reverted) == []


def test_a_stub_does_not_break_when_its_module_loses_a_name() -> None:
    stub = {"lib.pyi": "def f() -> int: ...\n"}
    assert undone({"lib.py": "def f(): ...\n", **stub}, {"lib.py": "X = 1\n", **stub}) == []


def test_old_text_that_was_wrong_before_is_not_the_undoings_doing() -> None:
    lib = "import helper\n\n\ndef f():\n    return helper.gone()\n"
    base = {"helper.py": "X = 1\n", "lib.py": lib}
    head = {"helper.py": "X = 1\n", "lib.py": "Y = 1\n"}
    reverted = {"helper.py": "X = 1\nZ = 1\n", "lib.py": lib + "Y = 1\n"}
    assert undone(head, reverted, base) == []


def test_an_item_that_goes_takes_along_what_it_says_by_an_alias() -> None:
    shared = {"pkg/__init__.py": "", "pkg/a.py": "class A: ...\n"}
    kept = "jobs:\n- name: a\n  run: &run\n    operator: pkg.a.A\n    more: pkg.b.B\n"
    head = {
        "jobs.yaml": kept + "- name: b\n  run: *run\n",
        "pkg/b.py": "class B: ...\n",
        **shared,
    }
    found = undone(head, {**shared, "jobs.yaml": kept})
    assert {one.symbol for one in found} <= {
        "yaml:jobs.yaml#jobs[0].run.more",
        "yaml:jobs.yaml#jobs[0].run",
    }


def test_a_column_that_the_file_never_writes_is_missed_by_nobody_there() -> None:
    head = {
        "a.sql": "CREATE VIEW a AS SELECT x, y FROM raw;\n",
        "b.sql": "CREATE VIEW b AS SELECT DISTINCT * FROM a;\n",
        "c.sql": "CREATE VIEW c AS SELECT y FROM a;\n",
    }
    reverted = {**head, "a.sql": "CREATE VIEW a AS SELECT x FROM raw;\n"}
    snapshots = snapshot_of(reverted), snapshot_of(head), snapshot_of(reverted)
    found = dangling(
        *snapshots,
        {"a.sql"},
        (lambda _: {}, lambda _: {}),
        lambda path: head[path].encode(),
    )
    assert {one.path for one in found} == {"c.sql"}
