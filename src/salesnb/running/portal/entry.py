"""One report as the portal lists it: what became of it, its headline figures, its links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from salesnb.language import Language
from salesnb.parameters import ALL, file_name
from salesnb.period import Period
from salesnb.report.html import Html, join, tag
from salesnb.running.ledger import Key
from salesnb.running.outcome import EXTRAS, FAILED

_MANY = {"facts", "sections", "actions", "parameters"}
LOOKS = {"ok": "good", "partial": "warn", "failed": "bad"}


@dataclass(frozen=True)
class Entry:
    """One report of a folder.

    Attributes
    ----------
    content
        Its facts file without the facts: of many reports they would fill the memory.
    outputs
        The folder the portal lies in.
    failed
        Whether the last try to make it failed; an earlier report may still be there.
    """

    content: Mapping[str, Any]
    outputs: Path
    failed: bool = False
    _values: Mapping[tuple[str, str], float] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, content: Mapping[str, Any], outputs: Path, failed: bool) -> Entry:
        """Give the entry of a facts file."""
        values = {
            (fact["metric"], fact["period"]): float(fact["value"])
            for fact in content["facts"]
            if not fact["scope"] and fact["value"] is not None
        }
        kept = {name: value for name, value in content.items() if name not in _MANY}
        return cls(kept, outputs, failed, values)

    @property
    def notebook(self) -> str:
        """The notebook's name."""
        return self.content["notebook"]

    @property
    def region(self) -> str:
        """The region's name, or `all`."""
        return self.content["region"]

    @property
    def period(self) -> str:
        """The period that was asked for."""
        return self.content["period"]

    @property
    def about(self) -> str:
        """The period its figures are of: a yearly report asked for a month is of the year."""
        return self.content.get("about") or self.period

    @property
    def key(self) -> Key:
        """What makes the report that report."""
        return self.notebook, self.region, self.period

    @property
    def status(self) -> str:
        """`ok`, `partial` or `failed`."""
        return "failed" if self.failed else self.content["status"]

    @property
    def there(self) -> bool:
        """Whether there is a page to open, if only that of an earlier try."""
        return self._file(".html").is_file()

    def value(self, metric: str, period: str = "") -> float | None:
        """Give a figure of the whole report; of its own period unless said."""
        return self._values.get((metric, period or self.about))

    def course(self, metric: str, count: int = 13) -> list[float | None]:
        """Give a figure over the periods up to the report's own, oldest first."""
        period = Period.parse(self.about)
        return [self.value(metric, str(period.shift(-back))) for back in range(count - 1, -1, -1)]

    def grave(self) -> int:
        """Count its findings that need something done."""
        return sum(found["severity"] in ("bad", "warn") for found in self.content["findings"])

    def named(self, language: Language) -> str:
        """Name the region as readers do."""
        return region_name(self.region, language)

    def link(self, language: Language, words: str = "") -> Html:
        """Lead to the page by the region's name, or by other words."""
        words = words or self.named(language)
        return self._to(".html", words) if self.there else tag("span", words)

    def notebook_link(self, language: Language) -> Html | None:
        """Lead to the executed notebook: of the run that failed, where the last one did."""
        ending = FAILED if self.failed and self._file(FAILED).is_file() else ".ipynb"
        words = language("running.notebook")
        return self._to(ending, words) if self._file(ending).is_file() else None

    def files(self, language: Language) -> Html | None:
        """Lead to the notebook, and to the PDF and the Excel file where they are."""
        extras = [
            self._to(ending, language(f"running.file.{ending[1:]}"))
            for ending in EXTRAS
            if self._file(ending).is_file()
        ]
        found = [part for part in (self.notebook_link(language), *extras) if part]
        return links(found) if found else None

    def pill(self, language: Language) -> str:
        """Give the status as a cell of a table."""
        key = "running.kept" if self.failed and self.there else f"page.status.{self.status}"
        return f"{LOOKS[self.status]}:{language(key)}"

    def _file(self, ending: str) -> Path:
        folder = self.outputs / self.period / file_name(self.notebook)
        return folder / f"{file_name(self.region)}{ending}"

    def _to(self, ending: str, words: str) -> Html:
        path = self._file(ending).relative_to(self.outputs).as_posix()
        return tag("a", words, href=quote(path))


def region_name(region: str, language: Language) -> str:
    """Name a region as readers do."""
    return language("page.company") if region == ALL else region


def notebook_name(notebook: str, language: Language) -> str:
    """Name a notebook as readers do."""
    return language.label(f"report.name.{notebook}", notebook)


def job_name(key: Key, language: Language) -> str:
    """Name a report: its notebook, region and period."""
    notebook, region, period = key
    names = (notebook_name(notebook, language), region_name(region, language))
    return " ".join((*names, language.period(period)))


def links(parts: Sequence[Html | None]) -> Html:
    """Put links beside one another."""
    return join((part for part in parts if part), " · ")


def newest_first(period: str) -> tuple[int, int, int]:
    """Order periods by when they begin, of two that begin together the longer one first."""
    read = Period.parse(period)
    length = {"month": 1, "quarter": 3, "year": 12}[read.kind]
    begins = 1 if read.kind == "year" else (read.index - 1) * length + 1
    return read.year, begins, -length
