"""A matplotlib figure as small SVG whose text stays text.

What matplotlib writes is read as XML and written anew: numbers rounded, comments and metadata
gone, neighbours of one look joined, and only ids that something points to, named after the
picture's own content so that two pictures never share one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from hashlib import sha256
from xml.etree import ElementTree

from matplotlib.figure import Figure

from salesnb.figures.canvas import SIZE, drawing
from salesnb.report.html import Html, escape, plain

_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?\d*\.?\d+(?:e-?\d+)?")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_STEP = re.compile(r"([MLQCzZ])([^MLQCzZ]*)")
# What every element has unless it says otherwise, said once on the root.
_COMMON = {"fill": "none", "font-size": f"{SIZE:g}", "stroke-width": "1", "text-anchor": "start"}
_DROPPED = frozenset(
    {"font-family", "font", "stroke-dashoffset", "id", "version", "stroke-linecap"}
)
_CIRCLE = 8


def to_svg(figure: Figure, alt: str) -> Html:
    """Give a figure as an `<svg>` element with its alternative text.

    The same figure gives the same bytes. Text loses its control characters; a web address set on
    an artist is dropped, since it could come from data.
    """
    with drawing():
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    root = ElementTree.fromstring(plain(written.getvalue()))
    width, height = root.get("viewBox", "0 0 0 0").split()[2:]
    body = _Writer(root).body()
    head = (
        f'<svg class="fig" role="img" aria-label="{escape(alt)}" '
        f'viewBox="0 0 {_short(width)} {_short(height)}" '
        + " ".join(f'{name}="{value}"' for name, value in _COMMON.items() if name != "text-anchor")
        + ">"
    )
    return Html(head + body + "</svg>")


def _short(number: str) -> str:
    """Round to a tenth of a pixel and leave out zeros that say nothing."""
    text = f"{round(float(number), 1):.10g}"
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    return sign + (digits[1:] if digits.startswith("0.") else digits)


def _rounded(text: str) -> str:
    return _NUMBER.sub(lambda match: _short(match.group()), text)


class _Writer:
    """Writes one picture; remembers which ids are pointed at."""

    def __init__(self, root: ElementTree.Element) -> None:
        self.root = root
        self.used = {
            target
            for element in root.iter()
            for value in element.attrib.values()
            for target in _REFERENCE.findall(value)
        }
        self.used |= {
            element.get(_LINK, "").removeprefix("#") for element in root.iter(f"{_SVG}use")
        }
        self.circles: dict[str, str] = {}
        self.names: dict[str, str] = {}

    def body(self) -> str:
        for element in self.root.iter(f"{_SVG}path"):
            radius = _circle(element.get("d", ""))
            if radius and element.get("id") in self.used:
                self.circles[element.get("id", "")] = radius
        parts = "".join(_joined(self.elements(self.root)))
        prefix = sha256(parts.encode()).hexdigest()[:6]
        return parts.replace("\x00", f"s{prefix}-")

    def name(self, target: str) -> str:
        """Give a short name for an id; the picture's own prefix is put in at the end."""
        return "\x00" + self.names.setdefault(target, str(len(self.names)))

    def elements(self, parent: ElementTree.Element) -> Iterator[tuple[str, dict[str, str], str]]:
        """Give name, attributes and inside of each element to write, in order."""
        for child in parent:
            kind = child.tag.removeprefix(_SVG)
            if kind in {"metadata", "style", "title"} or not isinstance(child.tag, str):
                continue
            attributes = self.attributes(child)
            if kind in {"g", "a"} and not attributes:
                yield from self.elements(child)
                continue
            if kind == "path":
                if child.get("id") in self.circles:
                    continue
                look = {key for key in attributes if key in {"fill", "stroke", "id"}}
                path = _path(child.get("d", ""))
                inside_definition = child.get("id") in self.used or parent.tag == f"{_SVG}clipPath"
                if not path or not (look or inside_definition):
                    continue
                attributes["d"] = path
            if kind == "use":
                target = child.get(_LINK, "").removeprefix("#")
                if target in self.circles:
                    circle = {"cx": attributes.pop("x"), "cy": attributes.pop("y")}
                    yield "circle", {**circle, "r": self.circles[target], **attributes}, ""
                    continue
                attributes["href"] = f"#{self.name(target)}"
            inner = escape(child.text or "") if kind == "text" else Html("")
            inner = Html(inner + Html("".join(_joined(self.elements(child)))))
            if kind in {"g", "defs", "text", "clipPath", "a"} and not inner:
                continue
            yield ("g" if kind == "a" else kind), attributes, inner

    def attributes(self, element: ElementTree.Element) -> dict[str, str]:
        found = {
            key: value
            for key, value in element.attrib.items()
            if key not in {"style", "d", "href"} and not key.startswith("{")
        }
        if element.tag == f"{_SVG}image" and element.get(_LINK, "").startswith("data:image/png"):
            found["href"] = element.get(_LINK, "")
        style = _style(element)
        round_cap = "round" in style.get("stroke-linecap", "")
        found |= style
        shown: dict[str, str] = {}
        if element.get("id") in self.used and element.get("id") not in self.circles:
            shown["id"] = self.name(element.get("id", ""))
        for key, value in found.items():
            if key in _DROPPED or _COMMON.get(key) == value or value.startswith("rotate(-0 "):
                continue
            if key == "href":
                shown[key] = value
                continue
            match = _REFERENCE.search(value)
            if match:
                value = f"url(#{self.name(match.group(1))})"
            elif not value.startswith("#"):
                value = _rounded(value.removesuffix("px") if key.startswith("font") else value)
            if _COMMON.get(key) != value:
                shown[key] = value
        if round_cap and "stroke" in shown and "stroke-dasharray" not in shown:
            shown["stroke-linecap"] = "round"
        return shown


