/**
 * Has kafkajs 2.2.4 read a broker's answers as a whole. It keeps an answer's pieces, of 64 KiB each, and copies them together
 * when the last is there: a fetch of 24 MiB takes twice its size, and V8, which counts that to its heap, collects the sooner.
 *
 * `wholeAnswers` makes sockets that read pieces into one buffer, over and over, copy them from there into one of the answer's
 * size, and give that. Over TLS pieces come as they do without it. Importing this file is enough for the other half:
 * `Connection.processData` keeps nothing of an answer, and does not copy the next one.
 */
import { connect, type Socket } from 'node:net';
import type { ISocketFactory } from 'kafkajs';
import { fastPaths } from './fast-paths.ts';
import { kafkaJsModule, requireShape } from './guard.ts';

const PIECE_BYTES = 65_536;
/** As kafkajs's own sockets have it. */
const KEEP_ALIVE_DELAY_MS = 60_000;
const LENGTH_BYTES = 4;
/** No answer is longer by far; what another server says may read so, and is left to kafkajs as it comes. */
const LONGEST_ANSWER_BYTES = 256 * 1_048_576;

type Connection = { prototype: { processData(this: { bytesBuffered: number; chunks: Buffer[] }, data: Buffer): void } };
type DefaultFactory = () => ISocketFactory;

const connectAsKafkaJs = kafkaJsModule<DefaultFactory>('network/socketFactory.js')();

/** For `KafkaConfig.socketFactory`. */
export const wholeAnswers: ISocketFactory = (input) => {
  if (input.ssl || !fastPaths.on) return connectAsKafkaJs(input);
  const { host, port, onConnect } = input;
  const take = createAssembler((answer) => void socket.emit('data', answer));
  const onread = {
    buffer: Buffer.allocUnsafeSlow(PIECE_BYTES),
    callback(length: number, buffer: Uint8Array) {
      take(Buffer.from(buffer.buffer, buffer.byteOffset, length));
      return true;
    },
  };
  const socket: Socket = connect({ host, port, onread }, onConnect);
  return socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
};

/**
 * Puts answers together, each behind the length that stands before it (Kafka protocol guide, "Common Request and Response
 * Structure"): the returned function takes pieces, which may be written to again once it has returned.
 * @param give Is handed an answer and its length, in memory of its own.
 */
export function createAssembler(give: (answer: Buffer) => void): (piece: Buffer) => void {
  const head = Buffer.alloc(LENGTH_BYTES);
  let answer = head;
  let filled = 0;
  let isForeign = false;
  return (piece) => {
    if (isForeign) return give(Buffer.from(piece));
    for (let at = 0; at < piece.length; ) {
      const copied = piece.copy(answer, filled, at);
      at += copied;
      filled += copied;
      if (filled < answer.length) return;
      if (answer === head) {
        const length = head.readInt32BE();
        if (length < 0 || length > LONGEST_ANSWER_BYTES) {
          isForeign = true;
          return give(Buffer.concat([head, piece.subarray(at)]));
        }
        answer = Buffer.allocUnsafe(LENGTH_BYTES + length);
        head.copy(answer);
        if (length > 0) continue;
      }
      const whole = answer;
      answer = head;
      filled = 0;
      give(whole);
    }
  };
}

// What is left of an answer, nothing most often, holds its memory until the next one comes, which kafkajs copies together with it.
const { prototype } = kafkaJsModule<Connection>('network/connection.js');
const { processData } = prototype;
requireShape('Connection.processData', processData, ['this.chunks', 'this.bytesBuffered']);
prototype.processData = function processWhole(data) {
  processData.call(this, data);
  if (fastPaths.on && this.bytesBuffered === 0) this.chunks = [];
};
