import subprocess
import sys
from pathlib import Path

import pytest
from pandas import Categorical, DataFrame

import salesnb
from salesnb.errors import MetricError
from salesnb.explain.inputs import check_sum, names, numbers, shared_items

ROOM = Path(salesnb.__file__).parent / "explain"
HEAVY = {"ets", "lifetime"}


def test_names():
    assert names("a") == ["a"]
    assert names(("a", "b")) == ["a", "b"]


def test_shared_items_are_sorted_and_placed():
    now = DataFrame({"item": ["c", "a", "c"]})
    before = DataFrame({"item": Categorical(["b", None, "a"])})
    items, here, there = shared_items(now, before, ["item"])
    assert items["item"].tolist()[:3] == ["a", "b", "c"]
    assert items["item"].isna().tolist() == [False, False, False, True]
    assert here.tolist() == [2, 0, 2]
    assert there.tolist() == [1, 3, 0]


def test_shared_items_of_nothing():
    nothing = DataFrame({"item": []})
    items, here, there = shared_items(nothing, nothing, ["item"])
    assert (len(items), len(here), len(there)) == (0, 0, 0)


def test_parts_must_sum():
    check_sum(1.0 + 1e-10, 1.0, 1.0, "bridge")
    with pytest.raises(MetricError) as caught:
        check_sum(1.1, 1.0, 1.0, "bridge")
    assert str(caught.value) == "bridge: the parts sum to 1.1 and not to 1.0."


def test_numbers_refuses_text():
    with pytest.raises(MetricError) as caught:
        numbers(["1", "x"], "price")
    assert str(caught.value) == "price: the values are not all numbers."


def test_the_room_is_light():
    """Whoever draws a bridge must not pay for an optimiser; only two modules may load one."""
    modules = sorted(path.stem for path in ROOM.glob("*.py") if path.stem not in HEAVY)
    imports = "; ".join(f"import salesnb.explain.{module}" for module in modules)
    heavy = "{'scipy.optimize', 'scipy.stats', 'statsmodels', 'matplotlib'} & set(sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", f"import sys; {imports}; print(sorted({heavy}))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "[]"
