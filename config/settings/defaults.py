"""Every default in one table, with its unit and bounds; `leadsync config` shows it. To add one, add a row here, a field
of the same name in config/settings/settings.py, and its reason (`default.<name>`) in words/settings.toml.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Default:
    """`unit` is a key of the catalogue (`unit.seconds`); `in_rulebook` marks what rulebook.yaml sets, not settings.yaml."""

    name: str
    value: int
    unit: str
    least: int = 0
    most: int = 1_000_000_000
    in_rulebook: bool = False

    @property
    def reason(self) -> str:
        """Key of the sentence that says why this value."""
        return f"default.{self.name}"


# The version of Salesforce's API that leadsync is proven against.
API_VERSION = "66.0"
# Of the org's daily API calls so much should be left for everybody; `leadsync doctor` warns below it.
CALLS_LEFT_PERCENT = 20

DEFAULTS: dict[str, Default] = {
    default.name: default
    for default in (
        Default("look_back_seconds", 900, "unit.seconds", most=86_400),
        Default("read_lag_seconds", 5, "unit.seconds", most=3_600),
        Default("quiet_seconds", 2, "unit.seconds", least=2, most=3_600),
        Default("guarded_records_max", 2_000, "unit.records", least=1, most=200_000),
        Default("collections_records_max", 20_000, "unit.records", least=1, most=1_000_000),
        Default("bulk_query_records_min", 2_000, "unit.records", least=1, most=1_000_000_000),
        Default("bulk_poll_seconds", 5, "unit.seconds", least=1, most=600),
        Default("slow_objects_seconds", 3_600, "unit.seconds", most=86_400),
        Default("describe_seconds", 86_400, "unit.seconds", most=604_800),
        Default("range_records", 250_000, "unit.records", least=1_000, most=5_000_000),
        Default("compact_percent", 20, "unit.percent", least=1, most=100),
        Default("as_of_days", 400, "unit.days", least=1, most=3_650),
        Default("report_days", 400, "unit.days", least=1, most=3_650),
        Default("api_budget_percent", 30, "unit.percent", least=1, most=100),
        Default("api_reserve_percent", 20, "unit.percent", most=99),
        Default("run_deadline_seconds", 7_200, "unit.seconds", least=60, most=86_400),
        Default("lease_seconds", 60, "unit.seconds", least=10, most=3_600),
        Default("lease_renew_seconds", 15, "unit.seconds", least=1, most=600),
        Default("connect_timeout_seconds", 10, "unit.seconds", least=1, most=600),
        Default("read_timeout_seconds", 120, "unit.seconds", least=1, most=3_600),
        Default("change_limit_percent", 10, "unit.percent", most=100, in_rulebook=True),
        Default("change_limit_min", 50, "unit.records", in_rulebook=True),
        Default("change_limit_max", 20_000, "unit.records", in_rulebook=True),
        Default("owner_limit_percent", 20, "unit.percent", most=100, in_rulebook=True),
        Default("owner_limit_min", 20, "unit.records", in_rulebook=True),
        Default("leaver_limit_percent", 100, "unit.percent", most=100, in_rulebook=True),
        Default("ping_pong_moves", 3, "unit.moves", least=1, in_rulebook=True),
        Default("ping_pong_days", 30, "unit.days", least=1, in_rulebook=True),
        Default("plan_expiry_days", 2, "unit.working_days", least=1, in_rulebook=True),
        Default("score_step", 5, "unit.points", in_rulebook=True),
    )
}
