"""The sample company: a whole company from a seed, its planted truth, its dirt.

`company` makes and writes it, `exports` writes its raw files, `large` one of any size, `ensure`
one where there are no data yet. `shape` and `truth_2023.toml` say what it is built to; `people`,
`customers`, `homes`, `serving`, `orders` and `prices` build it as arrays; the other modules make
one or a few tables each, and `causes` changes them. Every part draws from random numbers of its
own, named after it (`draws.stream`).
"""
