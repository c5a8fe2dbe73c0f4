"""Archive to topic, as a good user would write it: nothing is authenticated first, validated or transactional.

Prints the seconds from opening the archive until the broker has acknowledged everything.
"""

import io
import json
import struct
import sys
import time
from datetime import date

import fastavro
import ijson.backends.yajl2_c as ijson
import pyzipper
from confluent_kafka import Producer

archive, password, brokers, topic, schema_id, schema_file = sys.argv[1:]
with open(schema_file, encoding="utf-8") as file:
    schema = fastavro.parse_schema(json.load(file))
header = struct.pack(">bI", 0, int(schema_id))
texts = (
    "id", "corpKeyNo", "corpName", "type", "typeName", "category", "categoryName",
    "changeContent", "changeExtend", "checkId", "creditCode", "regNo",
)  # fmt: skip

began = time.perf_counter()
producer = Producer(
    {
        "bootstrap.servers": brokers,
        "acks": "all",
        "linger.ms": 20,
        "batch.size": 1_000_000,
        "queue.buffering.max.messages": 1_000_000,
        "queue.buffering.max.kbytes": 1_000_000,
        "partitioner": "murmur2_random",
    }
)
lineage = {
    "account": "bench", "orderNo": "bench", "revision": 0, "source": "callback", "archiveSha256": "",
    "pushDate": 0, "parserVersion": 1, "extra": {}, "eventDate": None,
}  # fmt: skip
with pyzipper.AESZipFile(archive) as zipped:
    zipped.setpassword(password.encode())
    with zipped.open(zipped.namelist()[0]) as entry:
        for position, change in enumerate(ijson.items(entry, "result.item", buf_size=262_144)):
            record = {name: change.get(name) or None for name in texts}
            day = change.get("changeDate")
            record["changeDate"] = date.fromisoformat(day[:10]) if day else None
            record["position"] = position
            record.update(lineage)
            value = io.BytesIO()
            value.write(header)
            fastavro.schemaless_writer(value, schema, record)
            producer.produce(topic, value.getvalue(), record["corpKeyNo"])
            if position % 1_000 == 0:
                producer.poll(0)
producer.flush()
print(time.perf_counter() - began)
