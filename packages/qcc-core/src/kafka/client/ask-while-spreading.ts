import type { Admin, Kafka } from 'kafkajs';
import pRetry from 'p-retry';

/** What brokers answer while word of a new topic, or of a new leader or coordinator, spreads; it passes by itself. */
const SPREADING = [
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
];

/**
 * Asks again, for about half a minute, where the response is that a topic or its leader is not known yet; kafkajs's admin does so
 * for some calls and codes only. Other errors are thrown as they are.
 */
export const askWhileSpreading = <Answer>(ask: () => Promise<Answer>): Promise<Answer> =>
  pRetry(ask, {
    retries: 60,
    minTimeout: 50,
    maxTimeout: 500,
    shouldRetry: ({ error }) => 'type' in error && SPREADING.includes(String(error.type)),
  });

/** A client of its own each time: one that is kept goes on asking the old leader. */
export async function withAdmin<Answer>(kafka: Kafka, ask: (admin: Admin) => Promise<Answer>): Promise<Answer> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
}
