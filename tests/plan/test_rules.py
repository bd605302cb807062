"""Each rule on a plan small enough to check in the head: what it finds, and the arithmetic."""

import pytest

from salesnb.language import CODES, Language, words
from salesnb.plan.check import check_text
from salesnb.plan.checks.catalogue import RULES
from salesnb.plan.facts import Facts

HEAD = """
plan: {year: 2024, currency: USD, money_unit: $K}
dimensions:
  region: [East, West]
  line: [A, B, C]
  customer_type: [new, existing]
people: [{name: Ann}, {name: Bob, scope: East}]
metrics: {visits: {unit: count}, visits_per_rep: {unit: number}}
"""

# Name → (records, rule.case, the arithmetic as it must be written). Records are `section: fields`.
CASES = {
    # K01
    "amounts over": (
        "targets: {metric: net_sales, value: 100}|{metric: net_sales, scope: East, value: 60}|"
        "{metric: net_sales, scope: West, value: 50}",
        "K01.over", "East $60K + West $50K = $110K ≠ $100K"),
    "amounts under": (
        "targets: {metric: net_sales, value: 100}|{metric: net_sales, scope: East, value: 60}|"
        "{metric: net_sales, scope: West, value: 30}",
        "K01.under", "East $60K + West $30K = $90K ≠ $100K"),
    "amounts equal": (
        "targets: {metric: net_sales, value: 100}|{metric: net_sales, scope: East, value: 60}|"
        "{metric: net_sales, scope: West, value: 40}",
        "K01.passed", "East $60K + West $40K = $100K"),
    "one amount is more than the whole": (
        "targets: {metric: net_sales, value: 100}|{metric: net_sales, scope: East, value: 120}",
        "K01.exceeds", "East $120K = $120K > $100K"),
    "a tree said outright": (
        "targets: {id: w, metric: visits, value: 10}|{id: p, metric: visits, scope: East, value: 4}|"
        "{id: q, metric: visits, scope: line=A, value: 7}\ntrees: {id: t, whole: w, parts: [p, q]}",
        "K01.over", "4 + 7 = 11 ≠ 10"),
    "last year's amounts": (
        "history: {metric: net_sales, value: 100}|{metric: net_sales, scope: East, value: 60}|"
        "{metric: net_sales, scope: West, value: 30}",
        "K01.history", "$60K + $30K = $90K ≠ $100K"),
    # K02
    "shares over": (
        "targets: {metric: net_sales, kind: share, scope: East, value: 60%}|"
        "{metric: net_sales, kind: share, scope: West, value: 50%}",
        "K02.sum", "60% + 50% = 110% ≠ 100%"),
    "shares equal": (
        "targets: {metric: net_sales, kind: share, scope: East, value: 60%}|"
        "{metric: net_sales, kind: share, scope: West, value: 40%}",
        "K02.passed", "60% + 40% = 100%"),
    "floors too high": (
        "targets: {metric: net_sales, kind: share, scope: East, value: ≥ 60%}|"
        "{metric: net_sales, kind: share, scope: West, value: ≥ 50%}",
        "K02.too_much", "60% + 50% → ≥ 110% ≠ 100%"),
    "ceilings too low": (
        "targets: {metric: net_sales, kind: share, scope: East, value: ≤ 40%}|"
        "{metric: net_sales, kind: share, scope: West, value: ≤ 50%}",
        "K02.too_little", "40% + 50% → ≤ 90% ≠ 100%"),
    "a ceiling nothing reaches": (
        "targets: {metric: net_sales, kind: share, scope: A, value: ≤ 40%}|"
        "{metric: net_sales, kind: share, scope: B, value: 35%}|"
        "{metric: net_sales, kind: share, scope: C, value: ≥ 30%}",
        "K02.unreachable", "40% + 35% + 30% = 105% ≠ 100%; A ≤ 100% − 35% − 30% = 35%"),
    "bounds with room": (
        "targets: {metric: net_sales, kind: share, scope: East, value: ≥ 40%}|"
        "{metric: net_sales, kind: share, scope: West, value: ≤ 60%}",
        "K02.bounds_passed", "40% ≤ 100% ≤ 160%"),
    "last year's shares": (
        "history: {metric: net_sales, kind: share, scope: East, value: 60%}|"
        "{metric: net_sales, kind: share, scope: West, value: 50%}",
        "K02.history_sum", "60% + 50% = 110% ≠ 100%"),
    # K03
    "growth over": (
        "history: {metric: net_sales, kind: share, scope: East, value: 60%}|"
        "{metric: net_sales, kind: share, scope: West, value: 40%}\n"
        "targets: {metric: net_sales, kind: growth, value: 10%}|"
        "{metric: net_sales, kind: growth, scope: East, value: 10%}|"
        "{metric: net_sales, kind: growth, scope: West, value: 20%}",
        "K03.over", "60%×10% + 40%×20% = 14% ≠ 10%; 1.14 X ÷ 1.1 X − 1 = +3.64%"),
    "growth of one member is too much for the whole": (
        "history: {metric: net_sales, value: 100}|{metric: net_sales, scope: East, value: 60}\n"
        "targets: {metric: net_sales, value: 100}|"
        "{metric: net_sales, kind: growth, scope: East, value: 100%}",
        "K03.exceeds", "East $120K = $120K > $100K"),
    "a part outgrows its whole": (
        "history: {metric: net_sales, kind: share, scope: East, value: 50%}|"
        "{metric: net_sales, kind: share, scope: region=East;line=A, of: region=East, value: 50%}\n"
        "targets: {metric: net_sales, kind: growth, scope: East, value: 10%}|"
        "{metric: net_sales, kind: growth, scope: region=East;line=A, value: 30%}",
        "K03.rest_shrinks", "(10% − 30%×50%) ÷ (1 − 50%) = −10%"),
    # K04
    "a share and an amount differ": (
        "targets: {metric: net_sales, value: 100}|{metric: net_sales, scope: East, value: 60}|"
        "{metric: net_sales, kind: share, scope: East, value: 50%}",
        "K04.differ_amount", "50% × $100K = $50K ≠ $60K = 60%"),
    "a share and an amount agree": (
        "targets: {metric: net_sales, value: 100}|{metric: net_sales, scope: East, value: 60}|"
        "{metric: net_sales, kind: share, scope: East, value: 60%}",
        "K04.passed_amount", "$60K ÷ $100K = 60% ~ 60%"),
    # K05
    "a floor that never counts": (
        "targets: {metric: net_sales, kind: share, scope: line=B|C, value: ≥ 50%}|"
        "{metric: net_sales, kind: share, scope: A, value: ≤ 40%}",
        "K05.never", "B+C ≥ 60% > 50%"),
    # K06
    "two figures": (
        "targets: {id: x, metric: net_sales, value: 100}|{id: y, metric: net_sales, value: 120}",
        "K06.differ", "x $100K ≠ y $120K"),
    "an amount and a growth": (
        "history: {metric: net_sales, value: 100}\n"
        "targets: {metric: net_sales, value: 120}|{metric: net_sales, kind: growth, value: 10%}",
        "K06.kinds", "$120K ≠ $110K ← 10%"),
    # K07
    "two baselines": (
        "history: {metric: win_rate, value: 20%}\ntargets: {metric: win_rate, value: 30%, baseline: 25%}",
        "K07.differ", "20% ≠ 25%"),
    "a share and its amounts": (
        "history: {metric: net_sales, value: 100}|{metric: net_sales, scope: East, value: 60}|"
        "{metric: net_sales, kind: share, scope: East, value: 50%}",
        "K07.differ", "50% ≠ $60K ÷ $100K = 60%"),
    # K08
    "raised to less": (
        "history: {metric: win_rate, value: 30%}\ntargets: {id: t, metric: win_rate, value: 25%}",
        "K08.below", "t 25% < 30%"),
    "reduced to more": (
        "history: {metric: churn_rate, value: 8%}\ntargets: {id: t, metric: churn_rate, value: 9%}",
        "K08.above", "t 9% > 8%"),
    "raised to the same": (
        "history: {metric: win_rate, value: 30%}\n"
        "targets: {id: t, metric: win_rate, value: 30%, direction: raise}",
        "K08.still", "t 30% = 30%"),
    # K09
    "two trees, two totals": (
        "targets: {metric: net_sales, scope: East, value: 60}|{metric: net_sales, scope: West, value: 50}|"
        "{metric: net_sales, scope: A, value: 40}|{metric: net_sales, scope: B, value: 30}|"
        "{metric: net_sales, scope: C, value: 30}",
        "K09.differ", "Σ region = $110K ≠ Σ line = $100K"),
    "two trees, one total": (
        "targets: {metric: net_sales, scope: East, value: 60}|{metric: net_sales, scope: West, value: 40}|"
        "{metric: net_sales, scope: A, value: 40}|{metric: net_sales, scope: B, value: 30}|"
        "{metric: net_sales, scope: C, value: 30}",
        "K09.passed", "Σ region = $100K = Σ line = $100K"),
    "a quarter's regions": (
        "targets: {metric: net_sales, period: Q1, value: 100}|"
        "{metric: net_sales, scope: East, period: Q1, value: 60}|"
        "{metric: net_sales, scope: West, period: Q1, value: 50}",
        "K09.piece",
        "$60K + $50K = $110K ≠ $100K",
    ),
    "a quarter's regions as shares of their years": (
        "history: {metric: net_sales, value: 100}|{metric: net_sales, scope: East, value: 60}|"
        "{metric: net_sales, scope: West, value: 40}\n"
        "targets: {metric: net_sales, kind: growth, value: 0%}|"
        "{metric: net_sales, kind: growth, scope: East, value: 0%}|"
        "{metric: net_sales, kind: growth, scope: West, value: 0%}|"
        "{metric: net_sales, kind: share, period: Q1, value: 20%}|"
        "{metric: net_sales, kind: share, scope: East, of: year, period: Q1, value: 20%}|"
        "{metric: net_sales, kind: share, scope: West, of: year, period: Q1, value: 20%}",
        "K09.piece_passed",
        "$12K + $8K = $20K",
    ),
    # K10
    "three that cannot hold together": (
        "history: {metric: net_sales, value: 100}|{metric: net_sales, kind: share, scope: A, value: 40%}\n"
        "targets: {metric: net_sales, value: 100}|"
        "{metric: net_sales, kind: growth, scope: A, value: 25%}|"
        "{metric: net_sales, kind: share, scope: B, value: ≥ 30%}|"
        "{metric: net_sales, kind: share, scope: C, value: ≥ 40%}",
        "K10.conflict", "A 50% + B ≥30% + C ≥40% = 120% ≠ 100%"),
    # K11
    "the whole above all parts": (
        "targets: {metric: win_rate, value: 30%}|{metric: win_rate, scope: East, value: 25%}|"
        "{metric: win_rate, scope: West, value: 20%}",
        "K11.above", "30% > max(25%, 20%)"),
    "the whole below all parts": (
        "targets: {metric: win_rate, value: 10%}|{metric: win_rate, scope: East, value: 25%}|"
        "{metric: win_rate, scope: West, value: 20%}",
        "K11.below", "10% < min(25%, 20%)"),
    "weights kept": (
        "history: {metric: attainment, value: 110%}|{metric: attainment, scope: East, value: 120%}|"
        "{metric: attainment, scope: West, value: 100%}\n"
        "targets: {metric: attainment, value: 100%}|{metric: attainment, scope: East, value: 110%}|"
        "{metric: attainment, scope: West, value: 90%}",
        "K11.weights_passed",
        "(110%−100%)÷(120%−100%) = 50%; (100%−90%)÷(110%−90%) = 50%; 50%×110% + 50%×90% = 100%"),
    # K12
    "growths that do not multiply": (
        "targets: {metric: net_sales, kind: growth, value: 10%}|{metric: orders, kind: growth, value: 10%}|"
        "{metric: average_order_value, kind: growth, value: 10%, definition: per order}",
        "K12.growths", "1.1 × 1.1 = 1.21 ≠ 1.1"),
    "an identity of its own": (
        "identities: visits = headcount * visits_per_rep\n"
        "targets: {metric: visits, value: 1000}|{metric: headcount, value: 10}|"
        "{metric: visits_per_rep, value: 50}",
        "K12.product", "10 × 50 = 500 ≠ 1,000"),
    "old customers are the whole": (
        "history: {metric: net_sales, value: 100}|"
        "{metric: net_sales, kind: share, scope: existing, value: 90%}|{metric: repurchase_rate, value: 50%}\n"
        "targets: {metric: net_sales, kind: growth, value: 5%}|{metric: repurchase_rate, value: 60%}|"
        "{metric: revenue_per_customer, kind: growth, scope: existing, value: 10%}",
        "K12.old_exceed", "$90K × 1.2 × 1.1 = $118.8K; $105K − $118.8K = −$13.8K"),
    # K14
    "a percentage that is no whole number": (
        "targets: {metric: new_customers, value: 50}|"
        "{metric: new_customers, kind: share, period: Q1, value: 25%}",
        "K14.fraction", "25%×50 = 12.5"),
    # K15
    "quarters in amounts": (
        "targets: {metric: net_sales, value: 100}|{metric: net_sales, period: Q1, value: 20}|"
        "{metric: net_sales, period: Q2, value: 20}|{metric: net_sales, period: Q3, value: 20}|"
        "{metric: net_sales, period: Q4, value: 30}",
        "K15.amounts", "$20K + $20K + $20K + $30K = $90K ≠ $100K"),
    "a quarter's months": (
        "targets: {metric: net_sales, period: Q1, value: 100}|"
        "{metric: net_sales, period: 2024-01, value: 30}|"
        "{metric: net_sales, period: 2024-02, value: 30}|"
        "{metric: net_sales, period: 2024-03, value: 30}",
        "K15.months",
        "$30K + $30K + $30K = $90K ≠ $100K",
    ),
    "a quarter's months add up": (
        "targets: {metric: net_sales, period: Q1, value: 90}|"
        "{metric: net_sales, period: 2024-01, value: 30}|"
        "{metric: net_sales, period: 2024-02, value: 30}|"
        "{metric: net_sales, period: 2024-03, value: 30}",
        "K15.months_passed",
        "$30K + $30K + $30K = $90K",
    ),
    "progress that falls": (
        "targets: {metric: net_sales, kind: share, period: Q2, value: 50%, cumulative: yes}|"
        "{metric: net_sales, kind: share, period: Q3, value: 40%, cumulative: yes}",
        "K15.falls", "50% > 40%"),
    "progress that is not the sum": (
        "targets: {metric: net_sales, kind: share, period: Q1, value: 20%}|"
        "{metric: net_sales, kind: share, period: Q2, value: 20%}|"
        "{metric: net_sales, kind: share, period: Q2, value: 50%, cumulative: yes}",
        "K15.reached", "20% + 20% = 40% ≠ 50%"),
    # K16
    "a region needs more than there is": (
        "history: {metric: net_sales, value: 100}|{metric: net_sales, scope: East, value: 80}\n"
        "targets: {metric: net_sales, kind: growth, value: 0%}|"
        "{metric: net_sales, kind: growth, scope: East, value: 0%}|"
        "{metric: net_sales, kind: share, period: Q4, value: 20%}|"
        "{metric: net_sales, kind: share, scope: East, of: year, period: Q4, value: 50%}",
        "K16.piece", "50%×$80K = $40K > 20%×$100K = $20K"),
    "a region fits into its quarter": (
        "history: {metric: net_sales, value: 100}|{metric: net_sales, scope: East, value: 80}\n"
        "targets: {metric: net_sales, kind: growth, value: 0%}|"
        "{metric: net_sales, kind: growth, scope: East, value: 0%}|"
        "{metric: net_sales, kind: share, period: Q4, value: 20%}|"
        "{metric: net_sales, kind: share, scope: East, of: year, period: Q4, value: 20%}",
        "K16.piece_passed", "20%×$80K = $16K ≤ 20%×$100K = $20K"),
    # K17
    "it ends before it begins": (
        "milestones: {milestone: Shop, start: 2024-06-03, due: 2024-05-03}",
        "K17.reversed", "2024-06-03 > 2024-05-03"),
    "due on a Sunday": (
        "milestones: {milestone: Shop, due: 2024-06-02}", "K17.day_off", "2024-06-02 → 2024-06-03"),
    # K18
    "a unit mistaken": (
        "history: {metric: net_sales, scope: East, value: 100}|{metric: net_sales, value: 200}\n"
        "targets: {metric: net_sales, scope: East, value: 110000}",
        "K18.slip", "$110,000K ÷ $100K = 1,100"),
    # K19
    "slower than the market": (
        "market: {metric: market_size, kind: growth, period: 2023, value: 20%}\n"
        "targets: {metric: net_sales, kind: growth, value: 10%}|"
        "{metric: market_share, kind: points, value: +1 points}",
        "K19.falls", "1.1 ÷ 1.2 = 0.917 ≤ 1"),
    "a share that follows": (
        "market: {metric: market_size, kind: growth, period: 2024, value: 10%}\n"
        "history: {metric: market_share, value: 10%}\n"
        "targets: {metric: net_sales, kind: growth, value: 21%}|{metric: market_share, value: 11%}",
        "K19.passed", "10%×1.21÷1.1 = 11% ≥ 11%"),
    # K22, K23, K25
    "one person, eleven tasks": (
        "targets: " + "|".join(f"{{metric: visits, period: 2024-{n:02d}, value: 5, owner: Ann}}"
                               for n in range(1, 12)),
        "K22.load", "11 > 10"),
    "a strategy without a target": ("strategy: {id: S, text: Go north}", "K23.unbound", ""),
    "two meanings, none chosen": (
        "targets: {metric: repurchase_rate, value: 60%}", "K25.definition", ""),
    # K28
    "a task that serves nothing": (
        "targets: {metric: visits, value: 5, owner: Ann}", "K28.loose", ""),
    # K31
    "too few heads": (
        "targets: {metric: net_sales, value: 1000}\n"
        "capacity: {heads: 4, productivity: 200, hires: 2, hire_by: 2024-06-30, ramp_months: 6}",
        "K31.short", "(4 + 2×25.5%)×$200K = $902.2K < $1,000K"),
    "too many customers for each": (
        "targets: {metric: active_customers, value: 100}\n"
        "capacity: {role: manager, metric: active_customers, heads: 2, load: 40}",
        "K31.load", "2×40 = 80 < 100"),
    "enough heads for the customers": (
        "targets: {metric: active_customers, value: 80}\n"
        "capacity: {role: manager, metric: active_customers, heads: 2, load: 40}",
        "K31.load_passed", "2×40 = 80 ≥ 80"),
    # K32
    "above a lower bound": (
        "targets: {metric: net_sales, value: ≥ 100}|{metric: net_sales, scope: East, value: 60}|"
        "{metric: net_sales, scope: West, value: 50}",
        "K32.undeclared", "$110K ÷ $100K − 1 = 10% > 0%"),
    # K33
    "one quota is too much": (
        "targets: {metric: visits, scope: A, value: 10, potential: 100}|"
        "{metric: visits, scope: B, value: 10, potential: 100}|"
        "{metric: visits, scope: C, value: 30, potential: 100}",
        "K33.uneven", "A 10 ÷ 100 = 0.1; B 10 ÷ 100 = 0.1; C 30 ÷ 100 = 0.3"),
    "quotas alike": (
        "targets: {metric: visits, scope: A, value: 10, potential: 100}|"
        "{metric: visits, scope: B, value: 20, potential: 200}|"
        "{metric: visits, scope: C, value: 30, potential: 300}",
        "K33.passed", "A 10 ÷ 100 = 0.1; B 20 ÷ 200 = 0.1; C 30 ÷ 300 = 0.1"),
    # K34
    "27 cells, three named": (
        "tiers: {name: RFM, grid: {R: [H, M, L], F: [H, M, L], M: [H, M, L]}, "
        "tiers: {core: [HHH], middle: [MMM], risk: [LLL]}}",
        "K34.cells", "27 − 3 = 24"),
    "a cell in two classes": (
        "tiers: {name: RF, grid: {R: [H, L], F: [H, L]}, tiers: {core: [HH, HL], risk: [HL, LH, LL]}}",
        "K34.cells_twice", "4 − 4 = 0"),
    "bounds that overlap": (
        "tiers: {name: size, metric: net_sales, order: disjoint, tiers: {big: ≥ 50, small: < 60}}",
        "K34.overlap", "big ≥ 50; small < 60"),
    # K35
    "last year's target was a target": (
        "history: {metric: attainment, value: 102%}|{metric: net_sales, kind: growth, value: 12%}",
        "K35.passed", "1.12 ÷ 1.02 − 1 = +9.8%"),
    # K36
    "a review after its quarter": (
        "monitoring: {type: meeting, text: Review, date: 2024-12-31, covers: quarter}",
        "K36.before_end", "2024-12-31 − 2024-12-31 = 0"),
    "a meeting after the year": (
        "monitoring: {type: meeting, text: Annual meeting, date: 2025-01-20, covers: year}",
        "K36.once_passed", "2024-12-31 − 2025-01-20 = −20"),
    "a report before the books close": (
        "monitoring: {type: closing, every: month, day: 6}|"
        "{type: report, every: month, day: 5, covers: month}",
        "K36.before_close", "5 < 6"),
    "a meeting before its report": (
        "monitoring: {id: r, type: report, every: month, day: 9, covers: month}|"
        "{type: meeting, every: month, day: 8, covers: month, needs: r}",
        "K36.order", "9 > 8"),
    # The rest, in order of rule
    "last year's amounts add up": (
        "history: {metric: net_sales, value: 100}|{metric: net_sales, scope: East, value: 60}|"
        "{metric: net_sales, scope: West, value: 40}",
        "K01.history_passed", "$60K + $40K = $100K"),
    "growth under": (
        "history: {metric: net_sales, kind: share, scope: East, value: 60%}|"
        "{metric: net_sales, kind: share, scope: West, value: 40%}\n"
        "targets: {metric: net_sales, kind: growth, value: 20%}|"
        "{metric: net_sales, kind: growth, scope: East, value: 10%}|"
        "{metric: net_sales, kind: growth, scope: West, value: 20%}",
        "K03.under", "60%×10% + 40%×20% = 14% ≠ 20%; 1.14 X ÷ 1.2 X − 1 = −5%"),
    "a rate above one": (
        "targets: {metric: win_rate, value: 120%}", "K11.range", "120% > 100%"),
    "the rest would have to pass 100 %": (
        "history: {metric: net_sales, kind: share, scope: East, value: 50%}\n"
        "targets: {metric: win_rate, value: 60%}|{metric: win_rate, scope: East, value: 10%}",
        "K11.rest", "(60% − 50%×10%) ÷ 50% = 110%"),
    "drivers that multiply": (
        "targets: {metric: net_sales, value: 100}|{metric: gross_margin, value: 40%}|"
        "{metric: gross_profit, value: 40}",
        "K12.passed", "$100K × 40% = $40K = $40K"),
    "a margin nobody speaks of": (
        "targets: {metric: net_sales, kind: growth, value: 10%}|"
        "{metric: gross_profit, kind: growth, value: 21%}",
        "K12.hidden", "gross_profit = net_sales × gross_margin"),
    "a margin that falls unseen": (
        "targets: {metric: net_sales, kind: growth, value: 10%}|"
        "{metric: gross_profit, kind: growth, value: 2%}",
        "K12.hidden_fall", "gross_profit = net_sales × gross_margin"),
    "too few leads": (
        "targets: {metric: new_customers, value: 50}|{metric: lead_conversion, value: 10%}|"
        "{metric: leads, value: 400}",
        "K13.demand", "50 ÷ 10% = 500 > 400"),
    "half a visit": ("targets: {metric: visits, value: 10.5}", "K14.not_whole", "10.5"),
    "counts over": (
        "targets: {metric: visits, value: 10}|{metric: visits, scope: East, value: 6}|"
        "{metric: visits, scope: West, value: 5}",
        "K14.over", "6 + 5 = 11 ≠ 10"),
    "counts under": (
        "targets: {metric: visits, value: 10}|{metric: visits, scope: East, value: 4}|"
        "{metric: visits, scope: West, value: 5}",
        "K14.under", "4 + 5 = 9 ≠ 10"),
    "a percentage and its count": (
        "targets: {metric: visits, value: 100}|{metric: visits, kind: share, period: Q1, value: 20%}|"
        "{metric: visits, period: Q1, value: 25}",
        "K14.percent", "20%×100 = 20 ≠ 25"),
    "quarters in amounts add up": (
        "targets: {metric: net_sales, value: 100}|{metric: net_sales, period: Q1, value: 20}|"
        "{metric: net_sales, period: Q2, value: 20}|{metric: net_sales, period: Q3, value: 20}|"
        "{metric: net_sales, period: Q4, value: 40}",
        "K15.amounts_passed", "$20K + $20K + $20K + $40K = $100K"),
    "quarters do not sum": (
        "targets: {metric: net_sales, kind: share, period: Q1, value: 25%}|"
        "{metric: net_sales, kind: share, period: Q2, value: 25%}|"
        "{metric: net_sales, kind: share, period: Q3, value: 25%}|"
        "{metric: net_sales, kind: share, period: Q4, value: 30%}",
        "K15.sum", "25% + 25% + 25% + 30% = 105% ≠ 100%"),
    "due next year": (
        "milestones: {milestone: Shop, due: 2025-01-10}",
        "K17.outside", "2025-01-10 ∉ 2024-01-01 … 2024-12-31"),
    "growth of a rate": (
        "history: {metric: win_rate, value: 20%}\n"
        "targets: {metric: win_rate, kind: growth, value: +5%}",
        "K18.growth_of_rate", "20%×1.05 = 21%; 20% + 5% = 25%"),
    "not enough growth for the share": (
        "market: {metric: market_size, kind: growth, period: 2024, value: 10%}\n"
        "history: {metric: market_share, value: 10%}\n"
        "targets: {metric: net_sales, kind: growth, value: 10%}|{metric: market_share, value: 12%}",
        "K19.short", "10%×1.1÷1.1 = 10% < 12%"),
    "an award over its budget": (
        "incentives: {type: award, award: 5, per: quarter, winners: 2, budget: 30}",
        "K20.budget", "$5K×2×4 = $40K > $30K"),
    "an award within its budget": (
        "incentives: {type: award, award: 5, per: quarter, winners: 2, budget: 40}",
        "K20.budget_passed", "$5K×2×4 = $40K ≤ $40K"),
    "commission the wrong way": (
        "targets: {metric: net_sales, kind: share, scope: A, value: 50%, direction: raise}|"
        "{metric: net_sales, kind: share, scope: B, value: 20%, direction: reduce}\n"
        "incentives: {type: commission, scope: A, rate: 1%}|{type: commission, scope: B, rate: 2%}",
        "K20.misaligned", "A 1% < B 2%"),
    "an award for nobody": (
        "targets: {metric: net_sales, kind: growth, scope: East, value: 10%}|"
        "{metric: net_sales, kind: growth, scope: West, value: 8%}\n"
        "incentives: {type: award, kind: growth, threshold: ≥ 20%, each: region}",
        "K20.none", "East 10%, West 8%; ≥ 20%: 0 / 2; 20% ÷ 8% = 2.5"),
    "too small to matter": (
        "targets: {id: p, metric: net_sales, value: 1000}|"
        "{metric: net_sales, scope: East, value: 10, parent: p}",
        "K21.small", "$10K = $10K ÷ $1,000K = 1%"),
    "two people": (
        "targets: {metric: visits, value: 10, owner: [Ann, Bob]}", "K22.two_owners", "Ann + Bob"),
    "one region has no target": (
        "history: {metric: net_sales, kind: share, scope: East, value: 60%}|"
        "{metric: net_sales, kind: share, scope: West, value: 40%}\n"
        "targets: {metric: net_sales, kind: growth, value: 10%}|"
        "{metric: net_sales, kind: share, scope: East, value: 60%}",
        "K23.members", "100% − 60% = 40%"),
    "a new team with a task": (
        "teams: {name: Shop, new: yes}\ntargets: {metric: visits, value: 10, owner: Shop}",
        "K23.teams_passed", ""),
    "one metric, two meanings": (
        "targets: {metric: repurchase_rate, value: 60%, definition: next}|"
        "{metric: repurchase_rate, scope: East, value: 60%, definition: within}",
        "K25.definitions", "next ≠ within"),
    "words alone": ("targets: {text: Customers are to love us}", "K26.no_number", ""),
    "after the year": (
        "targets: {metric: visits, value: 10, owner: Ann, deadline: 2025-02-01}",
        "K29.outside", "2025-02-01 ∉ 2024-01-01 … 2024-12-31"),
    "looked at twice a year": (
        "targets: {metric: visits, value: 10, owner: Ann, deadline: 2024Q4, checkpoints: [Q2]}",
        "K29.far_apart",
        "max 184 > 100",
    ),
    "a letter that follows": (
        "history: {metric: net_sales, value: 100}\n"
        "targets: {metric: net_sales, value: Y}|{metric: net_sales, kind: growth, value: 10%}",
        "K30.filled", "Y = $110K"),
    "heads enough": (
        "targets: {metric: net_sales, value: 800}\ncapacity: {heads: 4, productivity: 200}",
        "K31.passed", "(4 + 0×100%)×$200K = $800K ≥ $800K"),
    "a gap between classes": (
        "tiers: {name: size, metric: net_sales, tiers: {big: ≥ 50, small: < 40}}",
        "K34.gap", "big ≥ 50; small < 40"),
    "not what was approved": (
        "targets: {id: t, metric: visits, value: 10}\n"
        "versions: {version: 1, approver: Ann, approved: 2024-01-05, values: {t: 12}}",
        "K38.drift", "10 ≠ 12 (v1)"),
    "what was approved": (
        "targets: {id: t, metric: visits, value: 10}\n"
        "versions: {version: 1, approver: Ann, approved: 2024-01-05, values: {t: 10}}",
        "K38.passed", "1"),
    # K38
    "a version is missing": (
        "versions: {version: 1, approver: Ann, approved: 2024-01-05}|"
        "{version: 3, approver: Ann, approved: 2024-02-05, reason: market}",
        "K38.numbers", "1, 3"),
    "nobody approved": (
        "versions: {version: 1, approved: 2024-01-05}", "K38.unapproved", "v1: approver"),
}  # fmt: skip


