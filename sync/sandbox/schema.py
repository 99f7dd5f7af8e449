"""The sandbox org's objects and fields: a compact table of facts, read once.

A field is one line: `Name type(length) flags | English label | Japanese label`. Types are describe's. Without flags
a field can be created, updated and empty. Flags: `ro` (never written through the API), `create` or `update` (only
then), `required`, `defaulted` (the org fills it on create), `set` (both, as far as a client sees), `restricted`,
`unfiltered`, `fixed` (field-level security does not apply). Picklist values follow `=`; what a reference points to
follows `>`. Audit fields are added by `_STAMPS`, as each object has them.
"""

import re
from dataclasses import dataclass
from functools import cache

from sync.sandbox.cast import INDUSTRIES, LEAD_SOURCES, RATINGS, STATUSES, WEB_ACTIVITY_TYPES

_ALL = "IsDeleted CreatedDate CreatedById LastModifiedDate LastModifiedById SystemModstamp"
# What the API lets be read of each object: users, groups and the organization cannot be deleted, for instance.
_STAMPS = {
    "User": "CreatedDate CreatedById LastModifiedDate LastModifiedById SystemModstamp",
    "Group": "CreatedDate CreatedById LastModifiedDate LastModifiedById SystemModstamp",
    "GroupMember": "SystemModstamp",
    "QueueSobject": "CreatedById SystemModstamp",
    "Organization": "CreatedDate CreatedById LastModifiedDate LastModifiedById SystemModstamp",
}
_STAMP_LINES = {
    "IsDeleted": "IsDeleted boolean ro set | Deleted | 削除",
    "CreatedDate": "CreatedDate datetime ro set | Created Date | 作成日",
    "CreatedById": "CreatedById reference ro set > User | Created By ID | 作成者 ID",
    "LastModifiedDate": "LastModifiedDate datetime ro set | Last Modified Date | 最終更新日",
    "LastModifiedById": "LastModifiedById reference ro set > User | Last Modified By ID | 最終更新者 ID",
    "SystemModstamp": "SystemModstamp datetime ro set | System Modstamp | System Modstamp",
}
_TABLE = f"""
Lead 00Q | Lead | リード
  MasterRecordId reference ro fixed > Lead | Master Record ID | マスタレコード ID
  LastName string(80) required fixed | Last Name | 姓
  FirstName string(40) fixed | First Name | 名
  Name string(121) ro required | Full Name | 氏名
  Title string(128) | Title | 役職
  Company string(255) required fixed | Company | 会社名
  Street textarea(255) | Street | 町名・番地
  City string(40) | City | 市区郡
  State string(80) | State/Province | 都道府県
  PostalCode string(20) | Zip/Postal Code | 郵便番号
  Country string(80) | Country | 国
  Phone phone(40) | Phone | 電話
  MobilePhone phone(40) | Mobile Phone | 携帯
  Email email(80) | Email | メール
  Website url(255) | Website | Web サイト
  Description textarea(32000) unfiltered | Description | 説明
  LeadSource picklist(255) = {"; ".join(LEAD_SOURCES)} | Lead Source | リードソース
  Status picklist(255) required defaulted = {"; ".join(STATUSES)} | Lead Status | リードの状況
  Industry picklist(255) = {"; ".join(INDUSTRIES)} | Industry | 業種
  Rating picklist(255) = {"; ".join(RATINGS)} | Rating | 評価
  AnnualRevenue currency(18.0) | Annual Revenue | 年間売上
  NumberOfEmployees int(8) | Employees | 従業員数
  OwnerId reference set fixed > Group; User | Owner ID | 所有者 ID
  HasOptedOutOfEmail boolean set | Email Opt Out | メール送信除外
  IsConverted boolean create set fixed | Converted | 取引の開始済み
  ConvertedDate date ro fixed | Converted Date | 取引の開始日
  LastActivityDate date ro fixed | Last Activity | 最終活動日
  CleanStatus picklist(40) restricted = Matched; Different; Pending | Clean Status | クリーンアップ状況
  EmailBouncedReason string(255) update fixed | Email Bounced Reason | メール不達の理由
  EmailBouncedDate datetime update fixed | Email Bounced Date | メール不達日
  Department__c string(80) | Department | 部署
  pi__score__c double(18.0) ro | Account Engagement Score | Account Engagement スコア
  pi__grade__c string(10) ro | Account Engagement Grade | Account Engagement グレード
  pi__campaign__c string(255) ro | Account Engagement Campaign | Account Engagement キャンペーン
  Persona__c string(80) | Persona | ペルソナ
  Buyer_Role__c string(40) | Buyer Role | 購買での役割
  Profile__c string(80) | Profile | プロファイル
  Grade__c string(2) | Grade | グレード
  Grade_Rank__c double(2.0) | Grade Rank | グレード順位
  Score__c double(6.0) | Score | スコア
  Priority__c string(4) | Priority | 優先度
  Segment__c string(255) | Segment | セグメント
  Grade_Reason__c string(255) | Grade Reason | グレードの理由
  Owner_Reason__c string(255) | Owner Reason | 割り当ての理由
  Previous_Owner__c string(18) | Previous Owner | 前の所有者
  Assigned_At__c datetime | Assigned At | 割り当て日時
  Return_Reason__c string(255) | Return Reason | 差し戻しの理由
  Leadsync_Run__c string(40) | Leadsync Run | Leadsync の実行

User 005 | User | ユーザー
  Username string(80) required | Username | ユーザー名
  LastName string(80) required | Last Name | 姓
  FirstName string(40) | First Name | 名
  Name string(121) ro set | Full Name | 氏名
  Email email(128) required | Email | メール
  Alias string(8) required | Alias | 別名
  Title string(80) | Title | 役職
  Department string(80) | Department | 部署
  IsActive boolean set | Active | 有効
  UserType picklist(40) ro set = Standard; CloudIntegrationUser; PowerPartner | User Type | ユーザー種別
  ManagerId reference > User | Manager ID | マネージャー ID
  TimeZoneSidKey picklist(40) required = Asia/Tokyo; Europe/London; America/New_York; Asia/Kolkata | Time Zone | タイムゾーン
  LocaleSidKey picklist(40) required = ja_JP; en_GB; en_US; en_IN | Locale | 地域
  LanguageLocaleKey picklist(40) required = ja; en_US | Language | 言語

Group 00G | Group | グループ
  Name string(40) required | Name | 名前
  DeveloperName string(80) | Developer Name | 開発者名
  Type picklist(40) required = Regular; Queue; Role | Type | 種別
  Email email(255) | Email | メール

GroupMember 011 | Group Member | グループメンバー
  GroupId reference required > Group | Group ID | グループ ID
  UserOrGroupId reference required > Group; User | User/Group ID | ユーザー/グループ ID

QueueSobject 03g | Queue Sobject | キューのオブジェクト
  QueueId reference required > Group | Group ID | グループ ID
  SobjectType picklist(40) required = Lead; Case | Sobject Type | オブジェクト

Organization 00D | Organization | 組織
  Name string(80) required | Name | 名前
  TimeZoneSidKey picklist(40) required = Asia/Tokyo | Time Zone | タイムゾーン
  LanguageLocaleKey picklist(40) required = ja; en_US | Language | 言語
  OrganizationType picklist(40) ro = Developer Edition | Organization Edition | エディション
  InstanceName string(5) ro | Instance Name | インスタンス名
  IsSandbox boolean ro set | Is Sandbox | Sandbox

Task 00T | Task | ToDo
  WhoId reference > Contact; Lead | Name ID | 名前 ID
  OwnerId reference set > Group; User | Assigned To ID | 割り当て先 ID
  Subject string(255) | Subject | 件名
  ActivityDate date | Due Date Only | 期日
  Status picklist(255) required = Not Started; Completed | Status | 状況
  TaskSubtype picklist(40) create = Task; Email; Call | Task Subtype | ToDo サブタイプ

Campaign 701 | Campaign | キャンペーン
  Name string(80) required | Name | キャンペーン名
  Type picklist(255) = Trade Show; Webinar | Type | 種別

CampaignMember 00v | Campaign Member | キャンペーンメンバー
  CampaignId reference create required > Campaign | Campaign ID | キャンペーン ID
  LeadId reference create > Lead | Lead ID | リード ID
  Status picklist(40) = Sent; Responded; Attended | Status | 状況
  HasResponded boolean ro set | Responded | 反応あり

Web_Activity__c a01 | Web Activity | Web 活動
  Name string(80) ro set | Web Activity | Web 活動
  Lead__c reference > Lead | Lead | リード
  Type__c picklist(255) restricted = {"; ".join(WEB_ACTIVITY_TYPES)} | Type | 種別
  Occurred_At__c datetime | Occurred At | 日時
  Asset__c string(255) | Asset | アセット
"""  # noqa: S608  # not a query
TEXT_TYPES = frozenset({"string", "textarea", "picklist", "email", "phone", "url"})


