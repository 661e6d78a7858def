"""Random histories of a small project whose every state is consistent, and who can tell by itself.

The project has functions in ``lib.py``, their users in ``app.py`` (one import line) and ``jobs.py``
(an import for each), a query ``mid.sql`` and one on top of it, and a file that code opens. What is
broken in a tree is told by reading its few forms, with none of the package's code.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable, Mapping

from msgspec import Struct

Files = dict[str, str]
Problem = tuple[str, str, str]


class Function(Struct):
    """A function of ``lib.py``: its parameters and what it returns."""

    name: str
    params: list[str]
    value: int

    def text(self) -> str:
        head = ", ".join([*self.params[:1], *(f"{one}=0" for one in self.params[1:])])
        return f"def {self.name}({head}):\n    found = {self.value}\n    return found\n"


class Project:
    """A project that changes at random, and is consistent after each change."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.functions = [Function(f"first{n}", ["rows"], n) for n in range(2)]
        self.app: list[tuple[str, str]] = [("first0", "")]
        self.jobs: list[tuple[str, str]] = []
        self.columns = ["id", "name"]
        self.selected = ["id"]
        self.settings: list[str] = []
        self._count = 0

    def files(self) -> Files:
        """Return path → text of the project as it is."""
        found = {
            "lib.py": "\n\n".join(one.text() for one in self.functions) or "EMPTY = True\n",
            "app.py": _app(self.app),
            "jobs.py": _jobs(self.jobs),
            "mid.sql": _query("mid", self.columns, "raw.source"),
            "top.sql": _query("top", self.selected, "mid"),
        }
        for name in self.settings:
            found[f"conf/{name}.yaml"] = f"name: {name}\nsize: 3\n"
        if self.settings:
            calls = "".join(
                f'\n\ndef read_{name}():\n    return open("conf/{name}.yaml").read()\n'
                for name in self.settings
            )
            found["reader.py"] = f"READERS = True\n{calls}"
        return found

    def step(self) -> None:
        """Change one to three things."""
        for _ in range(self.chance.choice([1, 1, 1, 2, 3])):
            self.chance.choice(
                [
                    self._add, self._add, self._use, self._use, self._use, self._unuse, self._drop,
                    self._rename, self._edit, self._parameter, self._column, self._select,
                    self._select, self._unselect, self._setting, self._unset,
                ]
            )()  # fmt: skip

    def _fresh(self, stem: str) -> str:
        self._count += 1
        return f"{stem}{self._count}"

    def _add(self) -> None:
        at = self.chance.randrange(len(self.functions) + 1)
        self.functions.insert(at, Function(self._fresh("made"), ["rows"], self._count))

    def _use(self) -> None:
        if self.functions:
            one = self.chance.choice(self.functions)
            user = self.chance.choice([self.app, self.jobs])
            extra = one.params[-1] if len(one.params) > 1 and self.chance.random() < 0.7 else ""
            if (one.name, extra) not in user:
                user.insert(self.chance.randrange(len(user) + 1), (one.name, extra))

    def _unuse(self) -> None:
        user = self.chance.choice([self.app, self.jobs])
        if user:
            user.remove(self.chance.choice(user))

    def _drop(self) -> None:
        used = {name for name, _ in [*self.app, *self.jobs]}
        free = [one for one in self.functions if one.name not in used]
        if free:
            self.functions.remove(self.chance.choice(free))

    def _rename(self) -> None:
        if self.functions:
            one = self.chance.choice(self.functions)
            old, one.name = one.name, self._fresh("named")
            for user in (self.app, self.jobs):
                user[:] = [(one.name if name == old else name, extra) for name, extra in user]

    def _edit(self) -> None:
        if self.functions:
            self.chance.choice(self.functions).value += 100

    def _parameter(self) -> None:
        if self.functions:
            one = self.chance.choice(self.functions)
            if len(one.params) == 1:
                one.params.append("strict")

    def _column(self) -> None:
        self.columns.append(self._fresh("column"))

    def _select(self) -> None:
        free = [one for one in self.columns if one not in self.selected]
        if free:
            self.selected.append(self.chance.choice(free))

    def _unselect(self) -> None:
        if len(self.selected) > 1:
            self.selected.remove(self.chance.choice(self.selected[1:]))
        free = [one for one in self.columns[1:] if one not in self.selected]
        if free and self.chance.random() < 0.5:
            self.columns.remove(self.chance.choice(free))

    def _setting(self) -> None:
        self.settings.append(self._fresh("settings"))

    def _unset(self) -> None:
        if self.settings:
            self.settings.remove(self.chance.choice(self.settings))


def _app(uses: list[tuple[str, str]]) -> str:
    names = ", ".join(dict.fromkeys(name for name, _ in uses))
    lines = [f"from lib import {names}\n" if names else "import lib\n"]
    lines += [_call(name, extra) for name, extra in uses]
    return "\n\n".join(lines)


def _jobs(uses: list[tuple[str, str]]) -> str:
    names = dict.fromkeys(name for name, _ in uses)
    head = "".join(f"from lib import {name}\n" for name in names) or "import lib\n"
    return "\n\n".join([head, *(_call(name, extra) for name, extra in uses)])


def _call(name: str, extra: str) -> str:
    given = f", {extra}=1" if extra else ""
    return f"def run_{name}{'_' + extra if extra else ''}():\n    return {name}([]{given})\n"


def _query(name: str, columns: list[str], source: str) -> str:
    listed = ",\n".join(f"    {one}" for one in columns)
    return f"create view {name} as\nselect\n{listed}\nfrom {source};\n"


def problems(read: Callable[[str], str | None], paths: Mapping[str, object]) -> set[Problem]:
    """Return what is broken in a tree: (file, where, what is missing)."""
    found: set[Problem] = set()
    try:
        library = ast.parse(read("lib.py") or "")
    except SyntaxError:
        return {("lib.py", "syntax", "")}
    known = {one.name: one for one in library.body if isinstance(one, ast.FunctionDef)}
    for path in ("app.py", "jobs.py"):
        found |= _python_problems(path, ast.parse(read(path) or ""), known)
    columns = _columns(read("mid.sql"))
    found |= {("top.sql", one, "mid") for one in _columns(read("top.sql")) if one not in columns}
    for path in re.findall(r'open\("(.*?)"\)', read("reader.py") or ""):
        if path not in paths:
            found.add(("reader.py", path, "file"))
    return found


def _python_problems(
    path: str, tree: ast.Module, known: Mapping[str, ast.FunctionDef]
) -> set[Problem]:
    found: set[Problem] = set()
    imported = {
        alias.name for one in tree.body if isinstance(one, ast.ImportFrom) for alias in one.names
    }
    found |= {(path, "import", name) for name in imported if name not in known}
    for one in tree.body:
        for call in ast.walk(one) if isinstance(one, ast.FunctionDef) else ():
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            name = call.func.id
            if name not in imported:
                found.add((path, call.func.id, "name"))
                continue
            params = {arg.arg for arg in known[name].args.args} if name in known else set()
            found |= {
                (path, name, word.arg or "") for word in call.keywords if word.arg not in params
            }
    return found


def _columns(text: str | None) -> list[str]:
    inside = re.search(r"select\n(.*?)\nfrom", text or "", re.DOTALL)
    return [one.strip() for one in inside[1].split(",")] if inside else []
