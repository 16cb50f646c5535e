"""`ninjagrad draw`: the graph of an expression of numbers, with its gradients, as a picture or as text."""

from __future__ import annotations

import argparse
import ast
import sys
from operator import methodcaller
from pathlib import Path
from typing import Any

__all__ = ["main"]

NEURON = ["(w*x + b).tanh()", "w=-3", "x=2", "b=6.9"]

DESCRIPTION = """\
The graph of an expression, drawn after its backward pass: every number, every op, every gradient.

  ninjagrad draw                                   a neuron with one input
  ninjagrad draw "(w*x + b).tanh()" w=-3 x=2 b=6.9 the same, spelled out
  ninjagrad draw "-(exp(a)/(exp(a)+exp(b))).log()" a=2 b=1 --out loss.pdf

Letters get the values given, or 1. Everything a Value can do may stand in the expression."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="ninjagrad draw", description=DESCRIPTION,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("expression", nargs="?", help="as Python writes it")
    parser.add_argument("values", nargs="*", metavar="NAME=NUMBER", help="what the letters stand for")
    parser.add_argument("--out", type=Path, default=Path("graph.svg"), metavar="FILE",
                        help="the picture: .svg, .png, .pdf or .dot (default: graph.svg)")
    parser.add_argument("--labels", choices=["plain", "math"], default="plain",
                        help="math: y_hat_1 is written ŷ₁, and gradients as ∂L/∂w, for slides")
    parser.add_argument("--tree", action="store_true", help="print it as text instead")
    options = parser.parse_args(arguments)
    expression, *pairs = [options.expression, *options.values] if options.expression else NEURON
    try:
        root = evaluated(expression, numbers(pairs))
    except (ValueError, SyntaxError, AttributeError, TypeError, ArithmeticError) as error:
        parser.error(f"{expression}: {error.msg if isinstance(error, SyntaxError) else error}")

    from autograd import draw, tree
    root.backward()
    if options.labels == "math":
        root.label = "L"
    print(f"{expression} = {root.data:g}")
    if options.tree:
        print(tree(root))
        return 0
    try:
        print(f"wrote {draw(root, labels=options.labels).save(options.out)}")
    except RuntimeError as error:                   # nothing can lay it out: text is better than nothing
        print(f"{error}\n{tree(root)}")
        return 1
    except (ValueError, OSError) as error:          # another suffix; a folder that may not be written to
        sys.exit(f"ninjagrad draw: {error}")
    return 0


def numbers(pairs: list[str]) -> dict[str, float]:
    """`["x=2", "b=6.9"]` as a dictionary.

    Raises:
        ValueError: if a word is not of this form.
    """
    found = {}
    for pair in pairs:
        name, equals, number = pair.partition("=")
        try:
            found[name] = float(number)
        except ValueError:
            equals = ""
        if not (equals and name.isidentifier()):
            raise ValueError(f"{pair!r} is not of the form x=2")
    return found


def evaluated(expression: str, given: dict[str, float]) -> Any:
    """The expression's root, its letters being leaves; `exp(x)` is `x.exp()`.

    Raises:
        ValueError: if it is no expression of numbers.
    """
    from autograd import Value

    tree = ast.parse(expression.strip(), mode="eval")
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    letters = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id not in called]
    names: dict[str, Any] = {name: Value(given.get(name, 1.0), label=name) for name in dict.fromkeys(letters)}
    if unused := given.keys() - names.keys():
        raise ValueError(f"there is no {', '.join(sorted(unused))} in it")
    for name in called:
        names[name] = methodcaller(name)
    root = eval(compile(tree, "<expression>", "eval"), {"__builtins__": {}}, names)
    if not isinstance(root, Value):
        raise ValueError("it must come to one number with a letter in it")
    return root
