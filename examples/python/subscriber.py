"""A subscriber of the topic enriched-records. README.md says how to run it.

  earliest  prints every change that the topic retains, one JSON object per line
  history   keeps the newest version of each record in a local store: first from ClickHouse, then from the topic
  state     prints that store, one JSON object per line

With --once, earliest and history end when they have read all that was on the topic when they started to read it.
"""

import functools
import io
import json
import os
import sqlite3
import struct
import sys
import urllib.error
import urllib.request

import fastavro
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from versions import is_newer

# The defaults are the addresses of `npm start`.
KAFKA_BROKERS = os.environ.get("KAFKA_BROKERS", "127.0.0.1:9092")
SCHEMA_REGISTRY_URL = os.environ.get("SCHEMA_REGISTRY_URL", "http://127.0.0.1:8081/apis/ccompat/v7")
CLICKHOUSE_URL = os.environ.get("CLICKHOUSE_URL", "http://127.0.0.1:8123")
CLICKHOUSE_USER = os.environ.get("CLICKHOUSE_USER", "default")
CLICKHOUSE_PASSWORD = os.environ.get("CLICKHOUSE_PASSWORD", "")
CLICKHOUSE_DATABASE = os.environ.get("CLICKHOUSE_DATABASE", "qcc")
TOPIC_PREFIX = os.environ.get("TOPIC_PREFIX", "")
STORE = os.environ.get("STORE", "python-store.db")

TOPIC = f"{TOPIC_PREFIX}enriched-records"
SINK_GROUP = f"{TOPIC_PREFIX}qcc.sink"
# TLS and login go here too: security.protocol, ssl.ca.location, sasl.mechanism, sasl.username, sasl.password.
KAFKA = {"bootstrap.servers": KAFKA_BROKERS}


def earliest(once):
    consumer = open_consumer("python-earliest")
    # No offset is committed at the first start, or if the group was away for longer than the broker keeps offsets.
    positions = positions_of(consumer, consumer.committed(partitions_of(consumer)))

    def print_changes(changes, _):
        for change in changes:
            print(json.dumps(change, ensure_ascii=False))
        sys.stdout.flush()

    read_topic(consumer, positions, print_changes, once)


def history(once):
    consumer = open_consumer("python-history")
    store = open_store()
    positions = dict(store.execute("SELECT partition, next_offset FROM positions"))
    if not positions:
        # The sink commits an offset after the rows before it are in ClickHouse. So rows that are missing in the answer
        # come after the offsets that were committed before the question.
        positions = sink_positions(consumer)
        say("captured the sink's offsets")
        with store:  # One transaction: a start that is interrupted leaves an empty store.
            loaded = sum(keep_newest(store, record) for record in current_records())
            keep_positions(store, positions)
        say(f"loaded {loaded} records from ClickHouse")
    stored = 0

    def store_changes(changes, positions):
        nonlocal stored
        with store:  # Records and positions change together, so a crash can neither skip nor repeat a message.
            for change in changes:
                keep_newest(store, change)
            keep_positions(store, positions)
        stored += len(changes)
        say(f"stored {stored} messages")

    read_topic(consumer, positions, store_changes, once)


def state():
    for (change,) in open_store().execute("SELECT change FROM records"):
        print(change)


# ---- Kafka


def open_consumer(group):
    return Consumer(
        {
            **KAFKA,
            "group.id": group,
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            # A position that the topic no longer has is an error. Going on elsewhere would skip changes silently.
            "auto.offset.reset": "error",
        }
    )


def partitions_of(consumer):
    return [TopicPartition(TOPIC, partition) for partition in consumer.list_topics(TOPIC).topics[TOPIC].partitions]


def sink_positions(consumer):
    request = ConsumerGroupTopicPartitions(SINK_GROUP, partitions_of(consumer))
    admin = AdminClient(KAFKA)  # Without this reference it would end before it has the answer.
    answer = admin.list_consumer_group_offsets([request])[SINK_GROUP].result()
    return positions_of(consumer, answer.topic_partitions)


def positions_of(consumer, committed):
    """Partition to committed offset; the start of the partition if there is none (a negative number) or it is older."""
    return {each.partition: max(each.offset, consumer.get_watermark_offsets(each)[0]) for each in committed}


