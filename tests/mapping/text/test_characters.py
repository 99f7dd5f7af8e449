"""Spellings of the same text become the same, and what only looks alike stays apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.text.characters import folded


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("㈱ＡＢＣ", "(株)abc"),
        ("ﾄﾖﾀ ｼﾞﾄﾞｳｼｬ", "トヨタジドウシャ"),
        ("①", "1"),
        ("髙橋", "高橋"),
        ("宮﨑", "宮崎"),
        ("渡邊", "渡辺"),
        ("渡邉", "渡辺"),
        ("齋藤", "斎藤"),
        ("辻\U000e0100", "辻"),
        ("𠮷野", "吉野"),
        ("山田　太郎", "山田太郎"),
        ("  VP  of\tSales ", "vp of sales"),
        ("ゼロ\u200b幅", "ゼロ幅"),
        ("STRASSE", "strasse"),
    ],
)
def test_width_case_old_kanji_and_spaces_do_not_count(written: str, read: str) -> None:
    assert folded(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("サ-ビス", "サービス"),
        ("センタ－長", "センター長"),
        ("データ―", "データー"),
        ("ｻｰﾊﾞｰ", "サーバー"),
        ("サーバ-A", "サーバ-a"),
        ("1ー2ー3", "1-2-3"),
        ("A–B", "a-b"),
        ("東京ー大阪", "東京-大阪"),
    ],
)
def test_a_hyphen_behind_kana_is_a_long_vowel_and_a_long_vowel_elsewhere_a_hyphen(written: str, read: str) -> None:
    assert folded(written) == read


@pytest.mark.parametrize(
    ("one", "other"), [("斉藤", "斎藤"), ("大島", "大嶋"), ("サーバ", "サーバー"), ("Cafe", "Café")]
)
def test_what_only_looks_alike_stays_apart(one: str, other: str) -> None:
    assert folded(one) != folded(other)


@given(st.text(alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("ーｰ-－―アｱ漢字 　・aA1髙㈱"))))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = folded(text)
    assert folded(once) == once


@given(st.text(alphabet=st.sampled_from([chr(code) for code in range(0x20, 0x7F)])))
def test_plain_latin_text_reads_like_its_full_width_twin(text: str) -> None:
    wide = "".join("\u3000" if letter == " " else chr(ord(letter) + 0xFEE0) for letter in text)
    assert folded(wide) == folded(text)
