"""The table of the sandbox org's objects and fields, read by schema.py, which says how a line is written."""

from sync.sandbox.people_names import (
    CONTACT_ROLES,
    INDUSTRIES,
    LEAD_SOURCES,
    RATINGS,
    STAGES,
    STATUSES,
    WEB_ACTIVITY_TYPES,
)

ALL_STAMPS = "IsDeleted CreatedDate CreatedById LastModifiedDate LastModifiedById SystemModstamp"
_AUDIT = ALL_STAMPS.removeprefix("IsDeleted ")
# What the API lets be read of objects that are not worked with but set up; through the API nobody makes or deletes them here.
SETUP_STAMPS = {
    "User": _AUDIT,
    "UserRole": "LastModifiedDate LastModifiedById SystemModstamp",
    "Group": _AUDIT,
    "GroupMember": "SystemModstamp",
    "QueueSobject": "CreatedById SystemModstamp",
    "Organization": _AUDIT,
    "FlowDefinitionView": "LastModifiedDate",
    "ApexTrigger": _AUDIT,
    "ValidationRule": _AUDIT,
    "AssignmentRule": _AUDIT,
    "PermissionSet": _AUDIT,
    "PermissionSetAssignment": "SystemModstamp",
    "ObjectPermissions": _AUDIT,
    "FieldPermissions": "SystemModstamp",
}
TOOLING_ONLY = frozenset({"ValidationRule"})
# Picklist values whose Japanese label is another text; rules and records go by the value.
LABELS = {
    "Open - Not Contacted": "未対応 - 未連絡", "Working - Contacted": "対応中 - 連絡済み",
    "Closed - Converted": "完了 - 取引開始済み", "Closed - Not Converted": "完了 - 取引なし",
    "Trade Show": "展示会", "Webinar": "ウェビナー", "Phone Inquiry": "電話問い合わせ", "Partner Referral": "パートナー紹介",
    "Purchased List": "購入リスト", "Hot": "高", "Warm": "中", "Cold": "低", "Manufacturing": "製造", "Machinery": "機械",
    "Electronics": "電子機器", "Chemicals": "化学", "Engineering": "エンジニアリング", "Technology": "情報技術",
    "Construction": "建設", "Transportation": "運輸", "Food & Beverage": "食品・飲料", "Healthcare": "医療",
    "Retail": "小売", "Education": "教育", "Other": "その他", "Sent": "送信済み", "Responded": "反応あり",
    "Attended": "出席", "Not Started": "未着手", "Completed": "完了", "Prospecting": "見込み調査", "Proposal": "提案",
    "Negotiation": "交渉", "Closed Won": "成立", "Closed Lost": "不成立", "Customer": "顧客", "Prospect": "見込み客",
    "Partner": "パートナー", "Competitor": "競合", "Existing Business": "既存取引", "New Business": "新規取引",
    "Decision Maker": "意思決定者", "Evaluator": "評価者", "Economic Buyer": "購買決裁者",
}  # fmt: skip
# The fields that leadsync brings along, on both objects that are prospects.
_WRITE_BACK = """  Persona__c string(80) | Persona | ペルソナ
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
  Leadsync_Run__c string(40) | Leadsync Run | Leadsync の実行"""
