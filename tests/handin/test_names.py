"""Names: exactly two, printable, and right in every place they go to."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from mlph_lib.handin.fonts import font_for, printed
from mlph_lib.handin.names import (
    GroupError,
    folder_name,
    in_markdown,
    in_tex,
    parse_names,
)

HARD = [
    "Zoë Ångström-O'Neill",
    "Łukasz Żółć",
    "Nguyễn Thị Hằng",
    "Ελένη Παπαδοπούλου",
    "Ольга Щёголева",
    "A $(rm -rf) `x` & \\B_c% #{d}~^ \"e\" <f> |g| *h* -- ''i''",
]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "got 0"),
        ("Ada Lovelace", "got 1"),
        ("Ada Lovelace;", "got 1"),
        (" ; ", "got 0"),
        ("A B; C D; E F", "got 3"),
        ("Ada Lovelace; ada  lovelace", "different"),
        ("Zoe\u0301; Zo\u00e9", "different"),
        ("Ada; 123", "no letter"),
        ("Ada; Bob\u0007", "U\\+0007"),
        ("Ada; Bob \U0001f600", "U\\+1F600"),
        ("Ada; Bob\udcff", "U\\+DCFF"),
    ],
)
def test_what_is_no_group_of_two_is_refused(text, told):
    with pytest.raises(GroupError, match=told):
        parse_names(text)


@pytest.mark.parametrize("name", HARD)
def test_a_name_survives_parsing_as_typed(name):
    assert parse_names(f"{name};Ada") == (name, "Ada")


def test_letters_are_composed_and_spaces_tidied():
    assert parse_names("Zoe\u0308\u00a0 B;  C") == ("Zoë B", "C")


@pytest.mark.parametrize("name", HARD)
def test_markdown_shows_the_name_itself(name):
    (inline,) = [t for t in MarkdownIt().parse(in_markdown(name)) if t.children]
    assert "".join(t.content for t in inline.children) == name
    assert all(t.type in ("text", "text_special") for t in inline.children)
    assert "$" not in in_markdown(name)  # or a reader sees a formula


def test_file_names_hold_letters_and_digits_alone():
    assert folder_name(("Ольга Щ.", HARD[-1])) == (
        "sheet09_Ольга-Щ_A-rm-rf-x-B-c-d-e-f-g-h-i"
    )
    long = folder_name(("ж" * 300, "b" * 300))
    assert len(long.encode()) < 200


def test_no_special_sign_of_tex_is_left_bare():
    bare = in_tex("a\\b{c}$d$%e#f_g&h~i^j")
    for command in ("textbackslash", "textasciitilde", "textasciicircum"):
        bare = bare.replace(f"\\{command}{{}}", "")
    for sign in "{}$%#_&":
        assert sign not in bare.replace(f"\\{sign}", "")


@pytest.fixture
def installed(monkeypatch):
    """Fonts by what they cover, in place of fontconfig's answer."""
    fonts: dict[str, str] = {}

    def families(signs):
        return frozenset(name for name, has in fonts.items() if signs <= set(has))

    monkeypatch.setattr("mlph_lib.handin.fonts._families", families)
    return fonts


def test_the_first_preferred_font_that_has_all_signs_is_taken(installed):
    installed |= {"A": "aéж", "DejaVu Serif": "aéж", "TeX Gyre Pagella": "aé"}
    assert font_for("a é") == "TeX Gyre Pagella"
    assert font_for("a ж") == "DejaVu Serif"
    del installed["DejaVu Serif"]
    assert font_for("a ж") == "A"


def test_a_script_without_a_font_is_refused_with_its_package(installed):
    installed["Latin"] = "ab"
    with pytest.raises(GroupError, match="(?s)𒀀 .U.12000.*fonts-noto-core"):
        font_for("a𒀀")
    with pytest.raises(GroupError, match="fonts-noto-cjk"):
        font_for("王小明")


def test_a_name_is_printed_in_its_font_and_direction(installed):
    installed["Font"] = "עדהZoë&王"
    assert printed("Zoë &") == r"{\fontspec{Font}Zoë \&}"
    assert printed("王") == r"{\fontspec{Font}王}"
    assert printed("עדה") == (
        r"{\fontspec{Font}[Script=Hebrew]\TeXXeTstate=1 \beginR עדה\endR}"
    )
