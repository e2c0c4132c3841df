"""Signing in by a provider: the invited enter with the rights of their invitation, nobody else does."""

from __future__ import annotations

from time import time
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey

from newsletter.actions.team import audit_log, oidc, users
from newsletter.errors import SettingsError
from newsletter.settings_file import load_settings
from newsletter.store.team import factors
from tests.web.conftest import BASE, opened
from tests.web.studio.provider import CLIENT, SECRET, providing

CLAIRE = {"email": "Claire@RTES.example", "email_verified": True}
LEAVE, BACK = "/studio/oidc", oidc.RETURN


@pytest.fixture(scope="module")
def running():
    with providing() as provider:
        yield provider


@pytest.fixture
def provider(running):
    issuer, key = running.issuer, running.key
    running.__init__(issuer=issuer, key=key, person=dict(CLAIRE))
    return running


@pytest.fixture
def site(town, provider, monkeypatch):
    """A workspace that knows the provider, and an invited editor."""
    monkeypatch.setenv("NEWSLETTER_STUDIO__OIDC__ISSUER", provider.issuer)
    monkeypatch.setenv("NEWSLETTER_STUDIO__OIDC__CLIENT_ID", CLIENT)
    monkeypatch.setenv("NEWSLETTER_STUDIO__OIDC__LABEL", "ProConnect")
    monkeypatch.setenv("NEWSLETTER_OIDC_CLIENT_SECRET", SECRET)
    users.invite_user(town.workspace, "claire@rtes.example", "editor", name="Claire", by="test")
    with opened(town.workspace.root) as made:
        yield made


def leave(site):
    answer = site.client.get(LEAVE, follow_redirects=False)
    assert answer.status_code == 303
    return answer.headers["location"]


def enter(site, provider, *, follow=True):
    back = provider.authorize(leave(site))
    assert back.startswith(f"{BASE}{BACK}?")
    return site.client.get(back.removeprefix(BASE), follow_redirects=follow)


def test_an_invited_user_enters_with_the_rights_of_the_invitation(site, provider):
    assert "Entrer avec ProConnect" in site.client.get("/studio/connexion").text
    assert enter(site, provider).url.path == "/studio"
    assert site.client.get("/studio/articles").status_code == 200
    assert site.client.get("/studio/reglages/equipe").status_code == 403


