"""Words that believable leads are made of. All people and companies are invented."""

FAMILY_NAMES = (
    ("佐々木", "sasaki"), ("山口", "yamaguchi"), ("松本", "matsumoto"), ("井上", "inoue"), ("木村", "kimura"),
    ("林", "hayashi"), ("清水", "shimizu"), ("山崎", "yamazaki"), ("森", "mori"), ("池田", "ikeda"), ("橋本", "hashimoto"),
    ("阿部", "abe"), ("石川", "ishikawa"), ("山下", "yamashita"), ("中島", "nakajima"), ("石井", "ishii"), ("小川", "ogawa"),
    ("前田", "maeda"), ("岡田", "okada"), ("長谷川", "hasegawa"), ("藤田", "fujita"), ("後藤", "goto"), ("近藤", "kondo"),
    ("村上", "murakami"), ("遠藤", "endo"), ("青木", "aoki"), ("坂本", "sakamoto"), ("斉藤", "saito"), ("齋藤", "saito"),
    ("渡邊", "watanabe"), ("渡邉", "watanabe"), ("髙橋", "takahashi"), ("高橋", "takahashi"), ("福田", "fukuda"),
)  # fmt: skip
GIVEN_NAMES = (
    ("太郎", "taro"), ("健一", "kenichi"), ("直樹", "naoki"), ("誠", "makoto"), ("浩二", "koji"), ("大輔", "daisuke"),
    ("翔太", "shota"), ("拓也", "takuya"), ("裕子", "yuko"), ("由美", "yumi"), ("恵子", "keiko"), ("美咲", "misaki"),
    ("陽子", "yoko"), ("智子", "tomoko"), ("さくら", "sakura"), ("和也", "kazuya"), ("修", "osamu"), ("香織", "kaori"),
)  # fmt: skip
ENGLISH_FAMILY_NAMES = ("Miller", "Davis", "Wilson", "Anderson", "Thomas", "Martin", "Walker", "Young", "Clark",
                        "O'Brien", "Singh", "Sharma", "Tan", "Lim", "Müller", "Evans")  # fmt: skip
ENGLISH_GIVEN_NAMES = ("James", "Mary", "Robert", "Linda", "David", "Susan", "Priya", "Arjun", "Wei", "Emma", "Oliver",
                       "Grace", "Daniel", "Chloe")  # fmt: skip

COMPANY_HEADS = (
    ("三河", "mikawa"), ("北関東", "kitakanto"), ("東海", "tokai"), ("大和", "yamato"), ("富士見", "fujimi"),
    ("瑞穂", "mizuho"), ("昭栄", "shoei"), ("双葉", "futaba"), ("新星", "shinsei"), ("浪速", "naniwa"), ("武蔵", "musashi"),
    ("相模", "sagami"), ("播磨", "harima"), ("近江", "omi"), ("扶桑", "fuso"), ("青葉", "aoba"), ("朝日ヶ丘", "asahigaoka"),
    ("オオタ", "ota"), ("ミナト", "minato"), ("サンライズ", "sunrise"), ("ＡＢＣ", "abc"), ("ＮＫ", "nk"),
)  # fmt: skip
# With the industry such a name tells of.
COMPANY_TAILS = (
    ("製作所", "ss", "Manufacturing"), ("精機", "seiki", "Machinery"), ("電子", "denshi", "Electronics"),
    ("工業", "kogyo", "Manufacturing"), ("化成", "kasei", "Chemicals"), ("機械", "kikai", "Machinery"),
    ("金属", "kinzoku", "Manufacturing"), ("鉄工所", "tekko", "Manufacturing"), ("システムズ", "systems", "Technology"),
    ("技研", "giken", "Engineering"), ("建設", "kensetsu", "Construction"), ("物流", "butsuryu", "Transportation"),
    ("食品", "shokuhin", "Food & Beverage"), ("樹脂", "jushi", "Chemicals"), ("医療機器", "medical", "Healthcare"),
    ("商事", "shoji", "Retail"), ("学園", "gakuen", "Education"),
)  # fmt: skip
# How a company's name is spelled from one lead to the next; the first ones are the usual ones.
COMPANY_FORMS = ("株式会社{}", "{}株式会社", "㈱{}", "（株）{}", "{}(株)", "株式会社 {}", "{}　株式会社", "{}")
HALF_WIDTH = {"オオタ": "ｵｵﾀ", "ミナト": "ﾐﾅﾄ", "サンライズ": "ｻﾝﾗｲｽﾞ", "ＡＢＣ": "ABC", "ＮＫ": "NK"}
ENGLISH_COMPANIES = (
    ("Northfield", "Manufacturing"), ("Blue Harbor", "Transportation"), ("Redwood", "Construction"),
    ("Summit", "Machinery"), ("Lakeside", "Food & Beverage"), ("Ironbridge", "Engineering"), ("Orchid", "Electronics"),
    ("Silverline", "Technology"), ("Kestrel", "Machinery"), ("Banyan", "Chemicals"),
)  # fmt: skip
ENGLISH_TAILS = ("Industries", "Systems", "Precision", "Robotics", "Tools", "Components")
ENGLISH_FORMS = ("{} Inc.", "{} Ltd", "{}, LLC", "{} Corporation", "{}")
DIRTY_COMPANIES = ("なし", "不明", "-", "test", "個人", "N/A")
FREE_MAIL = ("gmail.com", "yahoo.co.jp", "icloud.com")
SHORT_PREFECTURES = {"東京都": ("東京", "Tokyo"), "大阪府": ("大阪", "Osaka"), "神奈川県": ("神奈川", "Kanagawa")}
GRADES = ("A", "B+", "B", "C+", "C", "C-", "D+", "D", "F")
