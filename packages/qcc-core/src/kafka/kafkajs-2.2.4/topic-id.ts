/**
 * Asks a cluster for the id of a topic, which is another one when a topic is deleted and created again (KIP-516). kafkajs 2.2.4
 * asks for metadata up to version 6, and ids came with version 10 (Kafka 2.8).
 */
import type { Kafka } from 'kafkajs';
import { withCluster } from './cluster.ts';
import { type Connections, type Decoder, type Encoder, sendRequest } from './protocol.ts';

export const METADATA = { apiKey: 3, apiVersion: 10, apiName: 'Metadata' } as const;
const UUID_BYTES = 16;

/** The id, in hexadecimal. Opens a connection and closes it again. @throws errors of kafkajs, also if there is no such topic */
export const fetchTopicId = (kafka: Kafka, topic: string): Promise<string> =>
  withCluster<Connections, string>(kafka, topic, async (cluster) => {
    const { connectionPool } = await cluster.findControllerBroker();
    const { topicId } = await sendRequest(connectionPool, METADATA, {
      encode: (encoder) => encodeRequest(encoder, topic),
      decode: decodeResponse,
    });
    return topicId;
  });

/** Tagged fields, of which there are none, end the request's header and each of its structures. */
function encodeRequest(encoder: Encoder, topic: string): Encoder {
  encoder.writeUVarInt(0).writeUVarInt(1 + 1);
  encoder.writeBufferInternal(Buffer.alloc(UUID_BYTES));
  return encoder
    .writeUVarIntString(topic)
    .writeUVarInt(0)
    .writeBoolean(false) // allow_auto_topic_creation
    .writeBoolean(false) // include_cluster_authorized_operations
    .writeBoolean(false) // include_topic_authorized_operations
    .writeUVarInt(0);
}

/** Reads up to the id of the first topic (Kafka protocol guide, "Metadata Response (Version: 10)"). */
function decodeResponse(decoder: Decoder): { errorCode: number; topicId: string } {
  skipTags(decoder);
  decoder.readInt32(); // throttle_time_ms
  for (let brokers = decoder.readUVarInt() - 1; brokers > 0; brokers -= 1) {
    decoder.readInt32(); // node_id
    decoder.readUVarIntString(); // host
    decoder.readInt32(); // port
    decoder.readUVarIntString(); // rack
    skipTags(decoder);
  }
  decoder.readUVarIntString(); // cluster_id
  decoder.readInt32(); // controller_id
  decoder.readUVarInt(); // one topic
  const errorCode = decoder.readInt16();
  decoder.readUVarIntString(); // name
  return { errorCode, topicId: decoder.readBytes(UUID_BYTES).toString('hex') };
}

function skipTags(decoder: Decoder): void {
  for (let tags = decoder.readUVarInt(); tags > 0; tags -= 1) {
    decoder.readUVarInt();
    const length = decoder.readUVarInt();
    decoder.offset += length;
  }
}