def read_topic(consumer, positions, handle, once):
    """Passes changes on in batches. Commits the positions after `handle` has returned.

    It assigns itself all partitions, because the store belongs to this process alone. So a restart goes on at once,
    without waiting until the group has noticed the end of the process before it.
    """
    starts = [TopicPartition(TOPIC, partition, offset) for partition, offset in positions.items()]
    ends = {each.partition: consumer.get_watermark_offsets(each)[1] for each in starts}
    consumer.assign(starts)
    caught_up = False
    while True:
        if not caught_up and all(positions[partition] >= end for partition, end in ends.items()):
            caught_up = True
            say("caught up")
            if once:
                consumer.close()
                return
        changes, before = [], dict(positions)
        for message in consumer.consume(num_messages=500, timeout=1):
            error = message.error()
            if error is None:
                changes.append(change_of(message))
                positions[message.partition()] = message.offset() + 1
            elif error.code() == KafkaError._PARTITION_EOF:
                # The end is after the marker of the last transaction, which takes an offset too.
                positions[message.partition()] = message.offset()
            else:
                raise KafkaException(error)
        if positions != before:
            handle(changes, positions)
            offsets = [TopicPartition(TOPIC, partition, offset) for partition, offset in positions.items()]
            consumer.commit(offsets=offsets, asynchronous=False)


def change_of(message):
    """A few fields of the message; schemas/enriched-records.avsc has all of them."""
    value = message.value()
    magic, schema_id = struct.unpack(">bI", value[:5])  # Confluent's wire format.
    if magic != 0:
        raise ValueError(f"the message at offset {message.offset()} does not begin with the byte 0")
    # Decoding with the schema of the writer yields fields that are newer than this program; it ignores them.
    enriched = fastavro.schemaless_reader(io.BytesIO(value[5:]), schema_of(schema_id), None)
    record = enriched["record"]
    return {
        **{name: record[name] for name in ("account", "orderNo", "revision", "position", "id", "corpKeyNo", "type")},
        "detailStatus": enriched["detailStatus"],
        "version": enriched["version"].hex(),
    }


@functools.cache
def schema_of(schema_id):
    with urllib.request.urlopen(f"{SCHEMA_REGISTRY_URL}/schemas/ids/{schema_id}") as response:
        return fastavro.parse_schema(json.loads(json.load(response)["schema"]))


# ---- ClickHouse


def current_records():
    """The current state, row by row."""
    query = f"""
        SELECT account, order_no AS orderNo, revision, position, id, corp_key_no AS corpKeyNo, type,
               detail_status AS detailStatus, leftPad(lower(hex(version)), 64, '0') AS version
        FROM {CLICKHOUSE_DATABASE}.records FORMAT JSONEachRow"""
    login = {"X-ClickHouse-User": CLICKHOUSE_USER, "X-ClickHouse-Key": CLICKHOUSE_PASSWORD}
    try:
        response = urllib.request.urlopen(urllib.request.Request(CLICKHOUSE_URL, query.encode(), login))
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"ClickHouse refused the query: {error.read().decode()}") from error
    with response:
        for line in response:
            yield json.loads(line)


# ---- The local store


def open_store():
    store = sqlite3.connect(STORE)
    store.execute(
        """CREATE TABLE IF NOT EXISTS records (
          account TEXT, id TEXT, version BLOB, change TEXT, PRIMARY KEY (account, id))"""
    )
    store.execute("CREATE TABLE IF NOT EXISTS positions (partition INTEGER PRIMARY KEY, next_offset INTEGER)")
    return store


def keep_newest(store, change):
    """Stores the change unless the store has its version or a newer one. Returns whether it did."""
    version = bytes.fromhex(change["version"])
    key = (change["account"], change["id"])
    stored = store.execute("SELECT version FROM records WHERE account = ? AND id = ?", key).fetchone()
    if stored is not None and not is_newer(version, stored[0]):
        return False
    row = (*key, version, json.dumps(change, ensure_ascii=False))
    store.execute("REPLACE INTO records VALUES (?, ?, ?, ?)", row)
    return True


def keep_positions(store, positions):
    store.executemany("REPLACE INTO positions VALUES (?, ?)", positions.items())


def say(line):
    print(line, file=sys.stderr, flush=True)


def main():
    match sys.argv[1:]:
        case ["earliest" | "history" as mode, *options] if options in ([], ["--once"]):
            {"earliest": earliest, "history": history}[mode](once=bool(options))
        case ["state"]:
            state()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
