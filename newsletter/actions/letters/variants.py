"""The variants of an issue: which readers get which items, how many they are, and for whom nothing is left."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from newsletter.actions.people.audience_names import audience_names
from newsletter.actions.workspace import Workspace
from newsletter.audience import formula
from newsletter.audience_parser import parse_rule
from newsletter.audience_words import rule_sentence
from newsletter.french import number_words, printed
from newsletter.i18n import _, ngettext
from newsletter.model import ComposedIssue, Finding, Severity
from newsletter.rendering.letter import Variant, has_something, keep
from newsletter.settings import Publication
from newsletter.store.sending.candidates import NOTHING, Shares, count_signatures

# Each variant is a letter of its own, to be proof-read; more than these nobody reads before an approval.
MOST_VARIANTS, MOST_RULES = 24, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterVariant:
    """The letter of some readers: the audiences whose items they get, how many items, how many people."""

    rules: Variant
    items: int
    people: int
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantPlan:
    """All variants of an issue, by number; `shares` tells who gets which; for `left_out` people no item is left.

    There is always one, so that a letter can be looked at: when no reader gets anything it holds every item and
    `wanted` is False.
    """

    variants: tuple[LetterVariant, ...]
    shares: Shares
    left_out: int = 0
    wanted: bool = True


def plan_variants(workspace: Workspace, composed: ComposedIssue, connection: Connection | None = None) -> VariantPlan:
    """Return the variants that the readers of today need. AudienceError when an item's audience leads nowhere."""
    texts = tuple(sorted({item.audience for item in composed.items if item.audience}))
    if not texts:
        return VariantPlan(variants=(_variant(composed, (), 0),), shares=Shares())
    publication = workspace.settings.publication(composed.publication)
    rules = tuple(formula(workspace.resolve_audience(parse_rule(text))) for text in texts)
    rule = workspace.rule(publication, composed.audience)
    if len(texts) > MOST_RULES:
        return VariantPlan(variants=(_variant(composed, texts, 0),), shares=Shares(rules[:1], {}))
    with nullcontext(connection) if connection else workspace.database.read() as reading:
        found = {0: 0, **count_signatures(reading, rule, rules, workspace.today())}
    return _numbered(composed, texts, rules, found)


def _numbered(
    composed: ComposedIssue, texts: tuple[str, ...], rules: tuple[str, ...], found: Mapping[int, int]
) -> VariantPlan:
    """Give numbers to the signatures that get something; the others are left out."""
    numbers: dict[int, int] = {}
    made: list[LetterVariant] = []
    for signature in sorted(found):
        variant = tuple(text for bit, text in enumerate(texts) if signature >> bit & 1)
        if has_something(composed, variant):
            numbers[signature] = len(made)
            made.append(_variant(composed, variant, found[signature]))
        else:
            numbers[signature] = NOTHING
    left_out = sum(found[s] for s, number in numbers.items() if number == NOTHING)
    shares = Shares(rules, numbers)
    if not made:
        return VariantPlan(variants=(_variant(composed, texts, 0),), shares=shares, left_out=left_out, wanted=False)
    return VariantPlan(variants=tuple(made), shares=shares, left_out=left_out)


def _variant(composed: ComposedIssue, rules: Variant, people: int) -> LetterVariant:
    kept = keep(composed, rules)
    return LetterVariant(rules=rules, items=len(kept.items), people=people, subject=kept.subject)


def check_variants(composed: ComposedIssue, plan: VariantPlan, publication: Publication) -> list[Finding]:
    """Return what the proof-reader says of the variants: none, too many, thin ones, a subject that does not fit."""
    where, texts = composed.path, {item.audience for item in composed.items if item.audience}
    if not texts:
        return []
    if len(texts) > MOST_RULES or len(plan.variants) > MOST_VARIANTS:
        return [_too_many(where)]
    if not plan.wanted:
        message = _(
            "Aucun destinataire ne recevrait d’article : chacun est réservé à un public dont personne n’est abonné."
        )
        return [Finding("variant-none", Severity.ERROR, message, where)]
    found = [_thin(v, where) for v in plan.variants if v.people and v.items < publication.least_items]
    if any(v.people and v.subject != composed.subject for v in plan.variants):
        message = _(
            "L’objet nomme un article que certains destinataires ne reçoivent pas : ils auront « {objet} » à la place."
        )
        words = message.format(objet=composed.plain_subject)
        found.append(Finding("variant-subject", Severity.WARNING, words, f"{where}, subject"))
    if plan.left_out:
        message = ngettext(
            "{n} personne ne recevra rien : aucun article ne lui est destiné.",
            "{n} personnes ne recevront rien : aucun article ne leur est destiné.",
            plan.left_out,
        )
        words = message.format(n=number_words(plan.left_out))
        found.append(Finding("nothing-for-them", Severity.WARNING, words, where))
    return found


def _too_many(where: str) -> Finding:
    message = _(
        "Trop de versions différentes de la lettre : {n} au plus, et {m} publics au plus. Réunissez des publics, ou "
        "faites deux numéros."
    )
    return Finding("variants-many", Severity.ERROR, message.format(n=MOST_VARIANTS, m=MOST_RULES), where)


def _thin(variant: LetterVariant, where: str) -> Finding:
    message = ngettext(
        "{n} personne ne recevra que {items}.", "{n} personnes ne recevront que {items}.", variant.people
    )
    items = ngettext("{n} article", "{n} articles", variant.items).format(n=variant.items)
    words = message.format(n=number_words(variant.people), items=items)
    return Finding("variant-thin", Severity.WARNING, words, where)


@dataclass(frozen=True, slots=True)
class ShownVariant:
    """One variant as a page or a command shows it: its number, who its readers are, how many, and their letter."""

    number: int
    words: str
    people: int
    items: int
    subject: str


def shown_variants(workspace: Workspace, plan: VariantPlan) -> tuple[ShownVariant, ...]:
    """Return the variants of an issue in words, in their order."""
    return tuple(
        ShownVariant(number, variant_words(workspace, v.rules), v.people, v.items, v.subject)
        for number, v in enumerate(plan.variants)
    )


def variant_words(workspace: Workspace, rules: Variant) -> str:
    """Return who the readers of a variant are, in one phrase."""
    if not rules:
        return _("Lecteurs sans contenu ciblé")
    names = audience_names(workspace)
    return printed(_(" ; et ").join(rule_sentence(parse_rule(text), names) for text in rules))
