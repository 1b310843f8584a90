"""All rules, one file a theme; importing the package registers them."""

from monitors.rules import board, elder, media, platform, report, site

__all__ = ["board", "elder", "media", "platform", "report", "site"]
