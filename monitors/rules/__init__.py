"""All rules, one file a theme; importing the package registers them."""

from monitors.rules import board, document, elder, gazette, interpretation, media, platform, report, site, topics

__all__ = ["board", "document", "elder", "gazette", "interpretation", "media", "platform", "report", "site", "topics"]
