"""The way out of a company's network: a proxy of its own, and certificates it signs by itself."""

import ssl
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import ProxyManager
from urllib3.util.ssl_ import create_urllib3_context

from engine.errors import SettingsError


class TrustingAdapter(HTTPAdapter):
    """Trusts these certificates besides the public ones, on the way through a proxy too.

    requests' own `verify=FILE` would trust them instead of the public ones.
    """

    def __init__(self, ca_text: str) -> None:
        self._context = create_urllib3_context()
        try:
            self._context.load_verify_locations(cadata=ca_text)
        except ssl.SSLError:
            raise SettingsError.of("ST-134", "", name="ca file") from None
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        found: ProxyManager = super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)
        return found
