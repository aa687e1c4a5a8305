"""What datasketch and rensa take for near texts; run by ``benchmarks/provenance.py`` with a Python that has them.

    python benchmarks/provenance_yardsticks.py datasketch|rensa|rensa-sketch FILE

Same documents, shingles of three words, bands and orders, and the same decision by the true Jaccard similarity. Their
documents need no folding of case and accents, and get none. Nothing of proofbox is imported.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def shingled(text: str) -> list[str]:
    words = text.split()
    return [f"{words[at]} {words[at + 1]} {words[at + 2]}" for at in range(len(words) - 2)]


def decided(ours: list[list[str]], theirs: list[list[str]], candidates: list[list[int]], least: float) -> list[int]:
    found = []
    for place, others in enumerate(candidates):
        mine = set(ours[place])
        for other in others:
            its = set(theirs[other])
            if len(mine & its) >= least * len(mine | its):
                found.append(place)
                break
    return found


def with_datasketch(given: dict) -> list[int]:
    from datasketch import MinHash, MinHashLSH

    orders = given["bands"] * given["orders"]
    index = MinHashLSH(num_perm=orders, params=(given["bands"], given["orders"]))
    sides = [[shingled(text) for text in given[side]] for side in ("evaluation", "training")]
    sketches = []
    for side in sides:
        made = []
        for one in side:
            sketch = MinHash(num_perm=orders)
            sketch.update_batch([shingle.encode() for shingle in one])
            made.append(sketch)
        sketches.append(made)
    for place, sketch in enumerate(sketches[1]):
        index.insert(place, sketch)
    return decided(*sides, [index.query(sketch) for sketch in sketches[0]], given["similarity"])


def with_rensa(given: dict) -> list[int]:
    from rensa import RMinHash, RMinHashLSH

    orders = given["bands"] * given["orders"]
    index = RMinHashLSH(given["similarity"], orders, given["bands"])
    sides = [[shingled(text) for text in given[side]] for side in ("evaluation", "training")]
    ours, theirs = (RMinHash.from_token_sets(side, orders, 42) for side in sides)
    index.insert_many(theirs)
    return decided(*sides, index.query_all(ours), given["similarity"])


def rensas_sketch(given: dict) -> None:
    """Its sketch from shingles that are hashed already."""
    from rensa import RMinHash

    made = given["shingles"]
    RMinHash.digest_matrix_from_flat_token_hashes(made["hashes"], made["starts"], given["bands"] * given["orders"], 42)


WAYS = {
    "datasketch": ("datasketch, end to end", with_datasketch),
    "rensa": ("rensa, end to end", with_rensa),
    "rensa-sketch": ("rensa's sketch alone (half of the documents)", rensas_sketch),
}


def main() -> None:
    name, way = WAYS[sys.argv[1]]
    given = json.loads(Path(sys.argv[2]).read_text())
    cpu, wall = time.process_time(), time.perf_counter()
    found = way(given)
    figures = {"processor": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    print(json.dumps({"name": name, "found": found, **figures}))


if __name__ == "__main__":
    main()
