"""The least that a rulebook must say for each verdict to be decided."""

from dataclasses import replace

from engine.conditions.conditions import ALWAYS
from engine.rulebook.rulebook import Band, Criterion, Level, Persona, Points, Profile, Rulebook, Segment

EMPTY = Rulebook("nothing", "0")
PERSONAS = replace(EMPTY, personas=(Persona("p", "Chief", "decides", ALWAYS, where="p:1:1"),))
PROFILES = replace(
    EMPTY,
    profiles=(Profile("f", "Fit", (Criterion("c", "C", 2, (Level("matches", 2, ALWAYS),)),), where="f:1:1"),),
    default_profile="f",
)
POINTS = replace(EMPTY, points=(Points("form", 1_000),))
# By verdict.
LEAST = {
    "persona": PERSONAS,
    "profile": PROFILES,
    "grade": PROFILES,
    "score": POINTS,
    "band": replace(EMPTY, bands=(Band("1", 0),)),
    "segment": replace(EMPTY, segments=(Segment("s", "Looking", ALWAYS, 1),)),
    "priority": replace(PROFILES, bands=(Band("1", 0),)),
}
