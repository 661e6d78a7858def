"""Templates: the file that a name means, the keywords that it uses, the templates it builds on."""

from __future__ import annotations

from blastradius.bridges.base import View
from blastradius.bridges.templates import link, read
from blastradius.index.link import Options
from blastradius.model.symbols import Edge
from tests.linkedtree import Texts, files_of

PAGE = """\
{% extends "base.html" %}
{% for row in rows %}
  {{ row.name | upper }} {{ user.name }} {% set total = 1 %}{{ total }}
{% endfor %}
"""


def edges(texts: Texts) -> set[tuple[str, str, str, str]]:
    options = Options((), "", frozenset(texts), lambda path: texts[path].encode())
    files = files_of({path: text for path, text in texts.items() if not path.endswith(".html")})
    found: tuple[Edge, ...] = link(View(files, frozenset(texts), {}, (), options)).edges
    return {(one.kind, one.source, one.target, one.tier) for one in found}


def test_the_names_of_a_template_need_the_keywords_of_its_rendering() -> None:
    texts = {
        "app.py": 'def show():\n    return render_template("show.html", rows=1, user=2, unused=3)\n',
        "templates/show.html": PAGE,
        "templates/base.html": "<p>{{ user }}</p>\n",
    }
    page = "file:templates/show.html"
    assert edges(texts) == {
        ("path", "python:app.py#show", page, "certain"),
        ("include", page, "file:templates/base.html", "certain"),
        ("field", page, "python:app.py#show[rows]", "certain"),
        ("field", page, "python:app.py#show[user]", "certain"),
    }


def test_a_context_made_as_a_mapping_gives_its_keys() -> None:
    texts = {
        "app.py": 'def show(r):\n    return render(r, "show.html", {"rows": 1, "other": 2})\n',
        "templates/show.html": "{{ rows }}\n",
    }
    assert ("field", "file:templates/show.html", "python:app.py#show[rows]", "certain") in edges(
        texts
    )


def test_two_templates_of_one_name_leave_it_open() -> None:
    texts = {
        "app.py": 'def show():\n    return render_template("show.html")\n',
        "a/templates/show.html": "",
        "b/templates/show.html": "",
    }
    assert {tier for _, _, _, tier in edges(texts)} == {"heuristic"}


def test_what_a_template_binds_itself_is_not_asked_for() -> None:
    found = read(PAGE.encode())
    assert [name for name, _ in found.names] == ["rows", "user"]
    assert found.files == (("base.html", 1),)


def test_hostile_templates_are_read_in_bounds() -> None:
    assert read(b"{{" * 100_000 + b"\xff").names == ()
    assert len(read(b"{{ a }}" * 50_000).names) == 1
