"""Parts of the company, by the plan's own dimensions."""

import pytest

from salesnb.plan.scopes import COMPANY, Dimension, Scope, Scopes

SCOPES = Scopes(
    {
        "region": Dimension("region", ("East", "West", "North")),
        "line": Dimension("line", ("A", "B")),
        "channel": Dimension("channel", ("online", "dealer"), exhaustive=False),
        "site": Dimension("site", ("East", "Harbour")),
    },
    {"Core": Scope((("region", ("East", "West")),))},
)


def read(text):
    scope, _, problems = SCOPES.read(text)
    assert problems == []
    return scope


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", ""),
        ("region=East", "region=East"),
        ("line=A;region=West|East", "region=East|West;line=A"),
        ("Core", "region=East|West"),
        ("Core;line=A", "region=East|West;line=A"),
        ("West", "region=West"),
        ("region=East|West|North", ""),
        ("channel=online|dealer", "channel=online|dealer"),
        ("region = East ； line = B", "region=East;line=B"),
    ],
)
def test_a_scope_is_one_value_however_it_is_written(text, written):
    assert read(text).text == written


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("colour=red", "`colour` is not a dimension of the plan. It can be: channel, line, region, site."),
        ("region=Wset", "`Wset` is not a member of `region`. Did you mean `West`?"),
        ("Nort", "scope `Nort` does not exist in the plan. Did you mean `North`?"),
        ("East", "`East` is in several dimensions. Write `region=East` or `site=East`."),
        ("line=A;line=B", "`line` is said twice; got `line=A;line=B`."),
    ],
)  # fmt: skip
def test_a_scope_that_does_not_exist_is_told_with_the_nearest(text, problem):
    assert [str(one) for one in SCOPES.read(text)[2]] == [problem]


def test_parts_lie_within_their_wholes():
    east, core, cell = read("region=East"), read("Core"), read("region=East;line=A")
    assert east.within(core)
    assert cell.within(east)
    assert cell.within(COMPANY)
    assert not core.within(east)
    assert cell.meets(read("line=A"))
    assert not east.meets(read("West"))


def test_a_scope_falls_into_its_single_members():
    assert [part.text for part in read("Core;line=A").singles()] == [
        "region=East;line=A",
        "region=West;line=A",
    ]
    assert [part.text for part in SCOPES.children(read("line=A"), "region")] == [
        "region=East;line=A",
        "region=West;line=A",
        "region=North;line=A",
    ]


def test_a_dimension_of_one_member_cuts_nothing():
    one = Scopes({"land": Dimension("land", ("Here",))})
    assert one.read("land=Here")[0] == COMPANY
    assert one.children(COMPANY, "land") == (COMPANY,)
