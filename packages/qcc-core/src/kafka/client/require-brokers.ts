import type { Kafka } from 'kafkajs';
import { type ApiVersions, withCluster } from '../kafkajs-2.2.4/cluster.ts';
import { METADATA } from '../kafkajs-2.2.4/topic-id.ts';

/** A broker is too old for this version. */
export class BrokerVersionError extends Error {
  override readonly name = 'BrokerVersionError';
}

/**
 * Brokers do not report their version, only the requests that they support. The newest required one is the request for topic ids.
 *
 * Brokers before 3.6 can keep a transaction open for good if a producer aborts it while one of its messages is on the way (KIP-890).
 * They are safe here, because a lane does not abort: the next InitProducerId does, with a new epoch.
 */
const OLDEST_KAFKA = '2.8';

/** Whether a broker answers everything that is asked. */
const isNewEnough = (versions: ApiVersions): boolean =>
  (versions[METADATA.apiKey]?.maxVersion ?? -1) >= METADATA.apiVersion;

/**
 * Checks each broker that can be reached. A cluster works without the others.
 * @returns the hosts of all brokers, as the cluster names them.
 * @throws BrokerVersionError that names the brokers that are too old. Other errors come from kafkajs.
 */
export async function requireBrokers(kafka: Kafka): Promise<string[]> {
  const brokers = await withCluster(kafka, undefined, (cluster) =>
    Promise.all(
      cluster.brokerPool.metadata.brokers.map(async ({ nodeId, host, port }) => {
        const versions = await cluster
          .findBroker({ nodeId })
          .then((broker) => broker.apiVersions())
          .catch(() => undefined);
        return { name: `${nodeId} at ${host}:${port}`, host, isOld: versions !== undefined && !isNewEnough(versions) };
      }),
    ),
  );
  const names = brokers.filter(({ isOld }) => isOld).map(({ name }) => name);
  if (names.length === 0) return brokers.map(({ host }) => host);
  throw new BrokerVersionError(
    `Kafka ${OLDEST_KAFKA} or newer is needed, and ${names.length === 1 ? 'this broker is' : 'these brokers are'} older: ${names.join(', ')}; upgrade the brokers`,
  );
}
