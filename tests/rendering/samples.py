"""Sample issues for tests: composed values as the content room makes them, and pictures drawn on the spot."""

from __future__ import annotations

import io
import pickle
import zlib
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw

from newsletter.french import event_words, typography, until_words
from newsletter.messages import PublishedPicture
from newsletter.model import Article, ComposedIssue, EventTime, Item, Picture, Section, Speaker
from newsletter.rendering.picture_slots import WantedPicture
from newsletter.rendering.pictures import fit, wanted_pictures
from newsletter.settings import Network, Publication, SectionSetting
from newsletter.theme import Theme
from tests import run

PARIS = ZoneInfo("Europe/Paris")
BASE_URL = "https://lettre.example.org"
THEME = Theme()
NETWORK = Network(
    name="Réseau des collectivités Territoriales pour une Économie Sociale et Solidaire",
    short_name="RTES",
    address="75 rue Léon Gambetta, 59000 Lille",
    phone="03 20 97 17 97",
    email="animation@rtes.fr",
    website="https://www.rtes.fr",
    director="La présidence du RTES",
    dpo="animation@rtes.fr",
    privacy_url="https://www.rtes.fr/mentions-legales",
    accounts={"LinkedIn": "https://www.linkedin.com/company/rtes", "Mastodon": "https://mastodon.social/@rtes"},
    funders=("Caisse des Dépôts", "Fonds social européen"),
)
LETTRE = Publication(
    key="lettre",
    title="La lettre du RTES",
    description="Chaque mois, l'économie sociale et solidaire dans les territoires",
    audience="subscribers",
    sections=(SectionSetting(tag="rtes", title="Les actualités du RTES"),),
)
FLASH = Publication(
    key="flash",
    title="Flash hebdo",
    description="Réservé aux collectivités adhérentes : appels à projets et nouvelles de la semaine",
    audience="members",
    archive="members",
    layout="flash",
    sections=(SectionSetting(tag="appel", title="À saisir", layout="calls"),),
)


def item(title: str, summary: str = "", **values: Any) -> Item:
    """Make an item with its article; values named like an Item's field go there, all others to the article."""
    slug = values.pop("slug", f"article-{zlib.crc32(title.encode()):08x}")
    own = {k: values.pop(k) for k in ("body_html", "body_text", "cta", "quote") if k in values}
    values.setdefault("link", f"https://www.rtes.fr/{slug}")
    values.setdefault("tags", ("rtes",))
    article = Article(
        slug=slug, path=f"articles/{slug}.md", title=title, summary=summary, date=date(2026, 11, 2), **values
    )
    return Item(
        article=article,
        title=typography(title),
        summary=typography(summary),
        link=article.link,
        picture=article.picture,
        when=typography(event_words(article.event)) if article.event else "",
        until=typography(until_words(article.deadline)) if article.deadline else "",
        **own,
    )


def at(day: int, month: int = 12, hour: int = 0, minute: int = 0) -> datetime:
    """Return a moment of 2026 in Paris."""
    return datetime(2026, month, day, hour, minute, tzinfo=PARIS)


def section(title: str, layout: str, *items: Item) -> Section:
    """Make a section."""
    return Section(tag=layout, title=typography(title), layout=layout, items=items)


def issue(*sections: Section, **values: Any) -> ComposedIssue:
    """Make an issue of the lettre from sections."""
    given: dict[str, Any] = {
        "key": "2026-11-lettre",
        "path": "issues/2026-11-lettre.md",
        "publication": "lettre",
        "date": date(2026, 11, 24),
        "subject": "La lettre du RTES – novembre 2026",
        "preheader": "Ce mois-ci dans les territoires",
    }
    return ComposedIssue(sections=sections, **{**given, **values})


def photo(name: str, alt: str) -> Picture:
    """Make a picture of the workspace."""
    return Picture(f"images/{name}.jpg", alt)


def news(count: int = 4) -> tuple[Item, ...]:
    """Return news of the network."""
    titles = (
        "Budgets 2027 : un guide pour défendre l'ESS dans les arbitrages de la collectivité",
        "« Achats responsables » : ce que change le nouveau schéma pour les petites communes",
        "Rencontre nationale : 240 élu.es et technicien.nes réunis à Strasbourg",
        "Mandats municipaux : le kit d'accueil des nouvelles équipes est en ligne",
    )
    text = (
        "Les services instructeurs disposent désormais d'une trame commune, testée par neuf collectivités pendant "
        "un an. Elle aide à chiffrer les emplois, les services rendus et les dépenses évitées, puis à présenter ces "
        "résultats en commission. Trois fiches d'exemple complètent l'ensemble."
    )
    made = [
        item(
            titles[n % 4],
            text,
            picture=photo(f"actualite-{n}", "Une salle de réunion pleine, vue du fond"),
            slug=f"actualite-{n}",
        )
        for n in range(count)
    ]
    return tuple(made)


