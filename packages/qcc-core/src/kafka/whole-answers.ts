/**
 * Sockets for kafkajs 2.2.4 that hand it a broker's answers whole. It keeps an answer's pieces, of 64 KiB each, and copies them
 * together when the last is there: a fetch of 16 MiB takes twice its size, and V8, which counts that to its heap, collects the
 * sooner. Here the pieces are read into one buffer, over and over, and copied from there to where they belong.
 */
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import type { ISocketFactory } from 'kafkajs';

const PIECE_BYTES = 65_536;
const LENGTH_BYTES = 4;
/** No answer is longer by far; what another server says may read so, and is left to kafkajs as it comes. */
const LONGEST_ANSWER_BYTES = 256 * 1_048_576;

type Connection = { prototype: { processData(this: { bytesBuffered: number; chunks: Buffer[] }, data: Buffer): void } };
type DefaultFactory = () => ISocketFactory;

const require = createRequire(import.meta.url);
const connectAsKafkaJs = (require('kafkajs/src/network/socketFactory.js') as DefaultFactory)();
const KEEP_ALIVE_DELAY_MS = 60_000;

/** For `KafkaConfig.socketFactory`. Over TLS the pieces come as they do without it. */
export const wholeAnswers: ISocketFactory = (input) => {
  if (input.ssl) return connectAsKafkaJs(input);
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
 * Puts answers together, each behind the length that stands before it (Kafka protocol guide, "Protocol Primitive Types", "The
 * Messages"): the returned function takes pieces, which may be written to again once it has returned.
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

// What is left of the last answer stands before the next one, nothing most often, and kafkajs copies the two together.
const { prototype }: Connection = require('kafkajs/src/network/connection.js');
const { processData } = prototype;
prototype.processData = function processWhole(data) {
  if (this.bytesBuffered === 0) this.chunks = [];
  processData.call(this, data);
};
