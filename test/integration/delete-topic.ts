import type { Admin } from 'kafkajs';
import { expect, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';

/**
 * Deletes a topic, and resolves once the broker does not know it any more. Kafka confirms a deletion when the controller has recorded
 * it, but the broker deletes the topic up to a second later. Until then the topic seems to exist: `ensureTopics` does not create it
 * again, and messages that are sent to it are lost.
 */
export async function deleteTopic(admin: Admin, topic: string): Promise<void> {
  await admin.deleteTopics({ topics: [topic] });
  await vi.waitFor(async () => expect(await admin.listTopics()).not.toContain(topic), PATIENCE);
}