def plan_text(records):
    """Write a plan from `section: record|record` lines."""
    lines = [HEAD]
    for line in records.split("\n"):
        section, _, rest = line.partition(": ")
        lines.append(f"{section}:")
        lines += [f"- {record}" for record in rest.split("|{")[:1]]
        lines += [f"- {{{record}" for record in rest.split("|{")[1:]]
    return "\n".join(lines)


@pytest.mark.parametrize("name", CASES)
def test_the_rule_finds_it_with_the_arithmetic(name):
    records, case, formula = CASES[name]
    report = check_text(plan_text(records))
    assert [str(problem) for problem in report.problems] == []
    found = {f"{found.rule}.{found.case}": found for found in report.findings}
    assert case in found, sorted(found)
    assert found[case].formula.startswith(formula)
    for code in CODES:
        language = Language.load(code)
        assert found[case].text(language)
        assert found[case].repair(language) or found[case].severity == "passed"


def test_every_rule_class_is_there_and_has_a_title():
    assert sorted({rule.id for rule in RULES}) == [f"K{number:02d}" for number in range(1, 39)]
    for code in CODES:
        assert all(f"plan.{rule.id}.title" in words(code) for rule in RULES)


def hedged(hedge, west):
    """Give the report of a plan whose regions may be assigned more than the company."""
    text = plan_text(
        "targets: {metric: net_sales, value: 100}|{metric: net_sales, scope: East, value: 60}|"
        f"{{metric: net_sales, scope: West, value: {west}}}"
    )
    return check_text(text.replace("plan: {", f"plan: {{hedge: {{region: {hedge}}}, "))


