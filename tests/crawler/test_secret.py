"""Where a key may be seen: in the request to its own host, and nowhere else."""

from __future__ import annotations

import asyncio
import hashlib
import logging

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.secret import Hiding, Keeper, hide, values_of
from db.records import Account

URL = "http://r.example:1200/weibo/user/9?key=geheim-1&limit=5"
ACCOUNT = Account("岚水县", "weibo", "岚水发布", URL, URL)


def asked(keeper: Keeper, url: str, response: Response | Exception | None = None) -> tuple[Request, Response]:
    sent: list[Request] = []

    async def download(request: Request) -> Response:
        sent.append(request)
        if isinstance(response, Exception):
            raise response
        return response or Response(request.url, body=b"ok")

    return sent, asyncio.run(keeper.wrap(download)(Request(url)))  # type: ignore[return-value]


def test_the_key_of_the_registered_address_goes_out_and_does_not_come_back():
    body = b"<link href='http://r.example:1200/weibo/user/9?key=geheim-1'/>"
    headers = {"Location": "/x?key=geheim-1&a=1", "Set-Cookie": ["SUB=abc; path=/", "T=1"]}
    sent, answer = asked(
        Keeper(ACCOUNT, {}),
        "http://r.example:1200/weibo/user/9?key=***&limit=5",
        Response(URL, headers=headers, body=body),
    )
    assert sent[0].url == URL
    assert answer.url == "http://r.example:1200/weibo/user/9?key=***&limit=5"
    assert answer.body == body.replace(b"geheim-1", b"********")
    assert answer.headers["Location"] == b"/x?key=***&a=1"
    assert answer.headers.getlist("Set-Cookie") == [b"SUB=***; path=/", b"T=***"]


def test_another_host_gets_nothing():
    sections = {"r.example:1200": {"cookie": "SUB=geheim-2"}, "weibo/岚水发布": {"token": "geheim-3"}}
    sent, _ = asked(Keeper(ACCOUNT, sections), "http://elsewhere.example/?key=***")
    assert sent[0].url == "http://elsewhere.example/?key=***"
    assert "Cookie" not in sent[0].headers


@pytest.mark.parametrize(
    ("section", "query"),
    [
        ({"key": "geheim 4"}, "key=geheim+4"),
        ({"token": "geheim-5"}, "access_token=geheim-5"),
        ({"code_key": "geheim-6"}, f"code={hashlib.md5(b'/weibo/user/9geheim-6').hexdigest()}"),
    ],
)
def test_keys_of_the_secrets_file(section, query):
    plain = Account("岚水县", "weibo", "岚水发布", "http://r.example/weibo/user/9", "http://r.example/weibo/user/9")
    keeper = Keeper(plain, {"r.example": section})
    sent, _ = asked(keeper, plain.address)
    assert sent[0].url == f"{plain.address}?{query}"
    assert keeper.kinds == set(section)


def test_headers_of_the_secrets_file_and_the_account_s_own_section():
    sections = {
        "m.weibo.cn": {"cookie": "SUB=geheim-7"},
        "weibo/岚水发布": {"authorization": "Basic geheim-8"},
        "wechat/岚水发布": {"token": "no"},
    }
    keeper = Keeper(ACCOUNT, sections)
    assert keeper.kinds == {"authorization"}
    keeper.first_asked("https://m.weibo.cn/api")
    assert keeper.kinds == {"authorization", "cookie"}
    sent, _ = asked(keeper, "https://m.weibo.cn/api")
    assert (sent[0].headers["Cookie"], sent[0].headers["Authorization"]) == (b"SUB=geheim-7", b"Basic geheim-8")


def test_an_error_tells_no_key():
    with pytest.raises(OSError, match=r"key=\*\*\*&limit=5 took") as caught:
        asked(
            Keeper(ACCOUNT, {}),
            "http://r.example:1200/weibo/user/9?key=***&limit=5",
            OSError(f"Getting {URL} took longer"),
        )
    assert "geheim" not in str(caught.value)


def test_the_time_that_the_server_took_is_known_above():
    async def download(request: Request) -> Response:
        request.meta["download_latency"] = 1.5
        return Response(request.url)

    request = Request("http://r.example:1200/weibo/user/9?key=***")
    asyncio.run(Keeper(ACCOUNT, {}).wrap(download)(request))
    assert request.meta["download_latency"] == 1.5


def test_the_log_is_rewritten_whoever_writes_it(caplog):
    values = values_of([ACCOUNT], {"m.weibo.cn": {"cookie": "SUB=geheim 9"}})
    assert values == ["SUB=geheim 9", "geheim-1"]
    caplog.handler.addFilter(hiding := Hiding(values))
    try:
        logging.getLogger("scrapy.core").warning("Crawled %s with %s", URL, "SUB%3Dgeheim%209")
        try:
            raise OSError(URL)
        except OSError:
            logging.getLogger("x").exception("failed")
    finally:
        caplog.handler.removeFilter(hiding)
    assert "geheim" not in caplog.text
    assert "key=***&limit=5" in caplog.text


def test_short_values_are_too_common_to_be_hidden_everywhere():
    assert hide("1 page", ["1"]) == "1 page"