@dataclass(frozen=True, slots=True)
class FieldFact:
    name: str
    type: str
    length: int
    precision: int
    scale: int
    createable: bool
    updateable: bool
    nillable: bool
    defaulted: bool  # the org fills it on create
    restricted: bool
    filterable: bool
    permissionable: bool
    values: tuple[str, ...]
    refers_to: tuple[str, ...]
    labels: tuple[str, str]  # English, Japanese

    @property
    def relationship(self) -> str | None:
        """`Owner` for `OwnerId`, `Lead__r` for `Lead__c`."""
        if self.type != "reference":
            return None
        return f"{self.name[:-3]}__r" if self.name.endswith("__c") else self.name.removesuffix("Id")


@dataclass(frozen=True, slots=True)
class ObjectFact:
    name: str
    prefix: str
    labels: tuple[str, str]
    fields: dict[str, FieldFact]

    def referring(self, relationship: str) -> FieldFact | None:
        """The reference field behind a relationship's name."""
        return next((f for f in self.fields.values() if (f.relationship or "").lower() == relationship.lower()), None)

    def field(self, name: str) -> FieldFact | None:
        """A field by its name, in any case."""
        exact = self.fields.get(name)
        return exact or next((f for f in self.fields.values() if f.name.lower() == name.lower()), None)


