"""Which manifest a lock file is made from: the two go together, whoever undoes one of them.

A lock file is written by a tool from the manifest in its folder. Names are the tools' own: npm, Yarn
(classic and berry), pnpm, Bun, Deno, Poetry, PDM, uv, Pipenv, Rye, Cargo, Go, Composer, Bundler, Mix,
CocoaPods, Swift, Dart, Helm, Nix, Gradle, Conda and Pixi.
"""

from __future__ import annotations

_PYTHON = ("pyproject.toml",)
_NODE = ("package.json",)
_MANIFESTS: dict[str, tuple[str, ...]] = {
    "bun.lock": _NODE,
    "bun.lockb": _NODE,
    "cargo.lock": ("Cargo.toml",),
    "chart.lock": ("Chart.yaml", "requirements.yaml"),
    "composer.lock": ("composer.json",),
    "conda-lock.yml": ("environment.yml", "environment.yaml", *_PYTHON),
    "deno.lock": ("deno.json", "deno.jsonc", *_NODE),
    "flake.lock": ("flake.nix",),
    "gemfile.lock": ("Gemfile",),
    "gems.locked": ("gems.rb",),
    "go.sum": ("go.mod",),
    "go.work.sum": ("go.work",),
    "gradle.lockfile": ("build.gradle", "build.gradle.kts"),
    "mix.lock": ("mix.exs",),
    "npm-shrinkwrap.json": _NODE,
    "package-lock.json": _NODE,
    "package.resolved": ("Package.swift",),
    "pdm.lock": _PYTHON,
    "pipfile.lock": ("Pipfile",),
    "pixi.lock": ("pixi.toml", *_PYTHON),
    "pnpm-lock.yaml": ("package.json", "pnpm-workspace.yaml"),
    "podfile.lock": ("Podfile",),
    "poetry.lock": _PYTHON,
    "pubspec.lock": ("pubspec.yaml",),
    "requirements.lock": ("requirements.yaml", *_PYTHON),
    "uv.lock": _PYTHON,
    "yarn.lock": _NODE,
}
_LOCKED_PYTHON = ("pylock.", ".toml")


def manifest_of(path: str) -> tuple[str, ...]:
    """Return the names of the manifests that a lock file may be made from, the likeliest first.

    Args:
        path: of the lock file, with forward slashes; letters' case does not matter.

    Returns:
        Names of files in the same folder, as their tools write them; empty when it is no lock file.
    """
    name = path.rpartition("/")[2].lower()
    if name.startswith(_LOCKED_PYTHON[0]) and name.endswith(_LOCKED_PYTHON[1]):
        return _PYTHON  # PEP 751: ``pylock.toml``, ``pylock.dev.toml``
    return _MANIFESTS.get(name, ())
