import type { Producer } from 'kafkajs';

/**
 * Makes this producer the only one with its transactional id: the coordinator aborts a transaction that an older one left open, and
 * brokers refuse the older one's requests, also those that are still on their way. Nothing here aborts a transaction in another way:
 * if a message is still on its way then, brokers before 3.6 can keep the transaction open for good (KIP-890).
 *
 * kafkajs asks for a producer id only when a transaction begins; an empty one is ended without a request.
 */
export async function fence(producer: Producer): Promise<void> {
  const transaction = await producer.transaction();
  await transaction.abort();
}
