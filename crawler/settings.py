"""How does Scrapy behave for us, and how much may one site cost?

The reasons behind each value are measured ones: see docs/decisions.md, "Scrapy settings".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DISK_FULL = 4  # exit status of a crawl process that could not write what it saw
USER_AGENT = "Mozilla/5.0 (compatible; wangkao/0.1; government site monitor; +{contact})"


@dataclass(frozen=True, slots=True)
class Budget:
    """What one site may cost in one night."""

    pages: int = 120  # requests besides link checks
    links: int = 100  # addresses of the dead-link check
    requests: int = 400  # of any kind, after which no more links are checked
    seconds: float = 1200.0  # of walking; what was not reached by then is left out and said
    failures: int = 6  # network failures in a row after which the site is left alone
    renders: int = 20  # pages shown by the browser
    hops: int = 3  # doors (meta refresh, script) and
    redirects: int = 6  # HTTP redirects followed for one page
    bytes: int = 5_000_000  # of one answer, unpacked
    site_bytes: int = 100_000_000  # of all answers of one site
    timeout: float = 15.0  # seconds for one answer (19号-1-2)


def scrapy_settings(*, delay: float, sites_at_once: int, contact: str, budget: Budget) -> dict[str, Any]:
    """Settings for one crawl process. `delay` in seconds between two requests to one host; 0 only on loopback."""
    return {
        "BOT_NAME": "wangkao",
        "USER_AGENT": USER_AGENT.format(contact=contact),
        "CONCURRENT_ITEMS": 8,
        "CONCURRENT_REQUESTS": max(sites_at_once, 16),
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        # With a delay of exactly 0 the asyncio downloader does not keep the cap per host.
        "DOWNLOAD_DELAY": max(delay, 0.001),
        "DOWNLOAD_DELAY_JITTER": 0.05 if delay > 0 else 0,  # a host that is promised an interval gets it
        "DOWNLOAD_TIMEOUT": budget.timeout,
        "DOWNLOAD_MAXSIZE": budget.bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_FAIL_ON_DATALOSS": False,
        "DOWNLOAD_VERIFY_CERTIFICATES": False,
        "TWISTED_DNS_RESOLVER": "crawler.resolving.GuardingResolver",
        "DNS_TIMEOUT": 10,
        "DOWNLOADER_MIDDLEWARES": {"crawler.middlewares.PlainResponses": 595},
        "AUTOTHROTTLE_ENABLED": delay > 0,  # a slow server is asked less often
        "AUTOTHROTTLE_START_DELAY": delay,
        "AUTOTHROTTLE_MAX_DELAY": max(10.0, delay),
        "COOKIES_ENABLED": False,
        "REDIRECT_ENABLED": False,  # hops are followed by the visitor, each one checked
        "RETRY_ENABLED": False,  # what failed is asked again at the end of the run
        "METAREFRESH_ENABLED": False,
        "HTTPERROR_ALLOW_ALL": True,
        "HTTPPROXY_ENABLED": False,
        "REFERER_ENABLED": False,
        "ROBOTSTXT_OBEY": False,  # the visitor asks robots.txt itself: HTML answers mean no rules
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "LOGSTATS_INTERVAL": 0,
        "LOG_LEVEL": "WARNING",
        "SCRAPER_SLOT_MAX_ACTIVE_SIZE": 200_000_000,
        "WARN_ON_GENERATOR_RETURN_VALUE": False,
    }
