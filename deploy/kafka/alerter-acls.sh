#!/bin/sh
# Gives a user the rights that the alerter needs if topics exist already (KAFKA_TOPICS=check). A second run changes nothing.
#
#   BOOTSTRAP=broker:9093 PREFIX=qcc. PRINCIPAL=User:alerter ADMIN_CONFIG=admin.properties sh deploy/kafka/alerter-acls.sh
#
# BOOTSTRAP     a broker
# PREFIX        TOPIC_PREFIX of the pipeline; it must not be empty, because some rights are given by prefix
# PRINCIPAL     the user
# ADMIN_CONFIG  login of an administrator for Kafka's tools; leave it out if the broker asks for none
# KAFKA_ACLS    the tool, kafka-acls.sh by default
set -eu
: "${BOOTSTRAP:?is missing}" "${PREFIX:?is missing}" "${PRINCIPAL:?is missing}"

allow() {
  "${KAFKA_ACLS:-kafka-acls.sh}" --bootstrap-server "$BOOTSTRAP" ${ADMIN_CONFIG:+--command-config "$ADMIN_CONFIG"} \
    --add --allow-principal "$PRINCIPAL" "$@"
}

# What it reads: changes, customers, erasures, and what it wrote itself.
allow --operation Read \
  --topic "${PREFIX}enriched-records" --topic "${PREFIX}portfolio" --topic "${PREFIX}erased-records" \
  --topic "${PREFIX}alert-state" --topic "${PREFIX}input-offsets"
# What it writes.
allow --operation Write \
  --topic "${PREFIX}alert-state" --topic "${PREFIX}input-offsets" --topic "${PREFIX}dead-letters"
# At its start it compares all topics of the pipeline with the contract, and reads none of the others.
allow --operation Describe --operation DescribeConfigs --resource-pattern-type prefixed --topic "$PREFIX"
# Its consumer groups. They commit nothing.
allow --operation Read --resource-pattern-type prefixed --group "${PREFIX}qcc.alerter"
# One producer for each partition of enriched-records.
allow --operation Write --operation Describe --resource-pattern-type prefixed --transactional-id "${PREFIX}alerter."
