import type { Admin, Kafka } from 'kafkajs';
import pRetry from 'p-retry';

/** Errors that brokers return until they all know a new topic, leader or coordinator. They are temporary. */
const SPREADING = [
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
];

/**
 * Repeats a request for about half a minute if the broker does not know the topic, its leader or the coordinator yet. kafkajs's admin
 * does this only for some calls and codes. Other errors are thrown unchanged.
 */
export const askWhileSpreading = <Answer>(ask: () => Promise<Answer>): Promise<Answer> =>
  pRetry(ask, {
    retries: 60,
    minTimeout: 50,
    maxTimeout: 500,
    shouldRetry: ({ error }) => 'type' in error && SPREADING.includes(String(error.type)),
  });

/** Opens a new client for each call, because a client that stays open keeps asking the old leader. */
export async function withAdmin<Answer>(kafka: Kafka, ask: (admin: Admin) => Promise<Answer>): Promise<Answer> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
}
