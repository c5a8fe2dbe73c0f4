import type { AnyOutgoing } from '../wire/outgoing.ts';
import { sizeOfMessage } from '../wire/record-batch.ts';

/** A message alone exceeds `max.message.bytes` of its topic. It has not been sent, and never can be. */
export class MessageTooLargeError extends Error {
  override readonly name = 'MessageTooLargeError';
  /** The topic's name without prefix. */
  readonly topic: string;
  readonly keyBytes: number;
  /** Of the batch that would hold the message alone. */
  readonly bytes: number;
  readonly mostBytes: number;

  constructor(message: AnyOutgoing) {
    const { name, maxMessageBytes } = message.topic;
    const keyBytes = Buffer.byteLength(message.key);
    const bytes = sizeOfMessage(message);
    super(
      `a message for ${name} has ${bytes} bytes, ${keyBytes} of them its key: the topic takes at most ${maxMessageBytes}`,
    );
    this.topic = name;
    this.keyBytes = keyBytes;
    this.bytes = bytes;
    this.mostBytes = maxMessageBytes;
  }
}

/** Whether the topic of a message takes it, also with `reserveBytes` of headers that it may get later. */
export const fitsTopic = (message: AnyOutgoing, reserveBytes = 0): boolean =>
  sizeOfMessage(message) + reserveBytes <= message.topic.maxMessageBytes;
