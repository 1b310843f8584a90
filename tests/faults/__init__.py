"""A city in which each site has one fault of the real web (cms.md 16), and the verdicts that it must get."""
