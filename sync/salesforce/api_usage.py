"""How much of the org's daily API calls is used, as the org itself tells with its answers."""

import re
from dataclasses import dataclass

# `api-usage=17/15000; per-app-api-usage=4/250(appName=x)`: a suffix, or another order, must not hide the numbers.
_ORG = re.compile(r"(?<![\w-])api-usage=(\d+)/(\d+)")
_APP = re.compile(r"per-app-api-usage=(\d+)/(\d+)")


@dataclass(frozen=True, slots=True)
class ApiUsage:
    """Calls of the last 24 hours by everybody; `app_*` where the org limits this app by itself."""

    used: int
    limit: int
    app_used: int | None = None
    app_limit: int | None = None


def usage_of(header: str | None) -> ApiUsage | None:
    """None when the answer does not tell, which does not mean that there is no limit."""
    org = _ORG.search(header or "")
    if org is None:
        return None
    app = _APP.search(header or "")
    return ApiUsage(int(org[1]), int(org[2]), int(app[1]) if app else None, int(app[2]) if app else None)
