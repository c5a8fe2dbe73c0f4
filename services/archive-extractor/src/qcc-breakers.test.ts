import { classifyStatus } from 'qcc-core/qcc/status';
import { STOP_PAUSE_MS } from 'qcc-core/qcc/tripped-until';
import { expect, test } from 'vitest';
import { createQccBreakers } from './qcc-breakers.ts';

function setUp() {
  let time = 0;
  const { reset, ...breakers } = createQccBreakers({ quotaOpensAt: 0, now: () => time });
  const refuse = (name: keyof typeof breakers, code: string) =>
    breakers[name].note({ kind: classifyStatus(code) as 'stop', code, reason: `QCC_${code}`, message: code });
  const mayAsk = () => ({ link: !breakers.link.trippedBy(), list: !breakers.list.trippedBy() });
  const passTo = (at: number): void => {
    time = at;
  };
  return { refuse, mayAsk, reset, passTo };
}

test.each(['106', '108'])('after %s the list is not asked for until a person has acted', (code) => {
  const { refuse, mayAsk, reset, passTo } = setUp();
  refuse('list', code);
  passTo(365 * 86_400_000);
  expect(mayAsk()).toEqual({ link: true, list: false });
  reset();
  expect(mayAsk()).toEqual({ link: true, list: true });
});

test('other codes that need a person block the list for five minutes only', () => {
  const { refuse, mayAsk, passTo } = setUp();
  refuse('list', '107');
  expect(mayAsk()).toEqual({ link: true, list: false });
  passTo(STOP_PAUSE_MS);
  expect(mayAsk()).toEqual({ link: true, list: true });
});

test('after 106 links are asked for again after five minutes, or once a person has acted', () => {
  const { refuse, mayAsk, reset, passTo } = setUp();
  refuse('link', '106');
  expect(mayAsk()).toEqual({ link: false, list: true });
  reset();
  expect(mayAsk()).toEqual({ link: true, list: true });
  refuse('link', '106');
  passTo(STOP_PAUSE_MS);
  expect(mayAsk()).toEqual({ link: true, list: true });
});
