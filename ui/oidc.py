"""Sign-in by OpenID Connect: what Streamlit's own `st.login` wants to be told."""

from crm.settings import Settings

PROVIDER = "google"  # the name that st.login and the secrets share


def configured(settings: Settings) -> bool:
    """Whether there is a provider to sign in with."""
    return bool(settings.oidc_client_id and settings.oidc_client_secret)


def secrets(settings: Settings, url: str) -> dict[str, dict[str, str | dict[str, str]]]:
    """Streamlit's `auth` secrets, for the redirect to `url`; empty where no provider is set."""
    if not settings.oidc_client_id or not settings.oidc_client_secret:
        return {}
    return {
        "auth": {
            "redirect_uri": f"{(settings.public_url or url).rstrip('/')}/oauth2callback",
            "cookie_secret": settings.secret("oidc").hex(),
            PROVIDER: {
                "client_id": settings.oidc_client_id,
                "client_secret": settings.oidc_client_secret.get_secret_value(),
                "server_metadata_url": settings.oidc_metadata_url,
            },
        }
    }