@cache
def schema() -> dict[str, ObjectFact]:
    """Every object by its API name."""
    return {fact.name: fact for fact in (_object(block) for block in _TABLE.strip().split("\n\n"))}


def object_named(name: str) -> ObjectFact | None:
    """An object by its API name, in any case."""
    return schema().get(name) or next((f for f in schema().values() if f.name.lower() == name.lower()), None)


def object_of(record_id: str) -> ObjectFact | None:
    """The object an id belongs to, by its prefix."""
    return next((fact for fact in schema().values() if record_id.startswith(fact.prefix)), None)


def _object(block: str) -> ObjectFact:
    head, *lines = block.split("\n")
    names, english, japanese = (part.strip() for part in head.split("|"))
    name, prefix = names.split()
    own = [f"Id id ro set | {english} ID | {japanese} ID", *lines]
    stamps = [_STAMP_LINES[field] for field in _STAMPS.get(name, _ALL).split()]
    return ObjectFact(name, prefix, (english, japanese), {f.name: f for f in (_field(line) for line in own + stamps)})


def _field(line: str) -> FieldFact:
    facts, english, japanese = (part.strip() for part in line.split("|"))
    facts, _, targets = facts.partition(" > ")
    facts, _, values = facts.partition(" = ")
    name, kind, *flags = facts.split()
    found = re.fullmatch(r"(\w+)(?:\((\d+)(?:\.(\d+))?\))?", kind)
    if not found:
        raise ValueError(line)
    type_, size, scale = found[1], int(found[2] or 0), int(found[3] or 0)
    is_number = type_ in {"double", "currency", "int"}
    return FieldFact(
        name=name,
        type=type_,
        length=18 if type_ in {"id", "reference"} else 0 if is_number else size,
        precision=size if is_number else 0,
        scale=scale,
        createable=not {"ro", "update"} & {*flags},
        updateable=not {"ro", "create"} & {*flags},
        nillable=not {"required", "set"} & {*flags},
        defaulted=bool({"set", "defaulted"} & {*flags}),
        restricted="restricted" in flags,
        filterable="unfiltered" not in flags,
        permissionable=not {"fixed", "required", "set"} & {*flags},
        values=tuple(values.split("; ")) if values else (),
        refers_to=tuple(targets.split("; ")) if targets else (),
        labels=(english, japanese),
    )
