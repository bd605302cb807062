import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.figures.theme import DARK, LIGHT, PALETTES, contrast, css_variables, readable, tokens

COLOURS = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)
CHOICES = [
    (mode, palettes)
    for mode in ("light", "dark")
    for palettes in itertools.chain([()], itertools.combinations(PALETTES, 1))
]


def test_no_two_names_share_a_colour_in_a_drawing():
    assert len(set(LIGHT.values())) == len(LIGHT)
    assert LIGHT.keys() == DARK.keys()


@pytest.mark.parametrize(("mode", "palettes"), CHOICES)
def test_text_can_be_read_on_its_ground(mode, palettes):
    shown = tokens(mode, palettes=palettes)
    for name in ("ink", "muted", "accent", "good", "bad", "warn", "actual"):
        assert contrast(shown[name], shown["paper"]) >= 4.5, name
    for name in ("ink", "muted", "accent"):
        assert contrast(shown[name], shown["soft"]) >= 4.5, name
    for name in ("good", "bad", "warn"):
        assert contrast(shown[name], shown[f"{name}_soft"]) >= 4.5, name
    # Marks need less than text; what lies behind marks needs nothing.
    assert contrast(shown["last"], shown["paper"]) >= 2.9


@given(COLOURS, st.sampled_from([LIGHT["paper"], DARK["paper"]]))
@settings(deadline=None)
def test_any_brand_colour_becomes_readable(colour, paper):
    assert contrast(readable(colour, paper), paper) >= 4.5


def test_chinese_palette_turns_directions_and_leaves_merit_alone():
    plain, chinese = tokens(), tokens(palettes=("cn",))
    assert chinese["up"] == "#c22f36"
    assert chinese["down"] == "#12764f"
    assert {name: chinese[name] for name in ("good", "bad")} == {
        name: plain[name] for name in ("good", "bad")
    }


def test_variables_are_named_as_css_names():
    assert css_variables({"accent_soft": "#112233"}) == "--accent-soft:#112233;"
