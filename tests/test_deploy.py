"""The deployment files: every command, path, variable and image stage that they name exists.

No container daemon is needed: what they run is read from them and held against the program.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import click
import pytest
import yaml

from newsletter.actions.operations.start import init
from newsletter.cli import cli
from newsletter.settings_file import load_settings, read_env_file
from tests.conftest import ROOT, missing

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SECRETS = {"SECRET", "SMTP_PASSWORD", "IMAP_PASSWORD", "METRICS_TOKEN"}
each_unit = pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)


def instructions(name: str) -> list[str]:
    """Return the arguments of every instruction `name` of the Containerfile, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", CONTAINERFILE)
    return re.findall(rf"^\s*{name} (.+)$", text, re.MULTILINE)


def parses(command: list[str]) -> None:
    """Let click read a command line of `newsletter`, without running it."""
    name, *rest = command
    assert name.rpartition("/")[2] == "newsletter"
    context = click.Context(cli, info_name="newsletter")
    while rest:
        found = cli.get_command(context, rest[0]) if context.command is cli else None
        found = found or context.command.get_command(context, rest[0])
        assert found, f"there is no `{' '.join(command)}`"
        if not isinstance(found, click.Group):
            found.make_context(rest[0], rest[1:], parent=context)
            return
        context, rest = click.Context(found, info_name=rest[0], parent=context), rest[1:]
    raise AssertionError(f"`{' '.join(command)}` is no command")


def accepted(environ: dict[str, str], root: Path) -> None:
    """Let the program read the variables: an unknown setting or a wrong value is an error."""
    if not (root / "newsletter.toml").exists():
        init(root)
    settings = load_settings(root, environ)
    unknown = {name.upper() for name in settings.secrets} - SECRETS
    assert not unknown, f"nothing reads {unknown}"


def test_the_container_runs_commands_that_exist_as_nobody_special() -> None:
    assert len(instructions("FROM")) == 2
    (user,) = instructions("USER")
    assert user not in ("root", "0")
    assert f" {user}" in instructions("RUN")[-1]
    (command,) = instructions("CMD")[-1:]
    parses(json.loads(command))
    assert instructions("EXPOSE") == ["8025"]
    health = json.loads(re.search(r"HEALTHCHECK .*?CMD (\[.*\])", re.sub(r"\\\n\s*", " ", CONTAINERFILE))[1])
    assert health[:2] == ["python", "-c"]
    compile(health[2], "healthcheck", "exec")
    assert ":8025/robots.txt" in health[2]


def test_the_containers_environment_is_understood(tmp_path) -> None:
    (line,) = instructions("ENV")
    environ = dict(pair.split("=", 1) for pair in shlex.split(line))
    accepted({n: v for n, v in environ.items() if n.startswith("NEWSLETTER_")}, tmp_path)
    assert environ["NEWSLETTER_WORKSPACE"] == instructions("WORKDIR")[-1] == instructions("VOLUME")[0]


def test_the_build_context_holds_what_the_wheel_needs_and_nothing_of_a_workspace() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"
    taken = {rule[1:] for rule in rules if rule.startswith("!")}
    assert all((ROOT / name).exists() for name in taken)
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    packed = re.findall(r'^"([^"]+)" = "newsletter/', project, re.MULTILINE)
    assert set(packed) <= taken
    assert {"newsletter", "pyproject.toml", "constraints.txt", "README.md", "LICENSE"} <= taken
    for private in (".env", ".git", "outbox", "published", "subscribers.db", "deploy", ".uploads"):
        assert not any(fnmatch(private, name) for name in taken)


def services() -> dict[str, dict]:
    return COMPOSE["services"]


@pytest.mark.parametrize("name", ["prepare", "web", "worker"])
def test_compose_runs_commands_that_exist_with_settings_that_exist(name, tmp_path) -> None:
    service = services()[name]
    command = service["command"]
    lines = command[2].split(" && ") if command[0] == "sh" else [shlex.join(command)]
    for line in lines:
        parses(shlex.split(line))
    environ = {key: re.sub(r"\$\{\w+:[?-]([^}]*)\}", r"\1", value) for key, value in service["environment"].items()}
    environ["NEWSLETTER_WEB__BASE_URL"] = "https://lettre.example.org"
    accepted({n: v for n, v in environ.items() if n.startswith("NEWSLETTER_")}, tmp_path)
    assert "@database/" in environ["NEWSLETTER_DATABASE__URL"]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    build = DEPLOY / service["build"]["context"]
    assert (build / service["build"]["dockerfile"]).resolve() == DEPLOY / "Containerfile"


def test_compose_waits_for_the_database_and_checks_every_service() -> None:
    for name in ("web", "worker"):
        assert services()[name]["depends_on"] == {
            "database": {"condition": "service_healthy"},
            "prepare": {"condition": "service_completed_successfully"},
        }
    assert services()["database"]["healthcheck"]["test"][1] == "pg_isready"
    parses(services()["worker"]["healthcheck"]["test"][1:])
    assert "--no-jobs" in services()["web"]["command"]
    volumes = {volume.split(":")[0] for service in services().values() for volume in service.get("volumes", [])}
    assert volumes == set(COMPOSE["volumes"])
    # The Studio is for its users, through the proxy: nothing is open to the world by itself.
    assert all(port.startswith("127.0.0.1:") for port in services()["web"]["ports"])
    assert "ports" not in services()["database"]


def test_no_secret_stands_in_a_file_and_every_variable_asked_for_is_in_the_example(tmp_path) -> None:
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text("utf-8")))
    example = read_env_file(DEPLOY / "environment.example")
    assert asked <= set(example)
    assert not any(value for name, value in example.items() if name.endswith(("SECRET", "PASSWORD", "TOKEN")))
    accepted({name: value for name, value in example.items() if name.startswith("NEWSLETTER_")}, tmp_path)


@each_unit
def test_a_unit_runs_commands_that_exist_as_a_user_of_its_own(path) -> None:
    text = path.read_text("utf-8")
    commands = re.findall(r"^ExecStart(?:Pre)?=(.+)$", text, re.MULTILINE)
    assert commands
    for command in commands:
        parses(shlex.split(command))
    for line in ("DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet="):
        assert f"\n{line}\n" in text


@each_unit
def test_systemd_understands_a_unit_and_finds_it_tight(path, tmp_path) -> None:
    analyze = shutil.which("systemd-analyze") or missing("systemd-analyze", "apt-get install systemd")
    copy = tmp_path / path.name
    copy.write_text(path.read_text("utf-8").replace("/opt/lettre/bin/newsletter", "/bin/true"), "utf-8")
    done = subprocess.run([analyze, "verify", copy], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=25", copy], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
