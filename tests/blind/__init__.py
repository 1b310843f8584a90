"""Cities that were written from the contract alone, without reading readers, rules or the other cities.

What the product said on first contact, before anything was mended by them (2026-11-25): `blind`, 60 units and 45 accounts, 2037
verdicts: macro F1 0.949, 6 false fails, 1 missed. `suburb`, 53 units, 1696 verdicts, after the first had been mended: macro F1
0.914, 4 false fails, 1 missed, which a fairer page took back. 65 clean sites of random make: 16 false fails, all of one rule. 30
clean sites whose columns bear rare names: at least 8 false fails. Clean cities of other seeds, drawn after the mending: no false fail in
125 sites.
"""
