"""The settings of a sign-in provider (Google, or any other that speaks OpenID Connect). No Streamlit here."""

from typing import Any

from crm.settings import Settings

NAME = "google"


def configured(settings: Settings) -> bool:
    """Whether there is a provider to sign in with."""
    return bool(settings.oidc_client_id and settings.oidc_client_secret)


def secrets(settings: Settings) -> dict[str, Any]:
    """What `st.App(secrets=…)` needs for it; empty where there is none."""
    if not settings.oidc_client_id or not settings.oidc_client_secret:
        return {}
    return {
        "auth": {
            "redirect_uri": f"{settings.base_url}/oauth2callback",
            "cookie_secret": settings.secret("identity").hex(),
            NAME: {
                "client_id": settings.oidc_client_id,
                "client_secret": settings.oidc_client_secret.get_secret_value(),
                "server_metadata_url": settings.oidc_metadata_url,
            },
        }
    }
