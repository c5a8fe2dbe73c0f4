import { unlessAborted } from '../../base/unless-aborted.ts';
import { type Probe, RESPONSE_LIMIT_MS } from '../../base/watch-probe.ts';
import { type Connectable, createCluster } from '../kafkajs-2.2.4/cluster.ts';
import { createKafka, type KafkaSettings } from './connect.ts';
import { innermostCause, protocolErrorType } from './errors.ts';
import { explainKafkaFailure } from './explain-failure.ts';

/** Time limit for all brokers together. They are asked in turn and share it, so a broker that hangs does not hide the others. */
const ALL_BROKERS_MS = RESPONSE_LIMIT_MS - 1_000;

/**
 * Requests the list of brokers on a separate connection; any broker may answer. It requests no topics: a topic of another application may
 * have a partition without a leader, and that must not make this service unready.
 */
export function createKafkaProbe({ settings, clientId }: { settings: KafkaSettings; clientId: string }): Probe {
  const brokers = settings.KAFKA_BROKERS.length;
  const kafka = createKafka({
    settings,
    clientId: `${clientId}.probe`,
    logCreator: () => () => {},
    responseLimitMs: ALL_BROKERS_MS / brokers,
    retries: brokers - 1,
  });
  let cluster: Connectable | undefined;
  const ask = async (): Promise<string | null> => {
    const current = cluster ?? createCluster(kafka, { metadataMaxAge: 0 });
    cluster = current;
    try {
      await current.connect();
      await current.refreshMetadata();
      return null;
    } catch (error) {
      // A client that has failed may keep what it knew of the cluster.
      cluster = undefined;
      void current.disconnect().catch(() => {});
      if (isKafkaRefusal(error)) return explainKafkaFailure(error, settings);
      throw error;
    }
  };
  /** The request under way, even if the caller that started it has stopped waiting: a slow response counts for the next caller. */
  let asking: Promise<string | null> | undefined;
  return {
    what: `Kafka at ${settings.KAFKA_BROKERS.join(', ')}`,
    ask(signal) {
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return unlessAborted(asking, signal);
    },
    async [Symbol.asyncDispose]() {
      // Not awaited during a request, which ends by itself.
      const closing = cluster?.disconnect().catch(() => {});
      if (!asking) await closing;
    },
  };
}

/** Whether the broker refused the client, or the system reported an error other than a timeout, such as a closed port. */
export function isKafkaRefusal(error: unknown): boolean {
  const cause = innermostCause(error);
  if (!(cause instanceof Error)) return false;
  if (cause.name === 'KafkaJSSASLAuthenticationError' || protocolErrorType(error) !== undefined) return true;
  return 'code' in cause && typeof cause.code === 'string' && cause.code !== 'ETIMEDOUT';
}
