"""Named points between two steps, where a test may stop a worker dead. They cost nothing in production.

A process started with `LEADSYNC_CRASH_AT=name:3` ends at the third pass of that point, as a power cut would end it.
"""

import os
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class CrashPoints:
    """Counts passes; `at` is `name:n`, or empty for never."""

    at: str = ""
    passes: Counter[str] = field(default_factory=Counter)

    def reach(self, name: str) -> None:
        """Pass a named point; the process ends here, without clean-up, if it was told to."""
        if not self.at:
            return
        self.passes[name] += 1
        if self.at == f"{name}:{self.passes[name]}":
            os._exit(137)
