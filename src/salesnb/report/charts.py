"""Charts on a page: the finding above, the picture twice, what follows from it, its data."""

from __future__ import annotations

from dataclasses import dataclass

from salesnb.figures.canvas import drawing
from salesnb.figures.chart import Chart
from salesnb.language import Language
from salesnb.report.blocks import Block
from salesnb.report.html import Html, join, plain, tag
from salesnb.report.svg import to_svg
from salesnb.report.tables import Col, table


@dataclass(frozen=True, repr=False)
class ChartBlock(Block):
    """A chart as a section shows it: made by `chart`."""

    drawn: Chart
    language: Language
    with_data: bool = False

    def html(self) -> Html:
        """Give the figure; the page shows the wide or the narrow picture."""
        with drawing():
            pictures = [
                tag("div", to_svg(self.drawn.wide, self.drawn.alt), class_="wide"),
                tag("div", to_svg(self.drawn.narrow, self.drawn.alt), class_="narrow"),
            ]
        return frame_figure(
            self.drawn.title,
            with_unit(self.language, self.drawn.subtitle, self.drawn.unit_name),
            join(pictures),
            self.drawn.so_what,
            self._data(),
        )

    def text(self) -> str:
        """Give the alternative text and what follows from it."""
        return plain("\n".join(part for part in (self.drawn.alt, self.drawn.so_what) if part))

    def _data(self) -> Html | None:
        if not (self.with_data and self.drawn.fields):
            return None
        columns = [Col(item.name, item.label, item.unit) for item in self.drawn.fields]
        shown = table(self.drawn.data, columns, self.language, self.drawn.title, max_rows=60)
        summary = tag("summary", self.language("page.data"))
        return tag("details", summary, shown.html(), class_="data")


def with_unit(language: Language, subtitle: str, unit: str) -> str:
    """Name the unit of a picture's figures under its title, unless the subtitle does already."""
    if not unit or unit == "%" or unit in subtitle:
        return subtitle
    named = language("figures.unit_is", unit=unit)
    return f"{subtitle}{language('figures.subtitle_separator')}{named}" if subtitle else named


def frame_figure(
    title: str, subtitle: str, picture: Html, so_what: str = "", below: Html | None = None
) -> Html:
    """Put a picture under its finding and above what follows from it."""
    head = [tag("strong", title) if title else None, tag("span", subtitle) if subtitle else None]
    caption = tag("figcaption", *head) if any(head) else None
    so = tag("p", so_what, class_="so") if so_what else None
    return tag("figure", caption, picture, so, below, class_="chart")


def chart(drawn: Chart, language: Language, *, with_data: bool = False) -> ChartBlock:
    """Show a chart; `with_data` adds its table, folded away."""
    return ChartBlock(drawn, language, with_data)
