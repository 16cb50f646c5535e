"""The gallery: `python -m demos.pictures` draws every picture in demos/gallery anew.

The screenshots of the stepper need playwright and Chromium; without them the others are drawn all the same.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np

import autograd.functional as F
import nn
from autograd import Tensor, Value, draw, stepper

from . import cross_entropy

GALLERY = Path(__file__).with_name("gallery")


def neuron() -> None:
    """One neuron; in red, how a weight reaches the output."""
    x_1, x_2, w_1, w_2 = Value(2.0), Value(0.0), Value(-3.0), Value(1.0)
    b = Value(6.8813735870195432)
    n = x_1 * w_1 + x_2 * w_2 + b
    output = n.tanh()
    output.backward()
    draw(output, GALLERY / "neuron.svg", names=locals(), parameters=[w_1, w_2, b], highlight=w_1)


def two_outputs() -> None:
    """A softmax network with two outputs: w_21, which leads from h_2 to z_1, reaches the loss through both of them."""
    h_1, h_2 = Value(0.5), Value(-0.3)
    w_11, w_12, w_21, w_22 = Value(0.1), Value(0.2), Value(0.7), Value(-0.4)
    z_1 = h_1 * w_11 + h_2 * w_21
    z_2 = h_1 * w_12 + h_2 * w_22
    e_1, e_2 = z_1.exp(), z_2.exp()
    s = e_1 + e_2
    ŷ_1, ŷ_2 = e_1 / s, e_2 / s
    L = -(0.3 * ŷ_1.log() + 0.7 * ŷ_2.log())
    L.backward()
    draw(L, GALLERY / "two_outputs.svg", names=locals(), parameters=[w_11, w_12, w_21, w_22], highlight=w_21,
         constants=False)


def broadcasting() -> None:
    """A layer of Tensors: shapes, and where a bias is broadcast."""
    X = Tensor([[0.5, -1.0], [1.5, 2.0], [-0.5, 0.3]])
    W = Tensor([[0.2, -0.4], [0.7, 0.1]], requires_grad=True)
    b = Tensor([0.1, -0.2], requires_grad=True)
    h = (X @ W + b).tanh()
    loss = h.mean()
    loss.backward()
    draw(loss, GALLERY / "broadcasting.svg", names=locals(), constants=False)


def modules() -> None:
    """A classifier with each of its layers folded into a box."""
    nn.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 100), nn.Tanh(), nn.Linear(100, 10))
    images = Tensor(np.random.default_rng(0).uniform(0, 1, (32, 64)), dtype=np.float32)
    loss = F.cross_entropy(model(images), [0] * 32)
    loss.backward()
    draw(loss, GALLERY / "modules.svg", names=locals(), collapse=model, depth=1)


def microscope() -> None:
    """Cross-entropy of one sample, and what log(softmax) loses."""
    graph = cross_entropy.loss_graph()
    draw(graph.loss, GALLERY / "cross_entropy_graph.svg", highlight=graph.z[cross_entropy.TARGET])
    cross_entropy.plot(GALLERY / "cross_entropy_error.svg")


def screenshots() -> None:
    """The stepper in light and dark, and on a phone, asking for a sign."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("no playwright: the screenshots stay as they are")
        return
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = stepper(cross_entropy.loss_graph().loss,
                            title="Cross-entropy of one sample, step by step").save(Path(folder) / "steps.html")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, size, scheme, keys in [
            ("stepper_light", (1200, 760), "light", ["ArrowRight"] * 16),
            ("stepper_dark", (1200, 760), "dark", [*["ArrowRight"] * 16, *["d"] * 9]),
            ("stepper_phone", (390, 780), "dark", ["p", *["ArrowRight"] * 8, "+", "ArrowRight", "+", "ArrowRight"]),
        ]:
            page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
            page.goto(page_file.as_uri())
            for key in keys:
                page.keyboard.press(key)
            page.wait_for_timeout(300)
            page.screenshot(path=GALLERY / f"{name}.png")
        browser.close()


def main(arguments: list[str] | None = None) -> None:
    GALLERY.mkdir(exist_ok=True)
    for picture in (neuron, two_outputs, broadcasting, modules, microscope, screenshots):
        picture()
    for file in sorted(GALLERY.iterdir()):
        print(f"{file.stat().st_size:8,}  {file.relative_to(GALLERY.parent.parent)}")


if __name__ == "__main__":
    main()