TABLE = f"""
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
  ConvertedAccountId reference ro fixed > Account | Converted Account ID | 取引開始後の取引先 ID
  ConvertedContactId reference ro fixed > Contact | Converted Contact ID | 取引開始後の取引先責任者 ID
  ConvertedOpportunityId reference ro fixed > Opportunity | Converted Opportunity ID | 取引開始後の商談 ID
  LastActivityDate date ro fixed | Last Activity | 最終活動日
  CleanStatus picklist(40) restricted = Matched; Different; Pending | Clean Status | クリーンアップ状況
  EmailBouncedReason string(255) update fixed | Email Bounced Reason | メール不達の理由
  EmailBouncedDate datetime update fixed | Email Bounced Date | メール不達日
  Department__c string(80) | Department | 部署
  Owner_Active__c boolean formula | Owner Is Active | 所有者が有効
  pi__score__c double(18.0) ro | Account Engagement Score | Account Engagement スコア
  pi__grade__c string(10) ro | Account Engagement Grade | Account Engagement グレード
  pi__last_activity__c datetime ro | Account Engagement Last Activity | Account Engagement 最終活動
  pi__campaign__c string(255) ro | Account Engagement Campaign | Account Engagement キャンペーン
{_WRITE_BACK}

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
  UserRoleId reference > UserRole | Role ID | ロール ID
  ManagerId reference > User | Manager ID | マネージャー ID
  TimeZoneSidKey picklist(40) required = Asia/Tokyo; Europe/London; America/New_York; Asia/Kolkata | Time Zone | タイムゾーン
  LocaleSidKey picklist(40) required = ja_JP; en_GB; en_US; en_IN | Locale | 地域
  LanguageLocaleKey picklist(40) required = ja; en_US | Language | 言語

UserRole 00E | Role | ロール
  Name string(80) required | Name | 名前
  DeveloperName string(80) | Developer Name | 開発者名
  ParentRoleId reference > UserRole | Parent Role ID | 上位ロール ID

Group 00G | Group | グループ
  Name string(40) required | Name | 名前
  DeveloperName string(80) | Developer Name | 開発者名
  Type picklist(40) required = Regular; Queue; Role; RoleAndSubordinates | Type | 種別
  RelatedId reference > User; UserRole | Related ID | 関連 ID
  DoesIncludeBosses boolean set | Include Bosses | 上司を含む
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

Contact 003 | Contact | 取引先責任者
  MasterRecordId reference ro fixed > Contact | Master Record ID | マスタレコード ID
  AccountId reference > Account | Account ID | 取引先 ID
  LastName string(80) required fixed | Last Name | 姓
  FirstName string(40) fixed | First Name | 名
  Name string(121) ro required | Full Name | 氏名
  Title string(128) | Title | 役職
  Department string(80) | Department | 部署
  MailingStreet textarea(255) | Mailing Street | 町名・番地(郵送先)
  MailingCity string(40) | Mailing City | 市区郡(郵送先)
  MailingState string(80) | Mailing State/Province | 都道府県(郵送先)
  MailingPostalCode string(20) | Mailing Zip/Postal Code | 郵便番号(郵送先)
  MailingCountry string(80) | Mailing Country | 国(郵送先)
  Phone phone(40) | Business Phone | 電話
  MobilePhone phone(40) | Mobile Phone | 携帯
  Email email(80) | Email | メール
  Description textarea(32000) unfiltered | Contact Description | 説明
  LeadSource picklist(255) = {"; ".join(LEAD_SOURCES)} | Lead Source | リードソース
  ReportsToId reference > Contact | Reports To ID | 上司 ID
  OwnerId reference set fixed > User | Owner ID | 所有者 ID
  HasOptedOutOfEmail boolean set | Email Opt Out | メール送信除外
  LastActivityDate date ro fixed | Last Activity | 最終活動日
  EmailBouncedReason string(255) update fixed | Email Bounced Reason | メール不達の理由
  EmailBouncedDate datetime update fixed | Email Bounced Date | メール不達日
  Account_Industry__c string(255) formula | Account Industry | 取引先の業種
  pi__score__c double(18.0) ro | Account Engagement Score | Account Engagement スコア
  pi__grade__c string(10) ro | Account Engagement Grade | Account Engagement グレード
  pi__last_activity__c datetime ro | Account Engagement Last Activity | Account Engagement 最終活動
{_WRITE_BACK}

Account 001 | Account | 取引先
  Name string(255) required fixed | Account Name | 取引先名
  Type picklist(255) = Prospect; Customer; Partner; Competitor; Other | Account Type | 種別
  ParentId reference > Account | Parent Account ID | 親取引先 ID
  BillingState string(80) | Billing State/Province | 都道府県(請求先)
  BillingCity string(40) | Billing City | 市区郡(請求先)
  BillingCountry string(80) | Billing Country | 国(請求先)
  Phone phone(40) | Account Phone | 電話
  Website url(255) | Website | Web サイト
  Industry picklist(255) = {"; ".join(INDUSTRIES)} | Industry | 業種
  AnnualRevenue currency(18.0) | Annual Revenue | 年間売上
  NumberOfEmployees int(8) | Employees | 従業員数
  Rating picklist(255) = {"; ".join(RATINGS)} | Account Rating | 評価
  Description textarea(32000) unfiltered | Account Description | 説明
  OwnerId reference set fixed > User | Owner ID | 所有者 ID

Opportunity 006 | Opportunity | 商談
  AccountId reference > Account | Account ID | 取引先 ID
  ContactId reference create > Contact | Contact ID | 取引先責任者 ID
  CampaignId reference > Campaign | Campaign ID | キャンペーン ID
  Name string(120) required fixed | Name | 商談名
  StageName picklist(255) required = {"; ".join(STAGES)} | Stage | フェーズ
  Amount currency(18.2) | Amount | 金額
  CloseDate date required fixed | Close Date | 完了予定日
  Type picklist(255) = Existing Business; New Business | Opportunity Type | 種別
  LeadSource picklist(255) = {"; ".join(LEAD_SOURCES)} | Lead Source | リードソース
  IsClosed boolean ro set fixed | Closed | 完了
  IsWon boolean ro set fixed | Won | 成立
  OwnerId reference set fixed > User | Owner ID | 所有者 ID

OpportunityContactRole 00K | Opportunity Contact Role | 商談の取引先責任者の役割
  OpportunityId reference create required > Opportunity | Opportunity ID | 商談 ID
  ContactId reference create required > Contact | Contact ID | 取引先責任者 ID
  Role picklist(40) = {"; ".join(CONTACT_ROLES)} | Role | 役割
  IsPrimary boolean set | Primary | 主

Task 00T | Task | ToDo
  WhoId reference > Contact; Lead | Name ID | 名前 ID
  WhatId reference > Account; Opportunity | Related To ID | 関連先 ID
  OwnerId reference set fixed > Group; User | Assigned To ID | 割り当て先 ID
  Subject string(255) | Subject | 件名
  ActivityDate date | Due Date Only | 期日
  Status picklist(255) required = Not Started; Completed | Status | 状況
  TaskSubtype picklist(40) create = Task; Email; Call | Task Subtype | ToDo サブタイプ

Campaign 701 | Campaign | キャンペーン
  Name string(80) required | Name | キャンペーン名
  Type picklist(255) = Trade Show; Webinar | Type | 種別
  Status picklist(255) = Planned; In Progress; Completed; Aborted | Status | 状況
  IsActive boolean set | Active | 有効
  StartDate date | Start Date | 開始日
  EndDate date | End Date | 終了日
  ParentId reference > Campaign | Parent Campaign ID | 親キャンペーン ID

CampaignMember 00v | Campaign Member | キャンペーンメンバー
  CampaignId reference create required > Campaign | Campaign ID | キャンペーン ID
  LeadId reference create > Lead | Lead ID | リード ID
  ContactId reference create > Contact | Contact ID | 取引先責任者 ID
  Status picklist(40) = Sent; Responded; Attended | Status | 状況
  HasResponded boolean ro set | Responded | 反応あり

Web_Activity__c a01 | Web Activity | Web 活動
  Name string(80) ro set | Web Activity | Web 活動
  Lead__c reference > Lead | Lead | リード
  Contact__c reference > Contact | Contact | 取引先責任者
  Type__c picklist(255) restricted = {"; ".join(WEB_ACTIVITY_TYPES)} | Type | 種別
  Occurred_At__c datetime | Occurred At | 日時
  Asset__c string(255) | Asset | アセット

FlowDefinitionView 3dd | Flow Definition View | フロー定義ビュー
  ApiName string(255) ro set | Flow API Name | API 参照名
  Label string(255) ro set | Flow Label | 表示ラベル
  ProcessType picklist(40) ro set = AutoLaunchedFlow; Flow; Workflow | Process Type | 種別
  TriggerType picklist(40) ro = RecordBeforeSave; RecordAfterSave; Scheduled | Trigger | トリガ
  TriggerObjectOrEventId string(255) ro | Object | オブジェクト
  TriggerObjectOrEventLabel string(255) ro | Object Label | オブジェクトの表示ラベル
  RecordTriggerType picklist(40) ro = Create; Update; CreateAndUpdate; Delete | Record Trigger | 保存の種類
  IsActive boolean ro set | Active | 有効

ApexTrigger 01q | Apex Trigger | Apex トリガ
  Name string(255) required | Name | 名前
  TableEnumOrId picklist(40) required = Lead; Contact | Custom Object Definition | オブジェクト
  Status picklist(40) required = Active; Inactive; Deleted | Status | 状況
  UsageBeforeInsert boolean set | Before Insert | 作成前
  UsageAfterInsert boolean set | After Insert | 作成後
  UsageBeforeUpdate boolean set | Before Update | 更新前
  UsageAfterUpdate boolean set | After Update | 更新後

ValidationRule 03d | Validation Rule | 入力規則
  ValidationName string(80) ro set | Validation Name | ルール名
  Active boolean ro set | Active | 有効
  EntityDefinitionId string(18) ro set | Entity Definition ID | オブジェクト
  ErrorDisplayField string(255) ro | Error Display Field | エラー表示項目
  ErrorMessage string(255) ro | Error Message | エラーメッセージ

AssignmentRule 01Q | Assignment Rule | 割り当てルール
  Name string(120) ro set | Name | 名前
  SobjectType picklist(40) ro set = Lead; Case | SObject Type | オブジェクト
  Active boolean ro set | Active | 有効

PermissionSet 0PS | Permission Set | 権限セット
  Name string(80) required | Name | 名前
  Label string(80) required | Label | 表示ラベル
  IsOwnedByProfile boolean ro set | Is Owned By Profile | プロファイル所有
  PermissionsApiEnabled boolean set | API Enabled | API の有効化
  PermissionsBulkApiHardDelete boolean set | Bulk API Hard Delete | Bulk API の物理削除
  PermissionsModifyAllData boolean set | Modify All Data | すべてのデータの編集
  PermissionsViewAllData boolean set | View All Data | すべてのデータの参照
  PermissionsViewSetup boolean set | View Setup | 設定の参照
  PermissionsTransferAnyLead boolean set | Transfer Leads | リードの移行
  PermissionsTransferAnyEntity boolean set | Transfer Record | レコードの移行
  PermissionsUpdateWithInactiveOwner boolean set | Update Records with Inactive Owners | 無効な所有者のレコードの更新

PermissionSetAssignment 0Pa | Permission Set Assignment | 権限セットの割り当て
  AssigneeId reference required > User | Assignee ID | 割り当て先 ID
  PermissionSetId reference required > PermissionSet | PermissionSet ID | 権限セット ID

ObjectPermissions 110 | Object Permissions | オブジェクト権限
  ParentId reference required > PermissionSet | Parent ID | 親 ID
  SobjectType picklist(40) required = Lead; Contact | Sobject Type Name | オブジェクト
  PermissionsRead boolean set | Read | 参照
  PermissionsCreate boolean set | Create | 作成
  PermissionsEdit boolean set | Edit | 編集
  PermissionsDelete boolean set | Delete | 削除
  PermissionsViewAllRecords boolean set | View All | すべて表示
  PermissionsModifyAllRecords boolean set | Modify All | すべて変更

FieldPermissions 01k | Field Permissions | 項目権限
  ParentId reference required > PermissionSet | Parent ID | 親 ID
  SobjectType picklist(40) required = Lead; Contact | Sobject Type Name | オブジェクト
  Field string(255) required | Field Name | 項目
  PermissionsRead boolean set | Read | 参照
  PermissionsEdit boolean set | Edit | 編集
"""  # noqa: S608  # not a query