def test_the_question_carries_state_nonce_and_a_pkce_challenge(site):
    asked = {name: values[0] for name, values in parse_qs(urlsplit(leave(site)).query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert all(len(asked[name]) >= 43 for name in ("state", "nonce", "code_challenge"))
    assert asked["redirect_uri"] == f"{BASE}{BACK}"
    assert asked["scope"] == "openid email"
    assert "code_verifier" not in asked


def test_who_was_not_invited_does_not_enter(site, provider):
    provider.person["email"] = "paul@rtes.example"
    answer = enter(site, provider)
    assert answer.status_code == 403
    assert "Demandez une invitation" in answer.text
    assert [user.address for user in users.everybody(site.workspace)] == ["claire@rtes.example"]


def test_a_user_is_known_by_the_providers_number_whatever_becomes_of_the_address(site, provider):
    enter(site, provider)
    site.client.cookies.clear()
    provider.person["email"] = "claire.morel@ailleurs.example"
    assert enter(site, provider).url.path == "/studio"


def test_the_journal_names_by_id_the_user_whose_identity_was_linked(site, provider):
    enter(site, provider)
    (linked,) = [deed for deed in audit_log.latest_deeds(site.workspace) if deed.kind == "identity-linked"]
    assert linked.user_id == linked.detail["user"]


def test_an_address_that_changes_hands_at_the_provider_is_still_only_the_invited_users(site, provider):
    enter(site, provider)
    (claire,) = users.everybody(site.workspace)
    users.invite_user(site.workspace, "admin@rtes.example", "admin", by="test")
    users.end_access(site.workspace, claire.id, "test")
    site.client.cookies.clear()
    assert enter(site, provider).status_code == 403


@pytest.mark.parametrize("verified", [False, None, "true"])
def test_an_address_that_nobody_verified_opens_nothing(site, provider, verified):
    provider.person["email_verified"] = verified
    assert enter(site, provider).status_code == 403


def test_a_provider_that_does_not_say_is_trusted_by_a_setting(site, provider, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_STUDIO__OIDC__TRUST_EMAIL", "true")
    provider.person.pop("email_verified")
    with opened(site.workspace.root) as trusting:
        assert enter(trusting, provider).url.path == "/studio"


@pytest.mark.parametrize("signed", [False, True], ids=["as JSON", "as a signed token, as ProConnect does"])
def test_the_address_may_come_from_the_userinfo(site, provider, signed):
    provider.in_token, provider.signed_userinfo = False, signed
    assert enter(site, provider).url.path == "/studio"


def test_a_userinfo_about_somebody_else_opens_nothing(site, provider):
    provider.in_token = False
    provider.person["sub"] = "p-2"
    assert enter(site, provider).status_code == 403


WRONG = {
    "another nonce": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "another client": {"aud": "other"},
    "another provider": {"iss": "https://evil.example"},
    "expired": {"exp": int(time()) - 600},
    "no end": {"exp": None},
    "nobody": {"sub": None},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG)
def test_a_token_that_is_not_for_this_question_opens_nothing(site, provider, claims):
    provider.claims = claims
    assert enter(site, provider).status_code == 403
    assert site.client.get("/studio", follow_redirects=False).status_code == 303


def test_a_token_signed_by_another_key_opens_nothing(site, provider):
    provider.signing = RSAKey.generate_key(2048, {"kid": "k1"})
    assert enter(site, provider).status_code == 403


def test_an_answer_without_the_browsers_own_question_opens_nothing(site, provider):
    back = provider.authorize(leave(site)).removeprefix(BASE)
    kept = dict(site.client.cookies)
    site.client.cookies.clear()
    assert site.client.get(back).status_code == 403, "another browser: the cookie is missing"
    site.client.cookies.set("studio-oidc", kept["studio-oidc"], path="/studio")
    assert site.client.get(back.replace("state=", "state=x")).status_code == 403
    assert site.client.get(f"{BACK}?error=access_denied").status_code == 403


def test_a_question_is_answered_within_ten_minutes(site, provider):
    back = provider.authorize(leave(site)).removeprefix(BASE)
    site.clock.ahead = 700
    assert site.client.get(back).status_code == 403


def test_the_provider_is_asked_to_describe_itself_once_in_some_minutes(site, provider):
    described = "/.well-known/openid-configuration"
    enter(site, provider)
    for _again in range(3):
        leave(site)
    assert provider.visited.count(described) == 1
    site.clock.ahead = 700
    leave(site)
    assert provider.visited.count(described) == 2


def test_a_provider_whose_name_ends_in_a_slash_is_known_by_it(site, provider):
    provider.described = provider.claims = {"iss": f"{provider.issuer}/", "issuer": f"{provider.issuer}/"}
    assert enter(site, provider).url.path == "/studio"


@pytest.mark.parametrize("missing", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_a_provider_that_leaves_out_where_to_go_is_said_so(site, provider, missing):
    provider.described = {missing: None}
    assert site.client.get(LEAVE).status_code == 403


@pytest.mark.parametrize(
    ("methods", "page"),
    [
        (["pwd", "mfa"], "/studio"),
        (["pwd"], "/studio/second-facteur"),
        (["no-mfa"], "/studio/second-facteur"),
        ("no-mfa", "/studio/second-facteur"),
        (7, "/studio/second-facteur"),
        (None, "/studio/second-facteur"),
    ],
)
def test_a_second_factor_here_is_given_unless_the_provider_says_it_asked_for_several(site, provider, methods, page):
    (claire,) = users.everybody(site.workspace)
    with site.workspace.database.write() as connection:
        factors.set_totp(connection, claire.id, "sealed", 1.0)
        factors.take_step(connection, claire.id, 1, 1.0)
    provider.claims = {"amr": methods}
    assert enter(site, provider).url.path == page


def test_a_provider_that_calls_itself_otherwise_or_does_not_answer_is_said_so(site, provider, monkeypatch):
    provider.described = {"issuer": "https://evil.example"}
    assert site.client.get(LEAVE).status_code == 403
    monkeypatch.setenv("NEWSLETTER_STUDIO__OIDC__ISSUER", "http://127.0.0.1:9")
    with opened(site.workspace.root) as lonely:
        assert "n’a pas abouti" in lonely.client.get(LEAVE).text


@pytest.mark.parametrize("path", [LEAVE, BACK])
def test_without_a_provider_there_is_no_such_page(town, path):
    assert town.client.get(path).status_code == 404
    assert "oidc" not in town.client.get("/studio/connexion").text


@pytest.mark.parametrize("issuer", ["http://connexion.example.org", "connexion.example.org", "https://"])
def test_a_provider_is_asked_by_https_only(town, monkeypatch, issuer):
    monkeypatch.setenv("NEWSLETTER_STUDIO__OIDC__ISSUER", issuer)
    with pytest.raises(SettingsError, match="https address"):
        load_settings(town.workspace.root)
