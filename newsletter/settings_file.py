"""Reading the settings: `newsletter.toml` of a workspace, overridden by `NEWSLETTER_<SECTION>__<KEY>`.

Secrets come from the environment. An unknown or wrong key names itself, its line and the nearest valid one.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from newsletter.errors import SettingsError, nearest
from newsletter.i18n import Sentence
from newsletter.settings import Settings

FILE = "newsletter.toml"


def load_settings(root: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of the workspace `root`.

    The workspace's `.env` file completes the environment (it never overrides it). Raises SettingsError.
    """
    root = root.resolve()
    path = root / FILE
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except FileNotFoundError:
        raise SettingsError(
            f"no {FILE} here", where=str(root), hint="run `newsletter init DIR`, or name the workspace with --workspace"
        ) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"{FILE} is not valid TOML: {error}",
            where=str(path),
            hint="correct that line",
            said=Sentence(
                "Le fichier {name} ne peut pas être lu. Corrigez-le : {place}", name=FILE, place=_place(error)
            ),
        ) from None
    env = {**read_env_file(root / ".env"), **(os.environ if environ is None else environ)}
    overridden = _override(data, env)
    for key, publication in data.get("publications", {}).items():
        if isinstance(publication, dict):
            publication.setdefault("key", key)
    names = {
        n: v for n, v in env.items() if n.startswith("NEWSLETTER_") and "__" not in n and n != "NEWSLETTER_WORKSPACE"
    }
    secrets = {n.removeprefix("NEWSLETTER_").lower(): SecretStr(v) for n, v in names.items()}
    try:
        return Settings(root=root, secrets=secrets, **data)
    except (ValidationError, TypeError) as error:
        raise _explain(error, path, text, overridden) from None


def _place(error: ValueError) -> Sentence:
    """Return where a file stops being TOML, in the reader's language."""
    found = re.search(r"line (\d+), column (\d+)", str(error))
    if found:
        return Sentence("ligne {line}, caractère {column}.", line=found[1], column=found[2])
    return Sentence("il doit être enregistré en UTF-8 et se terminer proprement.")


def read_env_file(path: Path) -> dict[str, str]:
    """Return the NAME=value lines of a `.env` file; comments and quotes are removed; a missing file is empty."""
    if not path.exists():
        return {}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            found[name.strip()] = value.strip().strip("\"'")
    return found


def _override(data: dict[str, Any], env: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Lay `NEWSLETTER_A__B=value` over `data`; the value is read as TOML where it can be, else as text."""
    done = {}
    for name, value in sorted(env.items()):
        if not name.startswith("NEWSLETTER_") or "__" not in name:
            continue
        keys = tuple(part.lower() for part in name.removeprefix("NEWSLETTER_").split("__"))
        table = data
        for key in keys[:-1]:
            table = table.setdefault(key, {})
            if not isinstance(table, dict):
                raise SettingsError(f"`{'.'.join(keys)}` is not a setting", where=name, hint="see newsletter.toml")
        try:
            table[keys[-1]] = tomllib.loads(f"v = {value}")["v"]
        except tomllib.TOMLDecodeError:
            table[keys[-1]] = value
        done[keys] = name
    return done


def _explain(
    error: ValidationError | TypeError, path: Path, text: str, overridden: Mapping[tuple[str, ...], str]
) -> SettingsError:
    if not isinstance(error, ValidationError):
        return SettingsError(
            f"{FILE} holds a table that is not known: {error}",
            where=str(path),
            hint="see the sample",
            said=Sentence("Le fichier {name} contient un tableau inconnu. Comparez-le à l’exemple.", name=FILE),
        )
    first = error.errors()[0]
    loc = tuple(first["loc"])
    dotted = ".".join(str(part) for part in loc)
    where = overridden.get(tuple(str(p) for p in loc)) or f"{path.name}:{_line(text, loc)}, {dotted}"
    if first["type"] == "extra_forbidden":
        return SettingsError(
            f"`{loc[-1]}` is unknown",
            where=where,
            hint=nearest(str(loc[-1]), _known(loc[:-1])),
            said=Sentence("« {name} » n’est pas un réglage. Retirez-le.", name=loc[-1]),
        )
    if first["type"] == "missing":
        return SettingsError(
            f"`{dotted}` is missing",
            where=f"{path.name}",
            hint=f"add `{loc[-1]} = ...`",
            said=Sentence("Le réglage « {name} » est vide. Remplissez-le.", name=dotted),
        )
    return SettingsError(
        f"`{dotted}`: {first['msg'].removeprefix('Value error, ')}",
        where=where,
        hint="correct that value",
        said=Sentence("La valeur du réglage « {name} » ne convient pas. Corrigez-la.", name=dotted),
    )


def _known(loc: tuple[int | str, ...]) -> list[str]:
    """Return the valid keys of the table at `loc`, walking the models."""
    model: Any = Settings
    for part in loc:
        fields: dict[str, FieldInfo] = getattr(model, "model_fields", {})
        if isinstance(part, str) and part in fields:
            model = fields[part].annotation
        arguments = [a for a in getattr(model, "__args__", ()) if isinstance(a, type) and issubclass(a, BaseModel)]
        model = arguments[-1] if arguments else model
    fields = getattr(model, "model_fields", {})
    return [f.alias or name for name, f in fields.items() if name not in ("root", "secrets", "key")]


def _line(text: str, loc: tuple[int | str, ...]) -> int:
    """Return the 1-based line of the key at `loc`: the deepest table header or key of it that is found."""
    names = [str(part) for part in loc if isinstance(part, str)]
    index = next((part for part in loc if isinstance(part, int)), 0)
    table: list[str] = []
    best, seen = 1, -1
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line)
        if header:
            table = [part.strip("\"' ") for part in header[2].split(".")]
            seen += header[1] == "[[" and table == names[: len(table)]
            if table == names[: len(table)] and (header[1] == "[" or seen == index):
                best = number
        key = re.match(r"\s*([\w\"'.-]+)\s*=", line)
        if key and table + [part.strip("\"'") for part in key[1].split(".")] == names and (seen in (-1, index)):
            return number
    return best
