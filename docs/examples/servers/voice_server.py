"""A voice server that Vapi can call: a tone for each word, streamed. Standard library only.

    PYTHONPATH=. python docs/examples/servers/voice_server.py 8080
    python -m vapi_provider probe voice http://127.0.0.1:8080/

Replace `speak` by your own text-to-speech, and serve it over TLS.
"""

from __future__ import annotations

import hmac
import math
import os
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from vapi_provider.messages import InvalidMessage, PcmFormat, ServerMessageVoiceRequest

TOKEN = os.environ.get("VOICE_SERVER_TOKEN", "")


def speak(text: str, pcm: PcmFormat) -> Iterator[bytes]:
    """Yield a tone and a short pause for each word, in the format that Vapi requests."""
    for at, word in enumerate(text.split()):
        pitch, length = 220 + 40 * (at % 5), int(pcm.rate * (0.12 + 0.04 * len(word)))
        swell = (math.sin(math.pi * n / length) for n in range(length))
        wave = (math.sin(2 * math.pi * pitch * n / pcm.rate) for n in range(length))
        yield pcm.encode(0.4 * loud * at for loud, at in zip(swell, wave, strict=True))
        yield pcm.silence(0.05)


class VoiceServer(BaseHTTPRequestHandler):
    """Handler that answers a voice request with raw PCM in chunks."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        given = self.headers.get("Authorization", "").encode("latin-1")
        if TOKEN and not hmac.compare_digest(given, f"Bearer {TOKEN}".encode()):
            return self.say(401, "wrong or missing token")
        try:
            request = ServerMessageVoiceRequest.parse(body)
        except InvalidMessage as error:
            return self.say(400, str(error))
        self.send_response(200)
        self.send_header("Content-Type", request.answer.content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in speak(request.text, request.answer):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")
        return None

    def say(self, status: int, text: str) -> None:
        """Answer with a line of text, and end the connection."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Suppress the log, because texts are private."""


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    ThreadingHTTPServer(("127.0.0.1", port), VoiceServer).serve_forever()
