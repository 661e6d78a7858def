"""What code does outside: flags, cache keys, third parties; what is built, published, piped."""

from __future__ import annotations

import pytest

from tests.changedtree import found

LD = "import ldclient\n"


@pytest.mark.parametrize(
    ("path", "text", "tool", "key"),
    [
        ("a.py", "if posthog.feature_enabled('new-ui', user): pass\n", "posthog", "new-ui"),
        ("a.tsx", "const on = useFeatureFlagEnabled('new-ui')\n", "posthog", "new-ui"),
        ("a.py", f"{LD}c.variation('new-ui', ctx, False)\n", "launchdarkly", "new-ui"),
        ("a.py", "client.get_boolean_value('new-ui', False)\n", "openfeature", "new-ui"),
        ("a.py", "unleash_client.is_enabled(\n    'new-ui')\n", "unleash", "new-ui"),
        ("a.ts", "if (growthbook.isOn('new-ui')) {}\n", "growthbook", "new-ui"),
        ("a.py", "if flag_is_active(request, 'new-ui'): pass\n", "waffle", "new-ui"),
        ("a.py", "if switch_is_active('new-ui'): pass\n", "waffle", "new-ui"),
        ("a.rb", "Flipper.enabled?(:new_ui, user)\n", "flipper", "new_ui"),
        ("a.rb", "Flipper[:new_ui].enabled?\n", "flipper", "new_ui"),
    ],
)
def test_a_flag_that_code_asks_for_is_turned_off_first(
    path: str, text: str, tool: str, key: str
) -> None:
    effects = found({}, {path: text}, "flags")
    assert set(effects) == {(tool, key)}
    assert "turn it off" in effects[tool, key].inverse.summary
    gone = found({path: text}, {path: "x\n"}, "flags")
    assert gone[tool, key].action == "code no longer asks for it"


@pytest.mark.parametrize(
    "text", ["x.variation('a')\n", "if feature_enabled(name): pass\n", "get_value('a', 1)\n"]
)
def test_words_that_other_libraries_use_too_are_no_flags(text: str) -> None:
    assert not found({}, {"a.py": text}, "flags")


def test_flags_in_files_are_compared_one_by_one() -> None:
    old = '{"flags": {"a": {"state": "ENABLED"}, "b": {"state": "ENABLED"}}}'
    new = '{"flags": {\n"a": {"state": "DISABLED"},\n"b": {"state": "ENABLED"}}}'
    effects = found({"flagd.json": old}, {"flagd.json": new}, "flags")
    assert set(effects) == {("file", "a")}
    assert effects["file", "a"].evidence[0].line == 2


@pytest.mark.parametrize(
    ("path", "text", "pattern"),
    [
        ("a.py", 'redis.setex(f"billing:v2:{user.id}", 60, x)\n', "billing:v2:*"),
        ("a.py", "cache.get_or_set('report:%s' % day, make)\n", "report:*"),
        ("a.ts", "await redis.get(`user:${id}:plan`)\n", "user:*:plan"),
        ("a.py", "@cached(prefix='plans', ttl=60)\ndef f(): pass\n", "plans*"),
        ("s.py", "CACHES = {'default': {'KEY_PREFIX': 'shop'}}\n", "shop*"),
    ],
)
def test_cache_keys_become_the_narrowest_pattern(path: str, text: str, pattern: str) -> None:
    effects = found({}, {path: text}, "caches")
    assert set(effects) == {("keys", pattern)}
    assert "SCAN" in effects["keys", pattern].inverse.summary
    assert "UNLINK" in effects["keys", pattern].inverse.summary


def test_a_key_that_is_all_computed_is_never_removed_by_a_star() -> None:
    (effect,) = found({}, {"a.py": "cache.set(f'{a}:{b}', 1)\n"}, "caches").values()
    assert "never remove by *" in effect.inverse.summary


def test_dictionaries_and_plain_words_are_no_caches() -> None:
    text = "d.get('a:b')\nrequests.get('https://x/y')\nsession.get('name')\ncache.get('name')\n"
    assert not found({}, {"a.py": text}, "caches")


@pytest.mark.parametrize(
    ("path", "line", "certainty"),
    [
        ("a.py", "response['Cache-Control'] = 'max-age=60'", "likely"),
        ("nginx.conf", "proxy_cache_valid 200 10m;", "likely"),
        ("a.py", "headers = {'Cache-Control': 'no-cache'}", "possible"),
        ("app/page.tsx", "export const revalidate = 60", "likely"),
    ],
)
def test_rules_for_shared_caches(path: str, line: str, certainty: str) -> None:
    (effect,) = found({path: "a\n"}, {path: f"a\n{line}\n"}, "caches").values()
    assert (effect.tool, effect.certainty) == ("http", certainty)
    assert [one.line for one in effect.evidence] == [2]


