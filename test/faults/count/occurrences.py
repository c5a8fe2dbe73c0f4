"""Reads `records` and `enriched-records` as a subscriber does that shares no code with the pipeline: librdkafka and fastavro.

Prints a line of JSON for each message, [topic, account, orderNo, revision, position, detailStatus]. The messages of a
partition are in their order. It reads each partition up to the end that its log had at the start, open transactions
included. It fails if that takes longer than 240 s, for example because a transaction stays open.
"""

import io
import json
import struct
import sys
import time
import urllib.request

import fastavro
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

brokers, registry, prefix = sys.argv[1:]
LIMIT_S = 240
schemas = {}


def decode(value):
    magic, schema_id = struct.unpack(">bI", value[:5])
    if magic != 0:
        raise ValueError("not in Confluent's wire format")
    if schema_id not in schemas:
        with urllib.request.urlopen(f"{registry}/schemas/ids/{schema_id}") as response:
            schemas[schema_id] = fastavro.parse_schema(json.loads(json.load(response)["schema"]))
    return fastavro.schemaless_reader(io.BytesIO(value[5:]), schemas[schema_id])


def row(topic, value):
    message = decode(value)
    record = message["record"] if topic == "enriched-records" else message
    status = message["detailStatus"] if topic == "enriched-records" else None
    return [topic, record["account"], record["orderNo"], record["revision"], record["position"], status]


def open_consumer(isolation):
    return Consumer(
        {
            "bootstrap.servers": brokers,
            # Nothing is committed, but librdkafka requires a group.
            "group.id": "occurrences",
            "enable.auto.commit": False,
            "isolation.level": isolation,
            "check.crcs": True,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "fetch.message.max.bytes": 10_000_000,
        }
    )


consumer = open_consumer("read_committed")
# Its ends include open transactions: every message up to there must become readable.
ends = open_consumer("read_uncommitted")
deadline = time.monotonic() + LIMIT_S
wanted = {}
for topic in ("records", "enriched-records"):
    partitions = ends.list_topics(prefix + topic, timeout=60).topics[prefix + topic].partitions
    for partition in partitions:
        where = TopicPartition(prefix + topic, partition, OFFSET_BEGINNING)
        wanted[(prefix + topic, partition)] = ends.get_watermark_offsets(where, timeout=60)[1]
ends.close()
consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for topic, partition in wanted])
rows = []
while wanted:
    if time.monotonic() > deadline:
        raise SystemExit(f"not read to their end, as after a transaction that stays open: {sorted(wanted)}")
    for message in consumer.consume(10_000, timeout=0.5):
        error = message.error()
        if error is None:
            if message.value() is not None:
                rows.append(row(message.topic()[len(prefix) :], message.value()))
        elif error.code() == KafkaError._PARTITION_EOF:
            end = wanted.get((message.topic(), message.partition()))
            if end is not None and message.offset() >= end:
                del wanted[(message.topic(), message.partition())]
        elif not error.retriable():
            raise SystemExit(str(error))
consumer.close()
print("\n".join(json.dumps(each, ensure_ascii=False) for each in rows))