def test_over_assignment_that_is_declared_is_in_order():
    [found] = [one for one in hedged("3%", 43).findings if one.rule == "K32"]
    assert (found.case, found.formula) == ("passed", "$103K ÷ $100K − 1 = 3% ≤ 3%")


def test_more_than_is_declared_is_not():
    report = hedged("3%", 44)
    [found] = [one for one in report.findings if one.rule == "K32"]
    assert (found.case, found.formula) == ("exceeded", "$104K ÷ $100K − 1 = 4% > 3%")
    assert {one.rule for one in report.errors} == {"K32"}


def test_what_is_declared_is_no_excuse_for_too_little():
    assert {found.rule for found in hedged("3%", 30).errors} == {"K01"}


def slower(target):
    """Give the report of a plan to decide faster, after a year that brought a day."""
    text = plan_text(f"targets: {{metric: approval_days, value: {target}}}")
    known = {("approval_days", "", "2022"): 4.0, ("approval_days", "", "2023"): 3.0}
    return check_text(text, facts=Facts(known))


def test_the_best_year_of_a_figure_that_is_to_fall():
    [found] = [one for one in slower("1 days").findings if one.rule == "K27"]
    assert (found.case, found.formula) == ("least", "−66.7% < −25% (2023)")
    [found] = [one for one in slower("3 days").findings if one.rule == "K27"]
    assert (found.case, found.formula) == ("least_passed", "0% ≥ −25% (2023)")


def test_every_sentence_is_reached_by_a_test(report_2024, consistent, summary, with_facts, facts):
    reports = [report_2024, consistent.check(facts), summary, with_facts, hedged("3%", 43)]
    reports += [slower("1 days"), slower("3 days")]
    reports += [hedged("3%", 44), *(check_text(plan_text(case[0])) for case in CASES.values())]
    seen = {f"{found.rule}.{found.case}" for report in reports for found in report.findings}
    sentences = {
        key.removeprefix("plan.").removesuffix(".says")
        for key in words("en")
        if key.startswith("plan.K") and key.endswith(".says")
    }
    assert sentences - seen == set()
    assert seen - sentences == set()
    for report in reports:
        assert all(report.text(code) for code in CODES)
