"""Scopes: what part of the company a number is about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesnb.data.scope import DIMENSIONS, parse_scope, scope_text
from salesnb.errors import ContractError


@given(
    st.dictionaries(st.sampled_from(DIMENSIONS), st.text(min_size=1).map(str.strip).filter(bool))
)
def test_what_was_written_is_read(scope):
    assert parse_scope(scope_text(scope)) == scope


def test_order_of_writing_does_not_matter():
    one = parse_scope("product_line=C;region=华东")
    assert one == parse_scope(" region = 华东 ；product_line=C;")
    assert scope_text(one) == "region=华东;product_line=C"


def test_signs_that_mean_something_survive_in_a_value():
    assert scope_text({"product": "A;B=2"}) == "product=A%3BB%3D2"
    assert parse_scope("product=A%3BB%3D2") == {"product": "A;B=2"}


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(ContractError) as error:
        parse_scope("regoin=华东;C;rep=1;rep=2;rep=")
    assert str(error.value) == (
        "scope `regoin=华东;C;rep=1;rep=2;rep=`: 4 problems.\n"
        "  · `regoin` is not a dimension. Did you mean `region`?\n"
        "  · a scope is `dimension=value;…`; got `C`.\n"
        "  · `rep` is said twice; got `regoin=华东;C;rep=1;rep=2;rep=`.\n"
        "  · a scope is `dimension=value;…`; got `rep=`."
    )


def test_an_unknown_dimension_cannot_be_written():
    with pytest.raises(ContractError, match="`lin` is not a dimension"):
        scope_text({"lin": "A"})
