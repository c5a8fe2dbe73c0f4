import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AvroTopic } from 'qcc-core/avro/schemas';
import { AVRO_TOPICS } from 'qcc-core/contract/generated/topics';
import type { TOPICS } from 'qcc-core/contract/topics';
import { ROOT } from '../../stack/places.ts';

type Spec = (typeof TOPICS)[keyof typeof TOPICS];
/** A topic that others may read. */
export type PublicTopic = Extract<Spec, { visibility: 'public' }>['name'];

/** A message as the services wrote it. `value` is base64, of an Avro topic without the header of the wire format. */
export type ContractMessage = { name: string; key: string; headers: Record<string, string>; value: string };

/** Written by `test/integration/contract-messages.test.ts`. */
export const MESSAGES_FILE = join(ROOT, 'test/golden/messages.json');

/** The examples of each public topic in the AsyncAPI document. */
export const CONTRACT_MESSAGES: Readonly<Record<PublicTopic, readonly string[]>> = {
  'enriched-records': ['a pending version', 'its settled version', 'a change without details'],
  records: ['a change'],
  orders: ['an order'],
  'order-events': ['positions that were parsed', 'an order that was published whole'],
  'dead-letters': ['an element that cannot be read'],
  portfolio: ['a customer'],
  'erased-records': ['a company that was erased', 'a record whose texts held an erased name'],
};

export const isAvroTopic = (topic: PublicTopic): topic is PublicTopic & AvroTopic =>
  (AVRO_TOPICS as readonly string[]).includes(topic);

export const contractMessages = (): Record<PublicTopic, ContractMessage[]> =>
  JSON.parse(readFileSync(MESSAGES_FILE, 'utf8'));