def cards(count: int = 4) -> tuple[Item, ...]:
    """Return territory news, each tied to an authority."""
    places = ("Métropole de Lyon", "Ville de Rennes", "Département de la Gironde", "Région Occitanie")
    titles = (
        "une légumerie coopérative approvisionne vingt cantines",
        "le premier tiers-lieu dédié au réemploi ouvre ses portes",
        "un fonds de garantie pour les associations employeuses",
        "l'appel à manifestation pour les Scic d'énergie est relancé",
    )
    text = (
        "Portée avec trois structures d'insertion, l'opération a créé onze emplois et réduit de moitié les distances."
    )
    return tuple(
        item(
            titles[n % 4][:1].upper() + titles[n % 4][1:],
            text,
            tags=("territoires",),
            slug=f"territoire-{n}",
            organisations=(places[n % 4],),
            picture=photo(f"territoire-{n}", "Un atelier vu depuis la rue"),
        )
        for n in range(count)
    )


def interview() -> Item:
    """Return an interview of two people."""
    body = (
        "<p><strong>Pourquoi avoir choisi une société coopérative ?</strong></p>"
        "<p>Parce que les habitants voulaient décider, et pas seulement être consultés. La commune apporte le foncier, "
        "les usagers apportent le projet.</p>"
        "<p><strong>Que conseilleriez-vous à une petite commune ?</strong></p>"
        "<p>De commencer petit, avec <a href='https://www.rtes.fr/scic'>un lieu et une équipe</a>, et de laisser "
        "la porte ouverte.</p>"
    )
    return item(
        "« Une coopérative, c'est une commune qui apprend à partager les clés »",
        "Deux responsables racontent comment un ancien garage est devenu la première coopérative municipale du canton.",
        tags=("elu",),
        slug="entretien",
        speakers=(
            Speaker(
                "Camille Aubert",
                "Maire adjointe à l'économie",
                "Ville de Saint-Amand",
                photo("camille", "Portrait de Camille Aubert"),
            ),
            Speaker("Yanis Le Goff", "Directeur", "Scic Le Garage", photo("yanis", "Portrait de Yanis Le Goff")),
        ),
        body_html=body,
        body_text="Pourquoi avoir choisi une société coopérative ?\n\nParce que les habitants voulaient décider.\n\n"
        "De commencer petit, avec un lieu et une équipe\nhttps://www.rtes.fr/scic",
        cta="Lire l’entretien complet",
    )


def calls() -> tuple[Item, ...]:
    """Return calls with a deadline and a contact."""
    return (
        item(
            "Fabriques de territoire : dernière vague de candidatures",
            "L'aide couvre trois ans de fonctionnement. Les groupements de communes peuvent candidater ensemble.",
            tags=("appel",),
            slug="appel-1",
            deadline=at(12, hour=17),
            contact="animation@rtes.fr",
            cta="Télécharger le dossier",
        ),
        item(
            "Contribuez au panorama des politiques locales d'ESS",
            "Vingt minutes suffisent pour décrire vos actions.",
            tags=("appel",),
            slug="appel-2",
            deadline=at(19),
            contact="Le pôle études, 03 20 97 17 97",
        ),
    )


def events() -> tuple[Item, ...]:
    """Return agenda entries of every shape: hours, a day, a range over two months, online."""
    return (
        item(
            "Webinaire : les clauses sociales, mode d'emploi",
            tags=("agenda",),
            slug="webinaire",
            event=EventTime(at(3, hour=11), at(3, hour=12, minute=30), place="En ligne", organisers=("RTES",)),
        ),
        item(
            "Journée des territoires coopératifs",
            tags=("agenda",),
            slug="journee",
            event=EventTime(at(8), all_day=True, place="Nantes, les Halles", organisers=("Nantes Métropole", "ESS 44")),
        ),
        item(
            "Semaine de la finance solidaire",
            tags=("agenda",),
            slug="semaine",
            event=EventTime(at(28, 11), at(4), all_day=True, place="Partout en France", organisers=("FAIR",)),
        ),
    )


def briefs(count: int = 3) -> tuple[Item, ...]:
    """Return news in brief."""
    titles = (
        "France : l'Insee publie ses comptes de l'ESS",
        "Europe : la recommandation du Conseil, deux ans après",
        "Monde : l'ONU confirme sa deuxième résolution",
    )
    text = "Les emplois progressent de 1,2 % sur un an, portés par l'aide à domicile et le réemploi."
    return tuple(item(titles[n % 3], text, tags=("bref",), slug=f"bref-{n}") for n in range(count))


