"""Settings of every test run: property tests have no clock, and in CI no chance either."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("blastradius", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("blastradius")
