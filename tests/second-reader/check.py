#!/usr/bin/env python3
"""Walks tests/vectors with the second implementation, or writes vectors of its own for the first to open.

    check.py VECTORS          every case must end as its header says
    check.py --write DIR [N]  writes N cases (default 40) that must succeed
"""

import os
import random
import sys
from pathlib import Path

import patientport_format as pf
from blake3 import blake3


class Case:
    """One file: header lines, an empty line, a blob (docs/record-format.md §8)."""

    def __init__(self, path: Path):
        head, self.blob = path.read_bytes().split(b"\n\n", 1)
        self.fields = [line.split(": ", 1) for line in head.decode().split("\n")]

    def all(self, name):
        return [value for field, value in self.fields if field == name]

    def get(self, name):
        return self.all(name)[0]

    def hex(self, name):
        return bytes.fromhex(self.get(name))

    def context(self):
        return pf.Context(
            int(self.get("purpose")), int(self.get("chain-id")), self.hex("port"),
            self.hex("sender"), self.hex("recipient"), int(self.get("request-id")),
        )


def equal(found, expected):
    assert found == expected, f"{found!r} is not {expected!r}"


def record(case):
    entry = pf.Place(
        int(case.get("chain-id")), case.hex("port"), case.hex("author"),
        int(case.get("section")), int(case.get("epoch")),
    )
    secrets = {(entry.section, entry.epoch): bytes.fromhex(one) for one in case.all("section-secret")}
    patient = next((bytes.fromhex(one) for one in case.all("patient-secret")), None)
    metadata, payload = pf.open_record(entry, case.hex("commitment"), secrets, patient, case.hex("head"), case.blob)
    yield
    equal(metadata, pf.parse_object(case.get("metadata").encode()))
    equal(len(payload), int(case.get("payload-length")))
    equal(blake3(payload).hexdigest(), case.get("payload-blake3"))


def text(case, parse):
    plaintext = pf.open_message(case.context(), case.hex("recipient-secret"), case.blob)
    parse(plaintext)
    yield
    equal(plaintext.decode(), case.get("plaintext"))
    for ephemeral in case.all("ephemeral-secret"):
        key = pf.public(case.hex("recipient-secret"))
        equal(pf.seal_message(case.context(), key, plaintext, bytes.fromhex(ephemeral)), case.blob)


def secrets(case):
    found = pf.open_secrets(case.context(), case.hex("recipient-secret"), case.blob)
    yield
    entries = [entry.split(" ", 3) for entry in case.all("entry")]
    expected = [(int(it[0]), int(it[1]), bytes.fromhex(it[2]), it[3] if len(it) > 3 else "") for it in entries]
    equal(found, expected)
    for ephemeral in case.all("ephemeral-secret"):
        key = pf.public(case.hex("recipient-secret"))
        equal(pf.seal_secrets(case.context(), key, found, bytes.fromhex(ephemeral)), case.blob)


def links(case):
    found = pf.open_links(int(case.get("chain-id")), case.hex("port"), case.hex("new-secret"), case.blob)
    yield
    # One secret, which every link of the case opens.
    equal({it.hex() for it in found}, set(case.all("previous-secret")))


def identity(case):
    yield
    seed = case.hex("seed")
    equal(pf.fingerprint(pf.public(pf.provider_key(seed, 0))), case.get("provider-fingerprint"))
    for index in (0, 1):
        equal(pf.provider_key(seed, index).hex(), case.get(f"provider-{index}"))
        equal(pf.patient_key(seed, index).hex(), case.get(f"patient-{index}"))


KINDS = {
    "record": record,
    "request": lambda case: text(case, pf.parse_request),
    "denial": lambda case: text(case, pf.parse_denial),
    "secrets": secrets,
    "links": links,
    "identity": identity,
}


def check(folder: Path) -> int:
    passed, failed = 0, 0
    for path in sorted(folder.iterdir()):
        case = Case(path)
        steps, found = KINDS[case.get("kind")](case), "success"
        try:
            next(steps)
        except pf.Failure as failure:
            found = str(failure)
        try:
            equal(found, case.get("expect"))
            if found == "success":
                list(steps)
            passed += 1
        except AssertionError as error:
            failed += 1
            print(f"{path.name}: {error}", file=sys.stderr)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def write(folder: Path, count: int) -> int:
    """Records of many lengths and some messages; the seed is shown so that a run can be repeated."""
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    print(f"SEED={seed}", file=sys.stderr)
    dice = random.Random(seed)
    lengths = [0, 1, 7, 8, 65_527, 65_528, 65_529, 131_064, 300_000]
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        length = lengths[index] if index < len(lengths) else dice.randrange(200_000)
        place = pf.Place(dice.randrange(1 << 64), dice.randbytes(20), dice.randbytes(20), dice.randrange(64), dice.randrange(1, 1 << 24))
        secret = pf.derive_key(dice.randbytes(32))
        recipient = dice.randrange(2)
        payload = dice.randbytes(length)
        metadata = {
            "title": dice.choice(["", "Laborbericht – Blutbild", "検査報告", 'a "quoted" title']),
            "media_type": "application/fhir+json",
            "content_time": dice.choice([None, "2026-02-28", "2026-02-28T12:30:00Z"]),
            "note": "two\nlines",
            "length": dice.choice([None, length]),
        }
        record_key, ephemeral = dice.randbytes(32), pf.derive_key(dice.randbytes(32))
        head, body = pf.write_record(place, recipient, pf.public(secret), metadata, payload, record_key, ephemeral)
        fields = {
            "kind": "record", "expect": "success", "about": "written by the second implementation",
            "chain-id": place.chain_id, "port": place.port.hex(), "author": place.author.hex(),
            "section": place.section, "epoch": place.epoch, "commitment": blake3(head).hexdigest(),
            ("patient-secret" if recipient else "section-secret"): secret.hex(), "head": head.hex(),
            "record-key": record_key.hex(), "ephemeral-secret": ephemeral.hex(),
            "metadata": pf.encode_metadata(metadata).decode(),
            "payload-length": length, "payload-blake3": blake3(payload).hexdigest(),
        }
        lines = "".join(f"{name}: {value}\n" for name, value in fields.items())
        (folder / f"python-{index:03}").write_bytes(lines.encode() + b"\n" + body)
    return 0


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[:1] == ["--write"] and len(arguments) in (2, 3):
        sys.exit(write(Path(arguments[1]), int(arguments[2]) if len(arguments) == 3 else 40))
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(check(Path(arguments[0])))
