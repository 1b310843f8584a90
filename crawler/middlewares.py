"""What is put between Scrapy's downloader and us?"""

from __future__ import annotations

from scrapy import Request
from scrapy.http import Response


class PlainResponses:
    """Answers as plain `Response`s, before they are unpacked.

    For a text response without a declared charset Scrapy would guess one from the packed bytes, which costs about two
    milliseconds a page and is thrown away; the visitor decodes by itself (`crawler/extract/decode.py`).
    """

    def process_response(self, request: Request, response: Response) -> Response:
        """The same answer without a charset of its own."""
        if type(response) is Response:
            return response
        names = ("url", "status", "headers", "body", "flags", "request", "certificate", "ip_address", "protocol")
        return Response(**{name: getattr(response, name) for name in names})
