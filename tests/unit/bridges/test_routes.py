from __future__ import annotations

import pytest

from blastradius.bridges.route_table import fit, segments_of
from tests.linkedtree import edges_of

FLASK = """from flask import Flask
app = Flask(__name__)

@app.route("/api/users/<int:id>", methods=["GET", "DELETE"])
def user(id):
    return {}

@app.route("/api/users", methods=["POST"])
def add_user():
    return {}

@app.get("/api/users/me")
def me():
    return {}
"""


def routes(texts: dict[str, str]) -> set[tuple[str, str, str]]:
    return {
        (edge.needs, edge.target.partition(":")[2], edge.tier) for edge in edges_of(texts, "route")
    }


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("fetch(`/api/users/${id}`)", ("/api/users/{}", "app.py#user", "likely")),
        ("fetch('/api/users/' + id)", ("/api/users/{}", "app.py#user", "likely")),
        (
            "fetch('/api/users/' + id, { method: 'DELETE' })",
            ("/api/users/{}", "app.py#user", "likely"),
        ),
        ("axios.post('/api/users', data)", ("/api/users", "app.py#add_user", "likely")),
        ("axios.get('api/users/me?x=1')", ("/api/users/me", "app.py#me", "likely")),
        (
            "axios({ method: 'post', url: '/api/users' })",
            ("/api/users", "app.py#add_user", "likely"),
        ),
        ("useSWR('/api/users/me', fetcher)", ("/api/users/me", "app.py#me", "heuristic")),
        ("fetch(`${BASE}/api/users/me`)", ("{}/api/users/me", "app.py#me", "heuristic")),
        ("fetch('/api/users/7')", ("/api/users/7", "app.py#user", "heuristic")),
    ],
)
def test_a_request_leads_to_what_answers_it(client: str, expected: tuple[str, str, str]) -> None:
    assert routes({"app.py": FLASK, "web/a.ts": f"export const go = () => {client};"}) == {expected}


@pytest.mark.parametrize(
    "client",
    [
        "fetch(`/api/users/${id}`, { method: 'PUT' })",
        "axios.get('/api/other')",
        "fetch('/api/users/1/2')",
        "fetch(`${BASE}/users`)",
        "fetch('https://example.org/api/users/me')",
        "map.get('/api/users/me')",
        "say('/api/users/me')",
        "fetch(`/${a}/${b}/${c}`)",
    ],
)
def test_what_nothing_answers_is_no_edge(client: str) -> None:
    assert routes({"app.py": FLASK, "web/a.ts": f"export const go = () => {client};"}) == set()


def test_the_user_is_the_function_that_asks() -> None:
    texts = {
        "app.py": FLASK,
        "a.ts": "export function load() {\n  return fetch('/api/users/me');\n}",
    }
    (edge,) = edges_of(texts, "route")
    assert (edge.source, edge.path, edge.line) == ("javascript:a.ts#load", "a.ts", 2)
    assert edge.confidence == 0.9


def test_fastapi_routers_may_have_a_prefix_elsewhere() -> None:
    api = "@router.get('/items/{item_id}')\nasync def item(item_id: int): ...\n"
    one = {"api.py": api, "a.ts": "fetch(`/items/${id}`);"}
    assert routes(one) == {("/items/{}", "api.py#item", "heuristic")}
    deep = api.replace("/items/", "/shop/items/")
    tail = {"api.py": deep, "a.ts": "fetch(`/api/v1/shop/items/${id}`);"}
    assert routes(tail) == {("/api/v1/shop/items/{}", "api.py#item", "heuristic")}


def test_lists_of_routes() -> None:
    texts = {
        "views.py": "def detail(request, pk): ...\ndef other(request): ...\n",
        "urls.py": "from django.urls import path, re_path\nimport views\nurlpatterns = [\n"
        '    path("api/users/<int:pk>/", views.detail),\n'
        '    re_path(r"^api/other/(?P<x>[0-9]+)/$", views.other),\n]\n',
        "a.ts": "fetch(`/api/users/${id}/`); axios.get('/api/other/' + x);",
    }
    assert {(needs, target) for needs, target, _ in routes(texts)} == {
        ("/api/users/{}/", "views.py#detail"),
        ("/api/other/{}", "views.py#other"),
    }


def test_resources_answer_by_method() -> None:
    texts = {
        "res.py": "class Users:\n    def get(self): ...\n    def post(self): ...\n",
        "api.py": "from res import Users\napi.add_resource(\n    Users,\n    '/api/users/<id>',\n)\n",
        "a.ts": "axios.post('/api/users/' + id); axios.delete('/api/users/' + id);",
    }
    assert {target for _, target, _ in routes(texts)} == {"res.py#Users.post", "res.py#Users"}


