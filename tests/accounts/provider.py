"""A small company sign-in on loopback: discovery, authorization, token with PKCE, user info, signed with RS256."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "opsplatform", "company secret"


@dataclass
class Provider:
    """Answers as the person in `claims`; `audience` and `issuer` may be bent to play a dishonest one."""

    claims: dict[str, Any] = field(default_factory=dict)
    audience: str = CLIENT
    issuer: str = ""
    codes: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Provider:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send(*provider.get(urlsplit(self.path).path, self.headers.get("Authorization", "")))

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._send(*provider.token({name: values[0] for name, values in parse_qs(text).items()}))

            def _send(self, status: int, body: dict[str, Any]) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def get(self, path: str, authorization: str) -> tuple[int, dict[str, Any]]:
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        if path == "/keys":
            public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            return 200, {"keys": [public | {"kid": "one", "alg": "RS256", "use": "sig"}]}
        if path == "/userinfo" and authorization == "Bearer access":
            return 200, self.claims
        return 404, {}

    def authorize(self, address: str) -> dict[str, str]:
        """What the person's browser brings back after it was sent to `address`."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.url}/authorize?") and asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = f"code{len(self.codes)}"
        self.codes[code] = asked["code_challenge"]
        return {"code": code, "state": asked["state"]}

    def token(self, given: dict[str, str]) -> tuple[int, dict[str, Any]]:
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if self.codes.pop(given.get("code", ""), "") != challenge or given.get("client_secret") != SECRET:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = self.claims | {"iss": self.issuer or self.url, "aud": self.audience, "iat": now, "exp": now + 300}
        signed = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "one"})
        return 200, {"access_token": "access", "token_type": "Bearer", "expires_in": 300, "id_token": signed}
