"""The cast of the sandbox org, and the words its records are made of; a starter rulebook names some of them."""

import tomllib
from pathlib import Path
from typing import Any

# Usernames are `<stem>@sandbox.example`.
REPS_KANTO = ("suzuki", "tanaka", "sato", "ito")
LEAVES_SOON = "ito"  # joined lately, has few leads, and leaves during the demo
REPS_KANSAI = ("yamamoto", "nakamura", "kobayashi")
REPS_ENGLISH = ("smith", "johnson", "patel")
REPS = (*REPS_KANTO, *REPS_KANSAI, *REPS_ENGLISH)
MANAGERS = ("takahashi", "watanabe", "brown")  # of the three teams above, in that order
LEAVER = "kimura"  # inactive, and still owns leads
INTEGRATION = "leadsync"  # the user leadsync logs in as
CONNECTOR = "connector"  # the Account Engagement connector; cannot own leads
QUEUES = ("Inbound_Leads", "Partner_Leads")  # both support Lead
ASSIGNMENT_RULE = "01Q5j0000000001EAA"  # the active one; its id
WORDS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("vocabulary.toml").read_text(encoding="utf-8"))


def username(stem: str) -> str:
    """The username of one of the people_names."""
    return f"{stem}@sandbox.example"
