from salesnb.findings.finding import Finding, leading, ranked
from salesnb.language import Language

SMALL = Finding("goal_gap", "bad", impact=-100.0)
LARGE = Finding("overdue_up", "bad", impact=-900.0)
WARNED = Finding("sales_down", "warn", impact=-5_000.0)
GOOD = Finding("goal_met", "good", impact=9_000.0)


def test_severity_comes_before_size():
    assert ranked([GOOD, SMALL, WARNED, LARGE]) == [LARGE, SMALL, WARNED, GOOD]


def test_order_of_arrival_does_not_matter():
    found = [GOOD, SMALL, WARNED, LARGE]
    assert ranked(found) == ranked(found[::-1])


def test_a_rule_does_not_fill_the_first_screen_alone():
    twins = [Finding("price_cut", "bad", {"product_line": line}, -50.0) for line in "ABC"]
    assert [found.rule for found in leading([*twins, WARNED, GOOD])] == [
        "price_cut",
        "sales_down",
        "goal_met",
    ]
    assert len(leading(twins)) == 3


def test_the_key_does_not_depend_on_the_order_of_the_scope():
    one = Finding("price_cut", "bad", {"region": "华东", "product_line": "A"})
    other = Finding("price_cut", "warn", {"product_line": "A", "region": "华东"}, impact=1.0)
    assert one.key == other.key == "price_cut|product_line=A;region=华东"


def test_a_sentence_is_filled_in_each_language():
    found = Finding("new_customers_gap", "warn", values={"count": 8, "target": 12, "gap": 4})
    assert found.text(Language.load("zh")) == "新增客户8家，目标12家，还差4家。"
    assert found.text(Language.load("en")) == "8 new customers against a target of 12, 4 short."
