import type { Admin } from 'kafkajs';
import { expect, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';

/**
 * Deletes a topic, and resolves once the broker does not know it any more. Kafka answers a deletion when the controller has recorded
 * it, and the broker carries it out up to a second later: until then the topic seems to exist, so nobody creates it again, and
 * takes messages, which are lost.
 */
export async function deleteTopic(admin: Admin, topic: string): Promise<void> {
  await admin.deleteTopics({ topics: [topic] });
  await vi.waitFor(async () => expect(await admin.listTopics()).not.toContain(topic), PATIENCE);
}
