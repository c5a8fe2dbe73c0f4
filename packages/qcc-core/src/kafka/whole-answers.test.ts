import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAssembler } from './whole-answers.ts';

const answerOf = (content: Uint8Array): Buffer => {
  const answer = Buffer.alloc(4 + content.length);
  answer.writeInt32BE(content.length);
  answer.set(content, 4);
  return answer;
};

/** What is given for pieces that are written to again once they were taken. */
function assemble(pieces: readonly Buffer[]): Buffer[] {
  const given: Buffer[] = [];
  const take = createAssembler((answer) => void given.push(answer));
  for (const piece of pieces) {
    const read = Buffer.from(piece);
    take(read);
    read.fill(0x5a);
  }
  return given;
}

function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...pieces, bytes.subarray(at)];
}

test('answers come whole and in their order, however they were cut on their way', () => {
  const contents = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
  const cuts = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 40 });
  fc.assert(
    fc.property(contents, cuts, (each, lengths) => {
      const answers = each.map(answerOf);
      expect(assemble(cut(Buffer.concat(answers), lengths))).toEqual(answers);
    }),
    { seed: 6 },
  );
});

test('one that is cut off is not given', () => {
  const answer = answerOf(Buffer.from('answer'));
  expect(assemble([answer, answer.subarray(0, -1)])).toEqual([answer]);
});

test.each([
  ['a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['a negative length', Buffer.from([0xff, 0xff, 0xff, 0xfe, 1, 2, 3])],
])('what %s says is given as it comes, and no memory is taken for what it seems to announce', (_name, bytes) => {
  expect(assemble(cut(bytes, [2, 4]))).toEqual([bytes.subarray(0, 6), bytes.subarray(6)]);
});
