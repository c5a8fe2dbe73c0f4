import { afterEach, expect, test, vi } from 'vitest';
import { chooseRows, withoutDone } from './choose-rows.ts';

afterEach(() => void vi.restoreAllMocks());

test('--only chooses rows by name; without it all rows are chosen', () => {
  expect(chooseRows('kills,disk', ['kills', 'freezes', 'disk'])).toEqual(['kills', 'disk']);
  expect(chooseRows(undefined, ['kills', 'disk'])).toEqual(['kills', 'disk']);
});

test('a name in --only that no row has is named, and the program ends with 2', () => {
  const complain = vi.spyOn(console, 'error').mockReturnValue();
  vi.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Error(`exit ${code}`);
  });
  expect(() => chooseRows('kills,kilns', ['kills', 'disk'])).toThrow('exit 2');
  expect(complain.mock.calls).toEqual([['there is no row kilns; the rows are kills, disk']]);
});

test('--resume leaves out the rows that have figures of the code that is here', () => {
  const kept = { kills: { commit: 'now' }, disk: { commit: 'before' }, broker: {} };
  const isDone = ({ commit }: { commit?: string }) => commit === 'now';
  expect(withoutDone(['kills', 'disk', 'broker', 'qcc'], kept, isDone)).toEqual(['disk', 'broker', 'qcc']);
});