def lettre() -> ComposedIssue:
    """Return a monthly letter of 20 items, every layout in it."""
    lead = item(
        "Finances locales : 182 collectivités demandent un cadre stable pour l'économie sociale et solidaire",
        "Réunies le mois dernier, elles ont adopté une position commune sur le financement pluriannuel. Cinq mesures "
        "simples sont proposées, de la convention triennale à l'avance de trésorerie.",
        picture=photo("une", "Des élues et des élus débattent autour d'une grande table ronde"),
        slug="une",
        cta="Lire la position commune",
    )
    guides = (
        item(
            "Points de repère : l'alimentation durable, du champ à la cantine",
            "Douze pages, dix exemples, et la liste des aides mobilisables.",
            tags=("publication",),
            slug="guide-1",
            picture=photo("guide-1", "Couverture du numéro"),
        ),
        item(
            "Kit : écrire sa délibération ESS",
            "Trois modèles commentés, à reprendre tels quels.",
            slug="guide-2",
            tags=("publication",),
            picture=photo("guide-2", "Couverture du kit"),
        ),
    )
    return issue(
        section("Les actualités du RTES", "news", *news()),
        section("Les actualités des territoires", "cards", *cards()),
        section("Parole d'élu·e", "interview", interview()),
        section("Appels à projets et à contributions", "calls", *calls()),
        section("Publications", "publications", *guides),
        section("L'ESS en bref", "briefs", *briefs()),
        section("Agenda", "agenda", *events()),
        lead=lead,
        number=214,
        editorial_html="<p>Novembre rime avec budgets : beaucoup d’entre vous préparent en ce moment même les choix de "
        "l’an prochain. Ce numéro rassemble des arguments, des chiffres et des exemples pour que l’économie sociale "
        "et solidaire y garde toute sa place.</p>",
        editorial_text="Novembre rime avec budgets : beaucoup d’entre vous préparent en ce moment même les choix de "
        "l’an prochain. Ce numéro rassemble des arguments, des chiffres et des exemples pour que l’économie sociale "
        "et solidaire y garde toute sa place.",
    )


def flash() -> ComposedIssue:
    """Return a short Flash: calls first, no picture."""
    return issue(
        section("À saisir : appels et candidatures", "calls", *calls()),
        section("Du côté du réseau", "briefs", *news(2)),
        section("Chez les adhérents", "briefs", *cards(1)),
        section("À vos agendas", "agenda", *events()[:2]),
        key="2026-11-20-flash",
        path="issues/2026-11-20-flash.md",
        publication="flash",
        date=date(2026, 11, 20),
        subject="Flash hebdo – 20 novembre 2026",
        preheader="Deux appels à saisir avant les fêtes, et le webinaire du 3 décembre",
        number=31,
    )


def draw(name: str, size: tuple[int, int] = (1300, 900)) -> bytes:
    """Draw a quiet landscape whose colours come from `name`: the same name gives the same picture."""
    seed = zlib.crc32(name.encode())
    skies = ((214, 226, 222), (240, 226, 206), (206, 220, 232), (232, 214, 204))
    hills = ((15, 79, 74), (163, 67, 28), (46, 94, 120), (120, 100, 40), (64, 108, 72))
    image = Image.new("RGB", size, skies[seed % 4])
    pen, (width, height) = ImageDraw.Draw(image), size
    for line in range(height // 2):
        shade = tuple(min(255, c + line * 28 // height) for c in skies[seed % 4])
        pen.line([(0, line), (width, line)], fill=shade)
    sun = (width * (20 + seed % 60) // 100, height // 4)
    pen.ellipse([sun[0] - 90, sun[1] - 90, sun[0] + 90, sun[1] + 90], fill=(250, 240, 214))
    for step in range(4):
        base, colour = height * (48 + 13 * step) // 100, hills[(seed + step) % 5]
        mixed = tuple((c * (step + 2) + s * (4 - step)) // 6 for c, s in zip(colour, skies[seed % 4], strict=True))
        crest = [
            (x, base + ((seed >> step) % 97 * x // width) - (x - width // (step + 2)) ** 2 // 9000)
            for x in range(0, width + 20, 20)
        ]
        pen.polygon([(0, height), *crest, (width, height)], fill=mixed)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _fitted(wanted: WantedPicture) -> tuple[bytes, str, int, int]:
    """Return the picture drawn and fitted, once for all processes of the run."""

    def make(path: Path) -> None:
        size = (620, 880) if wanted.height is None else (1300, 900)
        path.write_bytes(pickle.dumps(fit(draw(wanted.source, size), *wanted[1:])))

    made = run.once(f"picture-{zlib.crc32(wanted.key.encode()):08x}", make)
    return pickle.loads(made.read_bytes())


def prepare(*issues: ComposedIssue, network: Network = NETWORK) -> tuple[dict[str, PublishedPicture], dict[str, bytes]]:
    """Return the mapping `render` takes, and the files behind its URLs."""
    published: dict[str, PublishedPicture] = {}
    files: dict[str, bytes] = {}
    for wanted in [w for one in issues for w in wanted_pictures(one, network)]:
        data, ext, width, height = _fitted(wanted)
        url = f"{BASE_URL}/images/{zlib.crc32(wanted.key.encode()):08x}.{ext}"
        published[wanted.key] = PublishedPicture(url, width, height, len(data))
        files[url] = data
    return published, files
