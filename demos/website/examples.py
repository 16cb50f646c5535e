"""The lab's examples: programs that run in a browser on numbers alone, and print the same in a terminal.

The museum's engines are those of `demos.museum` that need no arrays: one engine of single numbers, with one method
broken as the exhibit breaks it.
"""

from __future__ import annotations

import inspect
from typing import NamedTuple

from .. import museum
from .packages import HERE

__all__ = ["EXAMPLES", "Example"]


class Example(NamedTuple):
    """A program in the lab's menu; `key` stands in links to it."""

    key: str
    title: str
    group: str
    source: str


TITLES = {"thirty_seconds": "Thirty seconds", "neuron": "A neuron, drawn", "cross_entropy": "Cross-entropy of three logits",
          "derive": "Derive a gradient", "xor": "Exclusive or", "moons": "Two moons, live"}

RIGHT = {
    "backward": "        self.grad = 1.0\n        for node in reversed(self.order()):\n            node.push()\n",
    "receive": "        self.grad += g\n",
    "make": "        return Engine(data, inputs, partials)\n",
    "zero_grad": "        self.grad = 0.0\n\n    def push",
    "relu": "[float(self.data > 0)]",
}

# exhibit -> the method that it breaks, how, and the graph where that shows, where the museum's own is one of arrays
BROKEN = {
    "recursion without an order": ("backward", "        self.grad = 1.0\n        self.descend()\n\n    def descend(self):\n"
                                   "        self.push()\n        for x in self.inputs:\n            x.descend()\n", ""),
    "= for +=": ("receive", "        self.grad = g\n", ""),
    "children in a set": ("make", "        once = {id(x): (x, partial) for x, partial in zip(inputs, partials)}\n"
                          "        return Engine(data, [x for x, _ in once.values()], "
                          "[partial for _, partial in once.values()])\n", ""),
    "no zero_grad": ("zero_grad", "        pass\n\n    def push", """\
    w = leaf(3.0)
    for x in (1.0, 10.0):           # two steps of training
        if isinstance(w, Engine):
            w.zero_grad()
        else:
            w.grad = 0.0
        loss = w * leaf(x)
        loss.backward()
    return {"w": w, "loss": loss}"""),
    "post-order run the wrong way": ("backward", "        self.grad = 1.0\n        for node in self.order():\n"
                                     "            node.push()\n", ""),
    "the sign of relu's input lost": ("relu", "[float(out >= 0)]", """\
    x = leaf(-2.0)
    y = x.relu()
    total = y + leaf(3.0)
    total.backward()
    return {"x": x, "y": y, "total": total}"""),
}


def museum_key(name: str) -> str:
    """What an exhibit is called in a link.

    >>> museum_key("= for +=")
    'museum-receive'
    """
    methods = [method for method, _, _ in BROKEN.values()]
    method = BROKEN[name][0]
    return f"museum-{method}" + ("-2" if list(BROKEN).index(name) > methods.index(method) else "")


def _exhibit(exhibit: museum.Exhibit) -> Example:
    method, broken, graph = BROKEN[exhibit.name]
    graph = graph or inspect.getsource(exhibit.graph).split("\n", 1)[1].rstrip()
    template = (HERE / "examples" / "museum.txt").read_text(encoding="utf-8")
    formula = "x = −2;  y = relu(x);  total = y + 3" if method == "relu" else exhibit.formula
    text = template.format(name=exhibit.name, formula=formula, graph=graph)
    head, body = text.split("class Engine:", 1)
    return Example(museum_key(exhibit.name), exhibit.name, "Museum: break it, mend it",
                   head + "class Engine:" + body.replace(RIGHT[method], broken, 1))


def _examples() -> list[Example]:
    found = []
    for path in sorted((HERE / "examples").glob("*.py")):
        key = path.stem.split("_", 1)[1]
        found.append(Example(key, TITLES[key], "Examples", path.read_text(encoding="utf-8")))
    return found + [_exhibit(exhibit) for exhibit in museum.EXHIBITS if exhibit.name in BROKEN]


EXAMPLES = _examples()
