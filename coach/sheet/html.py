"""A sheet as one HTML file that needs nothing else: no script, no picture, no font from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from coach.core.languages.english.safety import Section
from coach.sheet.code import code_svg
from coach.sheet.model import WEEKS, Sheet
from coach.sheet.stretches import Stretch
from coach.sheet.words import cleaned

STYLE = Path(__file__).with_name("sheet.css")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What the page may load: nothing but the style that is in it."""
_DAYS_A_WEEK = 7


def sheet_html(sheet: Sheet) -> str:
    """Return a sheet as an HTML file for screens, screen readers and A4 paper.

    Raises:
        InputError: it has an address, and the package that makes codes is not installed.
    """
    return "\n".join(_page(cleaned(sheet))) + "\n"


def _page(sheet: Sheet) -> Iterator[str]:
    title = escape(sheet.title)
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">\n<meta name="robots" content="noindex">'
    yield f"<title>{title}</title>\n<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n<main>"
    yield f'<header>\n<div>\n<h1 dir="auto">{title}</h1>\n<p class="purpose" dir="auto">{escape(sheet.purpose)}</p>'
    yield from _facts(sheet.facts)
    yield "</div>"
    yield from _address(sheet.url)
    yield "</header>"
    yield from _safety(sheet)
    yield '<section aria-labelledby="steps">\n<h2 id="steps">What to do</h2>\n<div class="stretches">'
    for item in sheet.items:
        yield from _stretch(item)
    yield '</div>\n</section>\n<div class="last">'
    yield from _ticks()
    yield from _origins(sheet)
    yield f"</div>\n</main>\n<footer><p>{escape(sheet.made_by)}</p></footer>\n</body>\n</html>"


def _facts(facts: Iterable[Section]) -> Iterator[str]:
    yield "<dl>"
    for fact in facts:
        yield f"<div><dt>{escape(fact.title)}</dt><dd>{escape(' '.join(fact.lines))}</dd></div>"
    yield "</dl>"


def _address(url: str | None) -> Iterator[str]:
    if url is not None:
        address = escape(url)
        yield f'<div class="code">\n{code_svg(url)}\n<p>Hear it: <a href="{address}">{address}</a></p>\n</div>'


def _safety(sheet: Sheet) -> Iterator[str]:
    yield '<section class="safety" aria-labelledby="safety">\n<h2 id="safety">Is this for you today?</h2>'
    yield '<div class="columns">'
    for section in sheet.safety:
        yield f"<div>\n<h3>{escape(section.title)}</h3>"
        yield from _list("ul", section.lines)
        yield "</div>"
    yield f"</div>\n<p>{escape(sheet.disclaimer)}</p>\n</section>"


def _stretch(item: Stretch) -> Iterator[str]:
    span = f' <span class="aside">({escape(item.range)})</span>' if item.range else ""
    yield f'<article>\n<h3 dir="auto">{item.number}. {escape(item.name)}</h3>'
    yield f'<p><strong>{escape(item.dose)}</strong>{span} <em class="aside">{escape(item.position)}</em></p>'
    if item.before:
        yield f"<p>{escape(item.before)}</p>"
    if item.steps:
        yield from _list("ol", item.steps)
    if item.then:
        yield f"<p>{escape(item.then)}</p>"
    yield from (f"<p><strong>Caution:</strong> {escape(text)}</p>" for text in item.cautions)
    if item.easier:
        yield f"<p><em>Easier:</em> {escape(' '.join(item.easier))}</p>"
    yield "</article>"


def _list(tag: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"<{tag}>"
    yield from (f"<li>{escape(line)}</li>" for line in lines)
    yield f"</{tag}>"


def _ticks() -> Iterator[str]:
    days = range(1, _DAYS_A_WEEK + 1)
    yield '<section class="ticks">\n<table>\n<caption>Tick a box each day you do it</caption>'
    heads = "".join(f'<th scope="col"><span class="day">Day </span>{day}</th>' for day in days)
    yield f'<thead><tr><th scope="col">Week</th>{heads}</tr></thead>\n<tbody>'
    for week in range(WEEKS):
        boxes = "".join(f'<td><span class="box">{week * _DAYS_A_WEEK + day}</span></td>' for day in days)
        yield f'<tr><th scope="row">{week + 1}</th>{boxes}</tr>'
    yield "</tbody>\n</table>\n</section>"


def _origins(sheet: Sheet) -> Iterator[str]:
    yield '<section class="origins" aria-labelledby="origins">'
    yield '<h2 id="origins">Evidence, and where the doses come from</h2>'
    for kind in sheet.evidence:
        yield f"<p><strong>{escape(kind.title)}:</strong> {escape(' '.join(kind.lines))}</p>"
    yield from _list("ul", sheet.sources)
    yield "</section>"