def _style(element: ElementTree.Element) -> dict[str, str]:
    rules = (rule.partition(":") for rule in element.get("style", "").split(";"))
    return {name.strip(): value.strip() for name, _, value in rules if value}


def _path(d: str) -> str:
    """Write a path short: rounded, from point to point, straight runs along an axis as h and v."""
    steps = [(command, _NUMBER.findall(rest)) for command, rest in _STEP.findall(d)]
    if "".join(command for command, _ in steps) in {"M" + "C" * _CIRCLE, "M" + "C" * _CIRCLE + "z"}:
        return _round(steps)
    out: list[str] = []
    here = start = (0.0, 0.0)
    for command, written in steps:
        numbers = [round(float(number), 1) for number in written]
        if command in "zZ":
            out.append("z")
            here = start
            continue
        end = (numbers[-2], numbers[-1])
        if command != "L":
            out.append(command + _packed(numbers))
            start = end if command == "M" else start
        elif end != here:
            across, down = round(end[0] - here[0], 1), round(end[1] - here[1], 1)
            if not down:
                out.append(f"h{_packed([across])}")
            elif not across:
                out.append(f"v{_packed([down])}")
            else:
                out.append(f"l{_packed([across, down])}")
        here = end
    return "".join(out) if len(out) > 1 else ""


def _round(steps: list[tuple[str, list[str]]]) -> str:
    """Write the eight curves of a circle as two arcs."""
    ends = [(float(numbers[-2]), float(numbers[-1])) for _, numbers in steps if numbers]
    left, right = min(x for x, _ in ends), max(x for x, _ in ends)
    radius, middle = (right - left) / 2, sum(y for _, y in ends[:-1]) / _CIRCLE
    arc = f"a{_packed([radius, radius])} 0 1 0"
    there, back = _packed([2 * radius]), _packed([-2 * radius])
    return f"M{_packed([left, middle])}{arc} {there} 0{arc} {back} 0z"


def _packed(numbers: list[float]) -> str:
    """Put numbers after one another; a minus sign parts them as well as a blank."""
    shown = " ".join(_short(str(number)) for number in numbers)
    return shown.replace(" -", "-")


def _circle(d: str) -> str:
    """Give the radius when a path is matplotlib's round marker, else nothing."""
    start = re.match(r"M 0 (\d*\.?\d+)\s", d)
    if start and d.count("C") == _CIRCLE and "L" not in d:
        return f"{float(start.group(1)):.3g}"
    return ""


def _joined(elements: Iterator[tuple[str, dict[str, str], str]]) -> Iterator[str]:
    """Write elements, paths of one look that follow one another as one."""
    waiting: tuple[dict[str, str], str] | None = None
    for name, attributes, inner in elements:
        look = {key: value for key, value in attributes.items() if key != "d"}
        if name == "path" and "id" not in look:
            if waiting and waiting[0] == look:
                waiting = (look, waiting[1] + attributes["d"])
                continue
            if waiting:
                yield _written("path", {**waiting[0], "d": waiting[1]}, "")
            waiting = (look, attributes["d"])
            continue
        if waiting:
            yield _written("path", {**waiting[0], "d": waiting[1]}, "")
            waiting = None
        yield _written(name, attributes, inner)
    if waiting:
        yield _written("path", {**waiting[0], "d": waiting[1]}, "")


def _written(name: str, attributes: dict[str, str], inner: str) -> str:
    shown = "".join(f' {key}="{_attribute(value)}"' for key, value in attributes.items())
    return f"<{name}{shown}>{inner}</{name}>" if inner else f"<{name}{shown}/>"


def _attribute(value: str) -> str:
    # The mark of an id waiting for its prefix is a control character and must pass.
    return "\x00".join(str(escape(plain(part))) for part in value.split("\x00"))