@pytest.mark.parametrize(
    ("path", "text", "tool", "target"),
    [
        ("a.py", "@app.post('/webhooks/stripe')\ndef f(): pass\n", "route", "/webhooks/stripe"),
        ("a.ts", "app.post('/webhooks/stripe', f)\n", "route", "/webhooks/stripe"),
        (
            "app/webhooks/stripe/route.ts",
            "export async function POST() {}\n",
            "route",
            "/webhooks/stripe",
        ),
        (
            "a.py",
            "redirect_uri='https://me:pw@a.example/cb?token=hunter2'\n",
            "oauth",
            "https://a.example/cb",
        ),
        ("a.py", "stripe.WebhookEndpoint.create(url=u)\n", "stripe", "webhook endpoints (create)"),
        ("CNAME", "a.example\n", "dns", "CNAME"),
        (
            "d.tf",
            'resource "aws_route53_record" "www" {\n  x = 1\n}\n',
            "dns",
            "aws_route53_record.www",
        ),
        ("vercel.json", '{"alias": ["a.example"]}', "dns", "a.example"),
    ],
)
def test_addresses_that_third_parties_are_told(
    path: str, text: str, tool: str, target: str
) -> None:
    effects = found({}, {path: text}, "third_party")
    assert set(effects) == {(tool, target)}
    assert "hunter2" not in str(effects)
    assert "pw@" not in str(effects)


def test_routes_that_nobody_outside_is_told_are_no_effect() -> None:
    assert not found({}, {"a.py": "@app.get('/users')\ndef f(): pass\n"}, "third_party")


MODEL = "{{ config(materialized='MATERIAL') }}\nselect a from {{ ref('b') }}\n"
PROJECT = {"wh/dbt_project.yml": "name: wh\n"}


@pytest.mark.parametrize(
    ("material", "reversibility", "flags"),
    [
        ("table", "reversible", ()),
        ("view", "reversible", ()),
        ("incremental", "compensatable", ("--full-refresh",)),
    ],
)
def test_a_dbt_model_is_rebuilt_with_what_reads_it(
    material: str, reversibility: str, flags: tuple[str, ...]
) -> None:
    path, old = "wh/models/m.sql", MODEL.replace("MATERIAL", material)
    new = old.replace("select a", "select a, c")
    (effect,) = found({**PROJECT, path: old}, {**PROJECT, path: new}, "pipelines").values()
    assert (effect.tool, effect.target, effect.reversibility) == ("dbt", "m", reversibility)
    assert effect.inverse.argv == ("dbt", "run", "--project-dir", "wh", *flags, "--select", "m+")
    assert [one.line for one in effect.evidence] == [2]


def test_what_builds_nothing_is_no_pipelines_effect() -> None:
    path, old = "wh/models/m.sql", MODEL.replace("MATERIAL", "table")
    commented = f"-- why\n{old.replace('select a', 'select  a')}{{# note #}}\n"
    assert not found({**PROJECT, path: old}, {**PROJECT, path: commented}, "pipelines")
    ephemeral = MODEL.replace("MATERIAL", "ephemeral")
    assert not found(PROJECT, {**PROJECT, path: ephemeral}, "pipelines")
    moved = {**PROJECT, "wh/models/x/m.sql": old}
    renames = {"wh/models/x/m.sql": path}
    assert not found({**PROJECT, path: old}, moved, "pipelines", renames)
    assert not found(PROJECT, {**PROJECT, "wh/macros/m.sql": old}, "pipelines")


def test_seeds_snapshots_and_dropped_models_have_their_own_way_back() -> None:
    old = {**PROJECT, "wh/seeds/s.csv": "a\n1\n", "wh/snapshots/h.sql": "x", "wh/models/m.sql": "x"}
    new = {**PROJECT, "wh/seeds/s.csv": "a\n2\n", "wh/snapshots/h.sql": "y"}
    effects = found(old, new, "pipelines")
    assert effects["dbt", "s"].inverse.argv is not None
    assert effects["dbt", "s"].inverse.argv[1] == "build"
    assert effects["dbt", "h"].inverse.argv is None
    assert "do not rebuild" in effects["dbt", "h"].inverse.summary
    assert effects["dbt", "m"].action.startswith("no longer built")


def test_sql_that_replaces_its_relation_is_rebuilt_and_no_migration() -> None:
    sql = "CREATE OR REPLACE TABLE silver.oura AS\nSELECT a\nFROM b;\n"
    effects = found({"s.sql": sql}, {"s.sql": sql.replace("SELECT a", "SELECT a, c")})
    assert set(effects) == {("sql", "silver.oura")}
    assert effects["sql", "silver.oura"].domain == "pipelines"


