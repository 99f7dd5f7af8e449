"""Start a folder: settings, field map and rulebook copied from a starter, ready for the sandbox org."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from config.files.problems import nearest
from config.settings.settings import FILE, SANDBOX, org_address
from engine.errors import SettingsError
from engine.names import folded

_IGNORED = """# data/ holds the store, the mirror and the reports: personal data, kept out of git.
data/
# Keys and secrets never belong here; these lines are for the day somebody forgets.
*.key
*.pem
.env
"""


# A Japanese manufacturer that sells to companies, in both languages; and a software firm that works in English.
MANUFACTURER, SOFTWARE = "manufacturer", "software"
STARTERS = (MANUFACTURER, SOFTWARE)


def start_folder(folder: Path, *, org: str = SANDBOX, starter: str = MANUFACTURER) -> tuple[Path, ...]:
    """Write a starter for that org; the files in order. SettingsError ST-120 for what is no org's address, ST-127 for
    a folder that is not empty, ST-128 for a starter there is not.

    Only the user who runs it can read what it writes.
    """
    org, starter = org_address(org), folded(starter)
    if starter not in STARTERS:
        # no starter is called {given!r}
        raise SettingsError.of("ST-128", "", given=starter, meant=nearest(starter, STARTERS), known=", ".join(STARTERS))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SettingsError.of("ST-127", str(folder), folder=folder.resolve().name)  # {folder} is not empty
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    source = files("config.starters") / starter
    ignored, written = _write(folder / ".gitignore", _IGNORED), _copy(source, folder, apart=FILE)
    # Last and at once: with settings a folder is whole, and without them it is none.
    settings = (source / FILE).read_text(encoding="utf-8").replace(f"\norg: {SANDBOX}\n", f"\norg: {org}\n")
    whole = _write(folder / f".{FILE}", settings).replace(folder / FILE)
    return (ignored, *sorted([*written, whole]))


def _copy(source: Traversable, target: Path, *, apart: str = "") -> list[Path]:
    written: list[Path] = []
    for entry in sorted(source.iterdir(), key=lambda entry: entry.name):
        if entry.name == apart:
            continue
        if entry.is_dir() and not entry.name.startswith("__"):
            (target / entry.name).mkdir(mode=0o700)
            written += _copy(entry, target / entry.name)
        elif entry.name.endswith(".yaml"):
            written.append(_write(target / entry.name, entry.read_text(encoding="utf-8")))
    return written


def _write(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
