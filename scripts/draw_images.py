"""Draw every picture of the sample workspace: `python -m scripts.draw_images [DIRECTORY]`, by default `images/`.

The drawings are pure geometry, so they carry no rights of third parties and come out the same every time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from scripts.pictures import cards, open_air, places, portraits, things
from scripts.pictures.canvas import PAPER, Canvas

Scene = Callable[[Canvas], None]

NEWS: Mapping[str, Scene] = {
    "journee-nationale": things.hall,
    "parcours-elus": places.climb,
    "mois-ess": places.square,
    "budgets-2027": things.coins,
    "nouveaux-adherents": places.street,
    "val-d-orbel": places.valley,
    "europe-fonds": places.islands,
    "europe-visites": places.viaduct,
    "europe-plan": places.town_hall,
    "rencontres-automne": places.mural,
    "feuille-de-route": things.route_sheet,
    "carte-adherents": things.map_of_members,
}
CARDS: Mapping[str, Scene] = {
    "lyon-cantine": cards.canteen,
    "nantes-halle": cards.sawtooth_hall,
    "lille-marche": cards.winter_market,
    "rennes-reemploi": cards.reuse,
    "gironde-garage": open_air.garage,
    "reunion-jardins": open_air.terraces,
    "redon-habitat": open_air.shared_garden,
    "strasbourg-velo": open_air.cargo_bike,
    "bretagne-energie": open_air.solar_roofs,
    "grenoble-sport": cards.sports,
    "guide-marches": things.guide,
    "reperess-foncier": things.parcels,
    "kit-delegation": things.kit,
}
PORTRAITS: Mapping[str, Scene] = {
    "portrait-helene-vasseur": portraits.vasseur,
    "portrait-salome-arquetout": portraits.arquetout,
    "portrait-idriss-benhalima": portraits.benhalima,
}


def draw_all(directory: Path) -> None:
    """Write every picture into `directory`: news 1200 x 600 pixels, cards 800 x 533, portraits 400 x 400."""
    directory.mkdir(parents=True, exist_ok=True)
    kinds = ((NEWS, (1200, 600), (1200, 600)), (CARDS, (1200, 800), (800, 533)), (PORTRAITS, (400, 400), (400, 400)))
    for scenes, (width, height), size in kinds:
        for name, scene in scenes.items():
            canvas = Canvas(width, height, PAPER)
            scene(canvas)
            canvas.save(directory / f"{name}.jpg", size)


if __name__ == "__main__":
    draw_all(Path(sys.argv[1] if len(sys.argv) > 1 else "images"))
