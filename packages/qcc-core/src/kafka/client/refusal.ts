import type { DeadLetterReason } from '../../contract/dead-letter-reasons.ts';
import { MessageTooLargeError } from './message-too-large-error.ts';

/** A message, or a batch with it, that Kafka refuses however often it is sent. */
export type Refusal = { reason: Extract<DeadLetterReason, 'RECORD_TOO_LARGE' | 'MESSAGE_REFUSED'>; message: string };

/**
 * The error codes of a Produce response that say something about the messages, so that sending them again changes nothing.
 * CORRUPT_MESSAGE is not one of them: its checksum can fail on the way, and the same bytes can arrive the next time.
 * INVALID_TIMESTAMP is the clock's fault, and every other code is the fault of a broker, a topic or a permission.
 * @see https://kafka.apache.org/protocol.html#protocol_error_codes
 */
const REFUSALS = new Map<string, Refusal['reason']>([
  ['MESSAGE_TOO_LARGE', 'RECORD_TOO_LARGE'],
  ['RECORD_LIST_TOO_LARGE', 'RECORD_TOO_LARGE'],
  ['INVALID_RECORD', 'MESSAGE_REFUSED'],
]);

/** The refusal among an error and its causes, as lanes and kafkajs wrap it; null if sending again may help. */
export function refusalOf(error: unknown): Refusal | null {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof MessageTooLargeError) return { reason: 'RECORD_TOO_LARGE', message: each.message };
    const type = 'type' in each ? String(each.type) : '';
    const reason = REFUSALS.get(type);
    if (reason) return { reason, message: `Kafka refuses it with ${type}: ${each.message}` };
  }
  return null;
}