def test_lock_files_install_exactly_what_they_say() -> None:
    effects = found({}, {"uv.lock": "x", "web/package-lock.json": "{}"}, "packages")
    assert effects["uv", "uv.lock"].inverse.argv == ("uv", "sync", "--frozen")
    assert effects["npm", "web/package-lock.json"].inverse.argv is None
    assert "in web" in effects["npm", "web/package-lock.json"].inverse.summary


@pytest.mark.parametrize(
    ("path", "text", "tool", "target"),
    [
        ("pyproject.toml", '[project]\nversion = "1.0"\n', "pypi", ". 1.1"),
        ("lib/package.json", '{\n  "version": "1.0"\n}\n', "npm", "lib 1.1"),
        ("pkg/__init__.py", '__version__ = "1.0"\n', "pypi", "pkg 1.1"),
        ("Cargo.toml", '[package]\nversion = "1.0"\n', "crates.io", ". 1.1"),
    ],
)
def test_a_version_number_is_used_up(path: str, text: str, tool: str, target: str) -> None:
    effects = found({path: text}, {path: text.replace("1.0", "1.1")}, "packages")
    assert set(effects) == {(tool, target)}
    assert effects[tool, target].reversibility == "irreversible"
    assert "new, higher number" in effects[tool, target].inverse.summary
    assert not found({path: text}, {path: f"{text}\n"}, "packages")


def test_a_private_package_burns_no_number() -> None:
    old = '{\n  "private": true,\n  "version": "1.0"\n}\n'
    assert not found({"package.json": old}, {"package.json": old.replace("1.0", "2.0")}, "packages")


def test_sources_below_a_bundler_change_what_it_builds() -> None:
    web = {"web/vite.config.ts": "x", "web/package.json": '{"scripts": {"build": "vite build"}}'}
    old, new = {**web, "web/src/a.ts": "1"}, {**web, "web/src/a.ts": "2", "docs/x.ts": "3"}
    effects = found(old, new, "artifacts")
    assert set(effects) == {("vite", "web")}
    assert effects["vite", "web"].inverse.argv == ("npm", "--prefix", "web", "run", "build")
    assert [one.path for one in effects["vite", "web"].evidence] == ["web/src/a.ts"]


@pytest.mark.parametrize(
    ("script", "tool"),
    [("vite build", "vite"), ("tsc && next build", "next"), ("node make-invites.js", None)],
)
def test_a_build_script_names_its_bundler_without_any_configuration(
    script: str, tool: str | None
) -> None:
    package = {"package.json": f'{{"scripts": {{"build": "{script}"}}}}'}
    effects = found({**package, "src/a.ts": "1"}, {**package, "src/a.ts": "2"}, "artifacts")
    assert set(effects) == ({(tool, ".")} if tool else set())


def test_tracked_outputs_are_told_by_their_folder() -> None:
    effects = found({}, {"web/dist/a.js": "x", "web/dist/b.js": "y"}, "artifacts")
    assert set(effects) == {("git", "web/dist")}
    assert not found({}, {"src/distance/a.py": "x"}, "artifacts")


PROTO = "message A {\n  string name = 1;\n  // int32 old = 9;\n  map<string, int32> m = 2;\n}\n"


@pytest.mark.parametrize(
    ("new", "reversibility", "says"),
    [
        (PROTO.replace("}\n", "  int32 x = 3;\n}\n"), "compensatable", "gained A 3"),
        (PROTO.replace("name = 1", "name = 4"), "irreversible", "gained A 4; lost A 1"),
        (PROTO.replace("string name", "int64 name"), "irreversible", "changed A 1"),
        (PROTO.replace("string name", "string  name").replace("old", "older"), "", ""),
    ],
)
def test_protobuf_fields_are_their_numbers(new: str, reversibility: str, says: str) -> None:
    effects = list(found({"a.proto": PROTO}, {"a.proto": new}, "schemas").values())
    assert [one.reversibility for one in effects] == ([reversibility] if reversibility else [])
    assert all(one.action == f"the messages {says}" for one in effects)


def test_avro_and_json_schemas_are_compared_field_by_field() -> None:
    avro = '{"type": "record", "name": "A", "fields": [{"name": "x", "type": "int"}]}'
    (effect,) = found({"a.avsc": avro}, {"a.avsc": avro.replace("int", "long")}, "schemas").values()
    assert effect.action == "the messages changed A.x"
    schema = '{"properties": {"a": {"type": "string"}}, "required": ["a"]}'
    new = schema.replace('"a"]', '"a", "b"]').replace("}}", '}, "b": {"type": "integer"}}', 1)
    (effect,) = found({"x.schema.json": schema}, {"x.schema.json": new}, "schemas").values()
    assert effect.action == "the messages gained b; changed required"
