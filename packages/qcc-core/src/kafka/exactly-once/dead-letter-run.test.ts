import { expect, test } from 'vitest';
import { createDeadLetterRuns, DeadLetterRunError } from './dead-letter-run.ts';

const FROM = { topic: 'records', partition: 3 };
/** One message a letter: `d` is to be a dead letter, anything else is good. */
const messages = (text: string) => [...text].map((letter, index) => ({ offset: String(index), letter }));
const reasonOf = ({ letter }: { letter: string }) => (letter === 'd' ? 'MESSAGE_UNDECODABLE' : null);

test.each<[string, string[], boolean]>([
  ['as many in a row as the limit pass', ['ddd'], false],
  ['one more stops', ['dddd'], true],
  ['a good message between them begins anew', ['dddgddd'], false],
  ['a run goes on over batches', ['dd', 'd', 'd'], true],
  ['a good batch between them begins anew', ['ddd', 'g', 'ddd'], false],
  ['an empty batch changes nothing', ['ddd', '', 'd'], true],
  ['what stops may stand behind good messages', ['ggggdddd'], true],
])('%s', (_name, batches, stops) => {
  const runs = createDeadLetterRuns({ limit: 3 });
  const deliver = () => {
    for (const batch of batches) runs.check(FROM, messages(batch), reasonOf)();
  };
  if (stops) expect(deliver).toThrow(DeadLetterRunError);
  else expect(deliver).not.toThrow();
});

test('a batch that comes again, since it was stopped or not committed, is not counted twice', () => {
  const runs = createDeadLetterRuns({ limit: 3 });
  runs.check(FROM, messages('dd'), reasonOf);
  expect(() => runs.check(FROM, messages('dddd'), reasonOf)).toThrow(DeadLetterRunError);
  runs.check(FROM, messages('ddd'), reasonOf)();
  expect(() => runs.check(FROM, messages('d'), reasonOf)).toThrow(DeadLetterRunError);
});

test('partitions are counted apart', () => {
  const runs = createDeadLetterRuns({ limit: 3 });
  runs.check(FROM, messages('ddd'), reasonOf)();
  expect(() => runs.check({ ...FROM, partition: 4 }, messages('ddd'), reasonOf)).not.toThrow();
});

test('the error names place, reason and remedy', () => {
  expect(() => createDeadLetterRuns({ limit: 1 }).check(FROM, messages('dd'), reasonOf)).toThrow(
    /^records\/3 stops at offset 1: 2 messages .* MESSAGE_UNDECODABLE \(.*\) .* DEAD_LETTER_RUN_LIMIT above 1 /,
  );
});
