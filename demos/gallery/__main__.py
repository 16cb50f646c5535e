"""Make the pictures in this folder anew: `python -m demos.gallery`. Plots are what their demos write with seed 0."""

from __future__ import annotations

import argparse
import importlib
import tempfile
from pathlib import Path

from PIL import Image

from .. import pictures as pictures_of_graphs

PICTURES = {
    "weight_gradient": {"regions.png": "spirals.png"},
    "moons": {"moons.png": "moons.png"},
    "digits": {"digits.png": "digits.png"},
    "names": {"names.png": "names.png"},
    "gpt": {"gpt.png": "gpt.png"},
    "temperature": {"temperature.png": "temperature.png"},
    "xor": {"xor.png": "xor.png"},
    "overfit": {"overfit.png": "overfit.png"},
}


def main(arguments: list[str] | None = None) -> None:
    argparse.ArgumentParser(prog="python -m demos.gallery", description=__doc__).parse_args(arguments)
    folder = Path(__file__).parent
    for demo, pictures in PICTURES.items():
        with tempfile.TemporaryDirectory() as out:
            importlib.import_module(f"..{demo}", __package__).main(["--seed", "0", "--out", out])
            for source, name in pictures.items():
                picture = Image.open(Path(out, source)).convert("RGB")
                picture.thumbnail((1000, 600))
                picture.quantize(160).save(folder / name, optimize=True)
                print(f"wrote {folder / name}")
    pictures_of_graphs.main([])


if __name__ == "__main__":
    main()