def test_a_server_in_javascript() -> None:
    texts = {
        "server.js": "app.get('/api/a/:id', show);\nrouter.post('/b', (req, res) => res.end());\n"
        "function show() {}\n",
        "web.ts": "fetch(`/api/a/${id}`); axios.post('/b', {});",
    }
    assert routes(texts) == {
        ("/api/a/{}", "server.js#GET /api/a/:id", "likely"),
        ("/b", "server.js#POST /b", "heuristic"),
    }
    handler = [one.target for one in edges_of(texts, "reference") if one.path == "server.js"]
    assert "javascript:server.js#show" in handler


def test_a_decorated_controller() -> None:
    texts = {
        "cats.ts": "@Controller('cats')\nexport class Cats {\n  @Get(':id')\n  one() {}\n}\n",
        "web.ts": "axios.get(`/cats/${id}`);",
    }
    assert {target for _, target, _ in routes(texts)} == {"cats.ts#Cats.one"}


def test_the_folders_of_next() -> None:
    texts = {
        "web/next.config.js": "module.exports = {};",
        "web/src/pages/api/hello/[name].ts": "export default function handler(req, res) {}",
        "web/src/pages/about/index.tsx": "export default function About() { return <a/>; }",
        "web/src/app/(shop)/api/cart/[id]/route.ts": "export async function PUT() {}",
        "web/src/app/cart/[...rest]/page.tsx": "export default function Cart() { return <a/>; }",
        "web/src/x.tsx": "fetch(`/api/hello/${n}`); fetch('/api/cart/' + i, { method: 'PUT' });\n"
        "export const a = <Link href='/about'/>;\nrouter.push('/cart/7');",
        "other/y.ts": "fetch(`/api/hello/${n}`);",
    }
    assert routes(texts) == {
        ("/api/hello/{}", "web/src/pages/api/hello/[name].ts#handler", "likely"),
        ("/api/cart/{}", "web/src/app/(shop)/api/cart/[id]/route.ts#PUT", "likely"),
        ("/about", "web/src/pages/about/index.tsx#About", "likely"),
        ("/cart/7", "web/src/app/cart/[...rest]/page.tsx#Cart", "heuristic"),
    }


def test_two_routes_for_one_address_leave_it_open() -> None:
    texts = {
        "one.js": "app.get('/api/x', (req, res) => 1);",
        "two.js": "app.get('/api/x', (req, res) => 2);",
        "web.ts": "fetch('/api/x');",
    }
    assert {(target, tier) for _, target, tier in routes(texts)} == {
        ("one.js#GET /api/x", "heuristic"),
        ("two.js#GET /api/x", "heuristic"),
    }


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/api/users/<int:id>", ("api", "users", "*")),
        ("/files/{name:path}", ("files", "**")),
        ("/u/:id/", ("u", "*")),
        ("^users/(?P<pk>\\d+)/$", ("users", "*")),
        ("blog/[...slug]", ("blog", "**")),
        ("/a/b?x=1", ("a", "b")),
        ("/", ()),
    ],
)
def test_segments(url: str, expected: tuple[str, ...]) -> None:
    assert segments_of(url) == expected


def test_words_count_and_parameters_alone_do_not_fit() -> None:
    assert fit(("a", "b"), ("a", "b")) > fit(("a", "b"), ("a", "*")) > 0
    assert fit(("*",), ("*",)) == 0
    assert fit(("a",), ("a", "b")) == fit(("a", "b"), ("a",)) == 0
    assert fit(("a", "*"), ("a", "b")) == 0
    assert fit(("a", "b", "c"), ("a", "**")) > 0


def test_prefixes_that_python_mounts_its_routers_under() -> None:
    texts = {
        "items.py": "from fastapi import APIRouter\nrouter = APIRouter()\n"
        "@router.get('/{id}')\ndef read(id): ...\n@router.put('/{id}')\ndef write(id): ...\n",
        "shop.py": "from fastapi import APIRouter\nrouter = APIRouter(prefix='/shop/carts')\n"
        "@router.get('/{id}')\ndef cart(id): ...\n",
        "main.py": "import items\nimport shop\napi.include_router(items.router, prefix='/items')\n"
        "api.include_router(shop.router)\n",
        "a.ts": "request(OpenAPI, { method: 'GET', url: '/api/v1/items/{id}' });\n"
        "axios.put(`/items/${i}`); axios.get(`/shop/carts/${i}`);",
    }
    assert routes(texts) == {
        ("/api/v1/items/{id}", "items.py#read", "heuristic"),
        ("/items/{}", "items.py#write", "heuristic"),
        ("/shop/carts/{}", "shop.py#cart", "likely"),
    }
