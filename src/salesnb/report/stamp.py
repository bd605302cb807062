"""What a page says about itself: title, region, period, sources, whose it is."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from salesnb.errors import ParameterError, Problem, SalesnbError, suggest
from salesnb.figures.theme import PALETTES
from salesnb.language import CODES, Language
from salesnb.parameters import Parameters
from salesnb.report.html import plain

_LOGO = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=]+\Z")
_TYPES = {"png": "png", "jpg": "jpeg", "jpeg": "jpeg", "gif": "gif", "webp": "webp"}
_TYPES |= {"svg": "svg+xml"}
_LARGEST = 50_000
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")


@dataclass(frozen=True)
class Brand:
    """Whose report it is.

    Parameters
    ----------
    name
        Shown above the title.
    logo
        A picture as a `data:image/…;base64,…` address; nothing is ever fetched.
    accent
        `#rrggbb`; made darker or lighter where text in it could not be read.
    palettes
        Any of `cn` (changes red up, green down) and `rag` (status red, amber, green).

    Raises
    ------
    ParameterError
        If logo, accent or a palette is not of that form.
    """

    name: str = ""
    logo: str = ""
    accent: str = ""
    palettes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        problems = []
        if self.logo and not _LOGO.match(self.logo):
            fix = "Give the picture itself: data:image/png;base64,…"
            problems.append(
                Problem("`logo` is not a picture in base64", got=self.logo[:40], fix=fix)
            )
        if self.accent and not _COLOUR.match(self.accent):
            fix = "Write it as #1f5fa8."
            problems.append(Problem("`accent` is not a colour", got=self.accent, fix=fix))
        problems += [
            Problem("a palette is unknown", got=name, fix=suggest(name, list(PALETTES)))
            for name in self.palettes
            if name not in PALETTES
        ]
        if problems:
            raise ParameterError(problems, where="brand")

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Brand:
        """Read a brand from the report's facts, whose keys are its fields."""
        return cls(
            str(given.get("name") or ""),
            str(given.get("logo") or ""),
            str(given.get("accent") or ""),
            tuple(given.get("palettes") or ()),
        )


def brand_of(parameters: Parameters) -> Brand:
    """Give the brand the parameters name, its logo read from the parameters folder.

    Raises
    ------
    ParameterError
        If the logo is no picture of that folder or is too large, or a colour is none.
    """
    said = parameters.settings
    palettes = said["palettes"]
    names = tuple(map(str, palettes)) if isinstance(palettes, list | tuple) else ()
    logo = str(said["brand_logo"] or "")
    return Brand(
        str(said["brand_name"] or ""),
        _picture(parameters.folder / logo, parameters.folder) if logo else "",
        str(said["brand_accent"] or ""),
        names,
    )


def _picture(path: Path, folder: Path) -> str:
    """Give a picture file as a `data:` address."""
    kind = _TYPES.get(path.suffix.lower().lstrip("."))
    problem = None
    if not (path.resolve().is_relative_to(folder.resolve()) and path.is_file()):
        problem = Problem("`brand_logo` is no file of the parameters folder", got=path.name)
    elif kind is None:
        fix = f"It can be: {', '.join(_TYPES)}."
        problem = Problem("`brand_logo` is no picture", got=path.name, fix=fix)
    elif path.stat().st_size > _LARGEST:
        fix = "Every report carries it: make it smaller than 50 KB."
        problem = Problem(
            "`brand_logo` is too large", got=f"{path.stat().st_size:,} bytes", fix=fix
        )
    if problem:
        raise ParameterError(problem)
    return f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


@dataclass(frozen=True)
class Stamp:
    """What the head and the foot of a page say; an empty field is left out.

    `read` takes it from the report's facts (product contract, section 5), which may also carry
    `title` (text), `region_label` (how the region is called in the page's language), `brand`
    (fields of `Brand`), `tax_basis` (incl or excl) and `target_version` (text).
    """

    title: str = ""
    region: str = ""
    period: str = ""
    as_of: str = ""
    language: str = ""
    currency: str = ""
    status: str = ""
    tax_basis: str = ""
    target_version: str = ""
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    brand: Brand = Brand()

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Stamp:
        """Read the stamp from a report's facts; what is not there stays empty."""
        language = str(facts.get("language") or "")
        return cls(
            title=str(facts.get("title") or ""),
            region=str(facts.get("region_label") or facts.get("region") or ""),
            period=str(facts.get("period") or ""),
            as_of=str(facts.get("as_of") or ""),
            language=language if language in CODES else "",
            currency=str(facts.get("currency") or ""),
            status=str(facts.get("status") or ""),
            tax_basis=str(facts.get("tax_basis") or ""),
            target_version=str(facts.get("target_version") or ""),
            fingerprints={
                str(name): str(value) for name, value in (facts.get("fingerprint") or {}).items()
            },
            brand=Brand.read(facts.get("brand") or {}),
        )

    def head(self, language: Language) -> list[str]:
        """Give the facts under the title: region, period, as of, currency and tax basis."""
        as_of = self._as_of(language)
        money = language("figures.subtitle_separator").join(
            part for part in (self.currency, self._tax(language)) if part
        )
        shown = [self._region(language), self._period(language)]
        shown += [f"{language('page.stamp.as_of')} {as_of}"] if as_of else []
        shown += [money] if money else []
        shown += [language(f"page.status.{self.status}")] if self.status == "partial" else []
        return [plain(part) for part in shown if part]

    def foot(self, language: Language) -> list[tuple[str, str]]:
        """Give the lines of the foot, each a name and a value."""
        values = {
            "region": self._region(language),
            "period": self._period(language),
            "as_of": self._as_of(language),
            "currency": self.currency,
            "tax_basis": self._tax(language),
            "target_version": self.target_version,
            **{name: value[:12] for name, value in sorted(self.fingerprints.items())},
        }
        return [
            (language.label(f"page.stamp.{name}", name), plain(value))
            for name, value in values.items()
            if value
        ]

    def _region(self, language: Language) -> str:
        return language("page.company") if self.region == "all" else self.region

    def _period(self, language: Language) -> str:
        try:
            return language.period(self.period) if self.period else ""
        except SalesnbError:
            return self.period

    def _as_of(self, language: Language) -> str:
        try:
            return language.date(self.as_of) if self.as_of else ""
        except ValueError:
            return self.as_of

    def _tax(self, language: Language) -> str:
        return (
            language.label(f"page.tax.{self.tax_basis}", self.tax_basis) if self.tax_basis else ""
        )
