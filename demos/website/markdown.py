"""Markdown as the site's HTML: code in colours, mathematics as MathML, links that lead to the site's own pages."""

from __future__ import annotations

import html
import json
import posixpath
import re
from collections.abc import Callable

from markdown_it import MarkdownIt
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from .packages import node

__all__ = ["coloured", "html_of", "with_math"]

Resolve = Callable[[str], str]                      # an address within the repository -> one on the site


def coloured(code: str, language: str = "python") -> str:
    """Code as a block, its words in colours."""
    if language == "python" and code.lstrip().startswith(">>>"):
        language = "pycon"
    try:
        lexer = get_lexer_by_name(language or "text")
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    return f'<pre tabindex="0"><code>{highlight(code, lexer, HtmlFormatter(nowrap=True)).rstrip()}</code></pre>'


def html_of(text: str, folder: str, resolve: Resolve) -> str:
    """Markdown that lies in `folder` of the repository, as HTML. Its formulas are left for `with_math`."""
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    reader.use(anchors_plugin, max_level=3)
    reader.use(dollarmath_plugin, double_inline=True, renderer=lambda formula, options: _formula(formula, **options))
    reader.add_render_rule("fence", lambda self, tokens, i, options, env: coloured(
        tokens[i].content, tokens[i].info.split(" ")[0]))
    page = reader.render(re.sub(r"<!--.*?-->\n?", "", text, flags=re.S))

    def moved(found: re.Match[str]) -> str:
        address = html.unescape(found[2])
        if re.match(r"[a-z]+:|#", address):
            return found[0]
        path, mark, fragment = address.partition("#")
        return f'{found[1]}"{resolve(posixpath.normpath(posixpath.join(folder, path)))}{mark}{fragment}"'

    page = re.sub(r'((?:href|src)=)"([^"]*)"', moved, page)
    return page.replace("<table>", '<div class="wide" tabindex="0"><table>').replace("</table>", "</table></div>") \
        .replace("<th></th>", "<td></td>")


def _formula(formula: str, **options: object) -> str:
    return f'<span data-math="{"block" if options.get("display_mode") else "inline"}">{html.escape(formula)}</span>'


def with_math(pages: list[str]) -> list[str]:
    """The pages with their formulas as MathML; all are set in one go."""
    pattern = re.compile(r'<span data-math="(\w+)">(.*?)</span>', re.S)
    formulas = [(html.unescape(text), kind == "block") for page in pages for kind, text in pattern.findall(page)]
    if not formulas:
        return pages
    made = iter(json.loads(node(
        "const temml = require('temml'); console.log(JSON.stringify(given.map(([text, block]) =>"
        " temml.renderToString(text, {displayMode: block, throwOnError: true}))));", formulas)))
    return [pattern.sub(lambda found: f'<span class="formula" tabindex="0">{next(made)}</span>'
                        if found[1] == "block" else next(made), page) for page in pages]
