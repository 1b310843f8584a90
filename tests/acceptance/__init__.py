"""A city the product has never seen: sites, accounts and their truth, written only from the outside contract."""
