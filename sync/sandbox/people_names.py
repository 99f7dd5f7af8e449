"""The cast of the sandbox org, and the values its records take; a starter rulebook names some of them."""

# Usernames are `<stem>@sandbox.example`.
REPS_KANTO = ("suzuki", "tanaka", "sato", "ito")
LEAVES_SOON = "ito"  # joined lately, has few leads, and leaves during the demo
REPS_KANSAI = ("yamamoto", "nakamura", "kobayashi")
REPS_ENGLISH = ("smith", "johnson", "patel")
MANAGERS = ("takahashi", "watanabe", "brown")  # of the three teams above, in that order
LEAVER = "kimura"  # inactive, and still owns leads
INTEGRATION = "leadsync"  # the user leadsync logs in as
CONNECTOR = "connector"  # the Account Engagement connector; cannot own leads

ROLES = {"Kanto": "関東営業", "Kansai": "関西営業", "Overseas": "海外営業"}  # of the three teams, by DeveloperName
ASSIGNMENT_RULE = "01Q5j0000000001EAA"  # the active one; its id

QUEUES = {"Inbound_Leads": "新規リード", "Partner_Leads": "パートナー経由"}  # both support Lead
OTHER_QUEUE = {"Support_Cases": "サポート"}  # supports Case only

WEB_ACTIVITY_TYPES = ("Page View", "Form Submission", "Form Error", "File Access", "Email Click", "Email Open",
                      "Webinar Attended", "Site Search", "Custom Redirect Click", "Session")  # fmt: skip
LEAD_SOURCES = ("Web", "Trade Show", "Webinar", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
RATINGS = ("Hot", "Warm", "Cold")
STATUSES = ("Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted")
STAGES = ("Prospecting", "Proposal", "Negotiation", "Closed Won", "Closed Lost")  # of opportunities
CONTACT_ROLES = ("Decision Maker", "Economic Buyer", "Evaluator", "Other")  # of contacts in opportunities
INDUSTRIES = ("Manufacturing", "Machinery", "Electronics", "Chemicals", "Engineering", "Technology", "Construction",
              "Transportation", "Food & Beverage", "Healthcare", "Retail", "Education", "Other")  # fmt: skip
# `State` of Japanese leads; some are written short ("東京") or in Latin letters ("Tokyo"), some are empty.
PREFECTURES_KANTO = ("東京都", "神奈川県", "埼玉県", "千葉県", "茨城県", "栃木県", "群馬県")
PREFECTURES_KANSAI = ("大阪府", "兵庫県", "京都府", "滋賀県", "奈良県", "和歌山県")
PREFECTURES_OTHER = ("愛知県", "静岡県", "福岡県", "広島県", "北海道", "宮城県", "新潟県")
COUNTRIES_JAPAN = ("日本", "Japan")  # the second is rarer
COUNTRIES_ENGLISH = ("United States", "United Kingdom", "India", "Singapore", "Australia", "Canada")
DEPARTMENTS = ("製造部", "生産技術部", "品質保証部", "情報システム部", "購買部", "研究開発部", "経営企画部", "設計部",
               "営業部", "総務部")  # fmt: skip
DEPARTMENTS_ENGLISH = ("Manufacturing", "Engineering", "Quality", "IT", "Purchasing", "R&D", "Sales", "Operations")
TITLES = ("代表取締役社長", "取締役", "執行役員", "本部長", "工場長", "部長", "部長代理", "次長", "課長", "課長代理",
          "係長", "主任", "担当", "部長秘書")  # fmt: skip  # often behind the department: 製造部長, 設計部 課長
TITLES_ENGLISH = ("CEO", "CTO", "CIO", "VP Engineering", "Director of Operations", "Plant Manager",
                  "Purchasing Manager", "Senior Engineer", "Engineer", "Analyst")  # fmt: skip
# Task.Subject by kind, and campaigns by name (CampaignMember.Status is Sent, Responded or Attended).
TASK_SUBJECTS = ("Call", "Email", "Send Quote", "Other")
CAMPAIGNS = ("春の展示会 2026", "ものづくりワールド 2026", "生産性向上ウェビナー", "Factory Automation Webinar")
ASSETS = ("製品ページ", "価格ページ", "導入事例", "カタログ請求フォーム", "お問い合わせフォーム", "Pricing", "Contact Us",
          "Careers", "Whitepaper: Predictive Maintenance")  # fmt: skip


def username(stem: str) -> str:
    """The username of one of the cast."""
    return f"{stem}@sandbox.example"
