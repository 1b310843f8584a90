"""One address at a time: redirects, robots.txt, soft 404, private hosts, over real HTTP on loopback."""

import asyncio

from crawler.hosts import Registered
from crawler.settings import Budget
from crawler.visitor import Taken, Visitor
from db.bodies import unpack
from db.records import Outcome
from tests.crawler.served import Site, download, served

TEXT = "<title>岚水</title><p>岚水县人民政府门户网站</p>"


def visitor(site: Site, *others: Site, **budget: int) -> Visitor:
    hosts = frozenset((site.host, *(o.host for o in others)))
    return Visitor(
        "岚水县", site.url, download, Registered(hosts), Budget(**budget), "Mozilla/5.0 (compatible; wangkao)"
    )


def ask(v: Visitor, url: str, purpose: str = "page"):
    return asyncio.run(v.fetch(url, purpose))


def test_a_page_with_its_row_and_body():
    with served(Site({"/": TEXT})) as site:
        v = visitor(site)
        answer = ask(v, site.url, "home")
        assert answer.page.shape.title == "岚水"
        taken = v.take()
    assert answer.ok
    assert [f.purpose for f in taken.fetches] == ["robots", "home"]
    assert [hop.status for f in taken.fetches for hop in f.trail] == [404, 200]
    assert unpack(taken.bodies[answer.fetch.sha256]) == TEXT.encode()
    assert [(p.url, p.sha256) for p in taken.pages] == [(site.url, answer.fetch.sha256)]
    assert v.take() == Taken()


def test_redirects_are_followed_inside_and_recorded():
    pages = {"/": (302, {"Location": "/a/"}, ""), "/a/": (301, {"Location": "{url}/b/"}, ""), "/b/": TEXT}
    with served(Site(pages)) as site:
        answer = ask(visitor(site), site.url, "home")
        assert answer.fetch.final_url == f"{site.url}b/"
        assert answer.fetch.hops == (f"{site.url}a/", f"{site.url}b/")
    assert answer.ok


def test_a_loop_ends():
    with served(Site({"/": (302, {"Location": "/a"}, ""), "/a": (302, {"Location": "/"}, "")})) as site:
        answer = ask(visitor(site), site.url, "home")
    assert answer.fetch.outcome is Outcome.HTTP_ERROR
    assert answer.fetch.detail == "重定向成环"
    assert len(site.asked) < 12


def test_no_request_reaches_an_unregistered_private_host():
    canary = Site({"/": "hit", "/x": "hit"})
    with served(canary, "127.0.0.9"), served(Site({"/go": (302, {"Location": canary.url + "x"}, "")})) as site:
        for purpose in ("home", "page", "entry", "report", "feed", "link"):
            v = visitor(site)
            assert ask(v, f"{site.url}go", purpose).fetch.outcome is Outcome.REDIRECTED_AWAY
            assert ask(v, canary.url, purpose).fetch.outcome is Outcome.REDIRECTED_AWAY
    assert canary.asked == []


def test_a_registered_host_is_reached_for_a_report():
    with served(Site({"/r": TEXT}), "127.0.0.9") as other, served(Site({})) as site:
        assert ask(visitor(site, other), f"{other.url}r", "report").ok


def test_robots_in_words_is_obeyed_and_html_is_no_robots():
    rules = (200, {"Content-Type": "text/plain"}, "User-agent: *\nDisallow: /secret/\n")
    with served(Site({"/robots.txt": rules, "/secret/a": TEXT, "/b": TEXT})) as site:
        v = visitor(site)
        assert ask(v, f"{site.url}secret/a").fetch.outcome is Outcome.ROBOTS
        assert ask(v, f"{site.url}b").ok
        assert site.asked == ["/robots.txt", "/b"]
    with served(Site({"/robots.txt": "<html>User-agent: *\nDisallow: /</html>", "/b": TEXT})) as site:
        assert ask(visitor(site), f"{site.url}b").ok


def test_soft_404_is_learned_from_an_address_that_cannot_exist():
    odd = "<title>岚水</title>抱歉，您要找的东西走丢啦，请稍候"
    with served(Site({"/": TEXT, "/zn/": TEXT}, missing=(200, {}, odd))) as site:
        v = visitor(site)
        assert ask(v, f"{site.url}gone/").ok
        asyncio.run(v.learn_missing())
        assert ask(v, f"{site.url}gone/").fetch.outcome is Outcome.SOFT_404
        assert ask(v, f"{site.url}zn/").ok


def test_bad_addresses_sent_home_are_soft_404_but_the_front_door_is_not():
    pages = {"/": TEXT, "/index.html": (302, {"Location": "/"}, "")}
    with served(Site(pages, missing=(302, {"Location": "/"}, ""))) as site:
        v = visitor(site)
        asyncio.run(v.learn_missing())
        assert ask(v, f"{site.url}gone.html").fetch.outcome is Outcome.SOFT_404
        assert ask(v, f"{site.url}index.html").ok


def test_nobody_listens():
    with served(Site({})) as site:
        pass
    v = visitor(site)
    assert ask(v, site.url, "home").fetch.outcome is Outcome.REFUSED
    assert v.failures == 2
    assert v.spent() is None
    assert visitor(site, failures=0).spent() is not None


def test_a_column_may_go_on_to_a_registered_host_but_a_home_page_may_not():
    with (
        served(Site({"/zn/": TEXT}), "127.0.0.9") as board,
        served(Site({"/zn/": (302, {"Location": f"{board.url}zn/"}, "")})) as site,
    ):
        v = visitor(site, board)
        assert ask(v, f"{site.url}zn/", "page").ok
        assert ask(v, f"{site.url}zn/", "link").ok
        assert ask(v, f"{site.url}zn/", "home").fetch.outcome is Outcome.REDIRECTED_AWAY
