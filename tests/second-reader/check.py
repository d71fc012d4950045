#!/usr/bin/env python3
"""Walks tests/vectors with the second implementation, or writes vectors of its own for the first to open.

    check.py VECTORS          every case must end as its header says
    check.py --write DIR [N]  writes N cases (default 40) of every kind that must succeed
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
    recipient = case.hex("head")[63]
    key = pf.public(patient if recipient else secrets[entry.section, entry.epoch])
    random_bytes = case.hex("record-key"), case.hex("ephemeral-secret")
    head, body = pf.write_record(entry, recipient, key, metadata, payload, *random_bytes)
    equal(body, case.blob)
    equal(head == case.hex("head"), not case.all("lenient"))
    equal(metadata, pf.known(pf.parse_object(case.get("metadata").encode()), *metadata))
    equal(len(payload), int(case.get("payload-length")))
    equal(blake3(payload).hexdigest(), case.get("payload-blake3"))


def text(case, parse):
    plaintext = pf.open_message(case.context(), case.hex("recipient-secret"), case.blob)
    value = parse(plaintext)
    yield
    # Whether the case's JSON is the writer's, up to escapes and white space, its header says.
    equal(pf.encode_text(value) == plaintext, not case.all("lenient"))
    equal(plaintext.decode(), case.get("plaintext"))
    for ephemeral in case.all("ephemeral-secret"):
        key = pf.public(case.hex("recipient-secret"))
        equal(pf.seal_message(case.context(), key, plaintext, bytes.fromhex(ephemeral)), case.blob)


def secrets(case):
    found = pf.open_secrets(case.context(), case.hex("recipient-secret"), case.blob)
    yield
    equal(found, read_entries(case))
    for ephemeral in case.all("ephemeral-secret"):
        key = pf.public(case.hex("recipient-secret"))
        equal(pf.seal_secrets(case.context(), key, found, bytes.fromhex(ephemeral)), case.blob)


def record_keys(case):
    records = [int(it) for it in case.get("records").split()]
    found = pf.open_record_keys(case.context(), case.hex("recipient-secret"), records, case.blob)
    yield
    equal([key.hex() for key in found], case.all("key"))
    key = pf.public(case.hex("recipient-secret"))
    equal(pf.seal_record_keys(case.context(), key, records, found, case.hex("ephemeral-secret")), case.blob)


def read_entries(case):
    entries = [entry.split(" ", 3) for entry in case.all("entry")]
    return [(int(it[0]), int(it[1]), bytes.fromhex(it[2]), it[3] if len(it) > 3 else "") for it in entries]


def package(case):
    place = pf.PackagePlace(int(case.get("chain-id")), case.hex("port"), case.hex("sender"), case.hex("responder"))
    secret = case.hex("responder-secret")
    message = pf.open_package(place, case.hex("commitment"), case.hex("custodian"), case.hex("custodian-secret"), case.blob)
    found = pf.open_secrets(place.secrets(), secret, message)
    yield
    equal(found, read_entries(case))
    custodians = dict(map(bytes.fromhex, it.split()) for it in case.all("custodian-key"))
    ephemerals = [bytes.fromhex(it) for it in case.all("ephemeral-secret")]
    equal(pf.write_package(place, pf.public(secret), custodians, found, ephemerals), case.blob)


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
    "denial": lambda case: text(case, pf.parse_words),
    "emergency-reason": lambda case: text(case, pf.parse_words),
    "secrets": secrets,
    "record-keys": record_keys,
    "emergency-package": package,
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


def words(dice) -> str:
    return dice.choice(["", "Laborbericht – Blutbild", "検査報告 😀", 'a "quoted" \\ word', "\u202e and \u00ad", "x" * 200])


def make_record(dice, index):
    lengths = [0, 1, 7, 8, 65_527, 65_528, 65_529, 131_064, 300_000]
    length = lengths[index] if index < len(lengths) else dice.randrange(200_000)
    place = pf.Place(dice.randrange(1 << 64), dice.randbytes(20), dice.randbytes(20), dice.randrange(64), dice.randrange(1, 1 << 24))
    secret = pf.derive_key(dice.randbytes(32))
    recipient = dice.randrange(2)
    payload = dice.randbytes(length)
    metadata = {
        "title": words(dice),
        "media_type": "application/fhir+json",
        "content_time": dice.choice([None, "2026-02-28", "2026-02-28T12:30:00Z", "2024-02-29t00:00:60.123-12:00"]),
        "note": "two\nlines",
        "length": dice.choice([None, length]),
    }
    record_key, ephemeral = dice.randbytes(32), pf.derive_key(dice.randbytes(32))
    head, body = pf.write_record(place, recipient, pf.public(secret), metadata, payload, record_key, ephemeral)
    return {
        "kind": "record",
        "chain-id": place.chain_id, "port": place.port.hex(), "author": place.author.hex(),
        "section": place.section, "epoch": place.epoch, "commitment": blake3(head).hexdigest(),
        ("patient-secret" if recipient else "section-secret"): secret.hex(), "head": head.hex(),
        "record-key": record_key.hex(), "ephemeral-secret": ephemeral.hex(),
        "metadata": pf.encode_metadata(metadata).decode(),
        "payload-length": length, "payload-blake3": blake3(payload).hexdigest(),
    }, body


def make_message(dice, kind, purpose, seal, fields, request_id=0):
    """A case of a sealed message; `seal` takes context, recipient key and ephemeral secret."""
    secret, ephemeral = pf.derive_key(dice.randbytes(32)), pf.derive_key(dice.randbytes(32))
    context = pf.Context(purpose, dice.randrange(1 << 64), dice.randbytes(20), dice.randbytes(20), dice.randbytes(20), request_id)
    blob = seal(context, pf.public(secret), ephemeral)
    return {
        "kind": kind, "purpose": purpose, "chain-id": context.chain_id, "port": context.port.hex(),
        "sender": context.sender.hex(), "recipient": context.recipient.hex(), "request-id": context.request_id,
        "recipient-secret": secret.hex(), "ephemeral-secret": ephemeral.hex(), **fields,
    }, blob


def make_text(dice, kind, purpose, value, request_id=0):
    plaintext = pf.encode_text(value)
    return make_message(
        dice, kind, purpose, lambda context, key, ephemeral: pf.seal_message(context, key, plaintext, ephemeral),
        {"plaintext": plaintext.decode()}, request_id,
    )


def make_request(dice, _):
    return make_text(dice, "request", 1, {
        "purpose": dice.choice(["TREAT", "ETREAT", "A-Z_0-9"]),
        "sections": sorted(dice.sample(range(64), dice.randrange(65))),
        "until": dice.choice([None, 0, dice.randrange(1 << 64)]),
        "rights": dice.choice(["read", "write", "read-write"]),
        "text": words(dice),
    })


def make_denial(dice, _):
    return make_text(dice, "denial", 2, {"text": words(dice)}, dice.randrange(1, 1 << 32))


def make_reason(dice, _):
    return make_text(dice, "emergency-reason", 8, {"text": words(dice)})


def make_entries(dice):
    named = dice.random() < 0.7
    # A name has at most 64 bytes.
    name = lambda: dice.choice(["", "Labs", "Kinderärztin", "検査" * 10, "n" * 64]) if named else ""
    sections = sorted(dice.sample(range(64), dice.randrange(1, 65)))
    return [(it, dice.randrange(1, 1 << 32), pf.derive_key(dice.randbytes(32)), name()) for it in sections]


def entry_lines(entries):
    return [f"{section} {epoch} {secret.hex()} {name}".rstrip() for section, epoch, secret, name in entries]


def make_secrets(dice, _):
    entries = make_entries(dice)
    return make_message(
        dice, "secrets", 3, lambda context, key, ephemeral: pf.seal_secrets(context, key, entries, ephemeral),
        {"entry": entry_lines(entries)}, dice.randrange(1 << 32),
    )


def make_record_keys(dice, _):
    records = [dice.randrange(1 << 32) for _ in range(dice.randrange(1, 17))]
    keys = [dice.randbytes(32) for _ in records]
    return make_message(
        dice, "record-keys", 5,
        lambda context, key, ephemeral: pf.seal_record_keys(context, key, records, keys, ephemeral),
        {"records": " ".join(map(str, records)), "key": [it.hex() for it in keys]},
    )


def make_links(dice, _):
    chain_id, port = dice.randrange(1 << 64), dice.randbytes(20)
    new_secret, previous = pf.derive_key(dice.randbytes(32)), pf.derive_key(dice.randbytes(32))
    blob = b""
    for section in sorted(dice.sample(range(64), dice.randrange(1, 65))):
        opened = dice.randrange(1, (1 << 32) - 1)
        blob += pf.make_link(chain_id, port, section, dice.randrange(opened + 1, 1 << 32), opened, new_secret, previous)
    return {
        "kind": "links", "chain-id": chain_id, "port": port.hex(),
        "new-secret": new_secret.hex(), "previous-secret": previous.hex(),
    }, blob


def make_package(dice, _):
    place = pf.PackagePlace(dice.randrange(1 << 64), dice.randbytes(20), dice.randbytes(20), dice.randbytes(20))
    responder = pf.derive_key(dice.randbytes(32))
    secrets = {dice.randbytes(20): pf.derive_key(dice.randbytes(32)) for _ in range(dice.randrange(1, 4))}
    custodians = {account: pf.public(secrets[account]) for account in sorted(secrets)}
    ephemerals = [pf.derive_key(dice.randbytes(32)) for _ in range(1 + len(custodians))]
    entries = make_entries(dice)
    blob = pf.write_package(place, pf.public(responder), custodians, entries, ephemerals)
    custodian = dice.choice(sorted(secrets))
    return {
        "kind": "emergency-package", "chain-id": place.chain_id, "port": place.port.hex(),
        "sender": place.sender.hex(), "responder": place.responder.hex(), "commitment": blake3(blob).hexdigest(),
        "custodian": custodian.hex(), "custodian-secret": secrets[custodian].hex(), "responder-secret": responder.hex(),
        "entry": entry_lines(entries), "ephemeral-secret": [it.hex() for it in ephemerals],
        "custodian-key": [f"{account.hex()} {key.hex()}" for account, key in custodians.items()],
    }, blob


def make_identity(dice, _):
    seed = dice.randbytes(32)
    return {
        "kind": "identity", "seed": seed.hex(),
        "provider-fingerprint": pf.fingerprint(pf.public(pf.provider_key(seed, 0))),
        **{f"provider-{index}": pf.provider_key(seed, index).hex() for index in (0, 1)},
        **{f"patient-{index}": pf.patient_key(seed, index).hex() for index in (0, 1)},
    }, b""


MAKERS = [
    make_record, make_request, make_denial, make_reason, make_secrets, make_record_keys, make_links, make_package,
    make_identity,
]


def write(folder: Path, count: int) -> int:
    """Cases of every kind; the seed is shown so that a run can be repeated."""
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    print(f"SEED={seed}", file=sys.stderr)
    dice = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for make in MAKERS:
        for index in range(count):
            fields, blob = make(dice, index)
            fields = {"kind": None, "expect": "success", "about": "written by the second implementation", **fields}
            values = [(name, it) for name, value in fields.items() for it in (value if isinstance(value, list) else [value])]
            lines = "".join(f"{name}: {value}\n" for name, value in values)
            (folder / f"python-{fields['kind']}-{index:03}").write_bytes(lines.encode() + b"\n" + blob)
    return 0


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[:1] == ["--write"] and len(arguments) in (2, 3):
        sys.exit(write(Path(arguments[1]), int(arguments[2]) if len(arguments) == 3 else 40))
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(check(Path(arguments[0])))
