/**
 * Makes a client of kafkajs 2.2.4 that knows no topic yet ask for the brokers only. Without this patch it asks for all topics of the
 * cluster, and fails if one partition of any of them has no leader: then no producer finds its coordinator, and no offset of a
 * group can be read, because of a topic that nobody here uses. Importing this file is enough.
 */
import { kafkaJsModule, requireShape } from './guard.ts';
import { Encoder } from './protocol.ts';

type Protocol = { request: { apiVersion: number; encode(): Promise<Encoder> } };
type Broker = {
  connectionPool: { send(protocol: Protocol): Promise<unknown> };
  lookupRequest(apiKey: number, definition: unknown): (options: object) => Protocol;
  metadata(this: Broker, topics?: readonly string[]): Promise<unknown>;
};
type BrokerPool = { refreshMetadata(this: BrokerPool, topics: readonly string[]): Promise<void> };

const METADATA = 3;
/** `allow_auto_topic_creation` came with this version. */
const WITH_CREATION = 4;
const { Metadata } = kafkaJsModule<{ requests: { Metadata: unknown } }>('protocol/requests/index.js').requests;

const { prototype: broker } = kafkaJsModule<{ prototype: Broker }>('broker/index.js');
const { metadata } = broker;
requireShape('Broker.metadata', metadata, ['this.lookupRequest(apiKeys.Metadata, requests.Metadata)']);
const { prototype: pool } = kafkaJsModule<{ prototype: BrokerPool }>('cluster/brokerPool.js');
const { refreshMetadata } = pool;
requireShape('BrokerPool.refreshMetadata', refreshMetadata, ['broker.metadata(topics)']);

/** Requests no topics. Any other empty list requests all topics, because `admin.listTopics` passes one. */
const NO_TOPICS: readonly string[] = [];

pool.refreshMetadata = function refreshBrokersOrTopics(topics) {
  return refreshMetadata.call(this, topics.length === 0 ? NO_TOPICS : topics);
};

broker.metadata = async function askForBrokersOnly(topics) {
  if (topics !== NO_TOPICS) return await metadata.call(this, topics);
  const protocol = this.lookupRequest(METADATA, Metadata)({ topics: [] });
  const { apiVersion } = protocol.request;
  // Version 0 knows no list without topics.
  if (apiVersion === 0) return await metadata.call(this, topics);
  protocol.request.encode = async () => {
    const encoder = new Encoder().writeInt32(0);
    return apiVersion < WITH_CREATION ? encoder : encoder.writeBoolean(false);
  };
  return await this.connectionPool.send(protocol);
};
