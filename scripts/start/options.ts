import { parseArgs } from 'node:util';
import { COMMAND_OPTIONS } from '../command-options.mjs';

export type StartOptions = {
  once: boolean;
  live: boolean;
  alerts: boolean;
  allowForeign: boolean;
  orders: number;
  records: number;
};

export const USAGE = `npm start                 brings the local stack up, runs the four services and the QCC simulator, shows the outcome, stays up
npm start -- --once       the same, but ends when every simulated order is complete
npm start -- --alerts     runs the alerter, too, and prints its alerts here instead of sending them
npm start -- --live       runs against the QCC that QCC_KEY, QCC_SECRET_KEY and SEALING_KEY belong to, without the simulator

  --orders N              simulated orders of the day (3), and one more that only the list names
  --records N             records in each (500)
  --allow-foreign         lets the simulator write to a stack that was up already`;

/** @throws Error for words that are no option, or a combination that makes no sense. */
export function readOptions(args: readonly string[]): StartOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: COMMAND_OPTIONS.start,
  });
  if (values.help) return 'help';
  if (values.live && values.once) throw new Error('--once is for simulated orders: a live feed has no end');
  return {
    once: values.once,
    live: values.live,
    alerts: values.alerts,
    allowForeign: values['allow-foreign'],
    orders: count('--orders', values.orders),
    records: count('--records', values.records),
  };
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= 200_000) return value;
  throw new Error(`${name} must be a whole number from 1 to 200000, not ${JSON.stringify(text)}`);
}
