"""Readers: bytes of a page in, records out. No Scrapy, no database, no clock."""
