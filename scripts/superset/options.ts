import { parseArgs } from 'node:util';
import { COMMAND_OPTIONS } from '../command-options.mjs';

export type SupersetOptions = {
  mode: 'stay' | 'once' | 'check';
  ifPossible: boolean;
  /** Undefined: 8088, or another if that is taken. */
  port: number | undefined;
  /** Folder for the screenshots of a check. */
  screenshots: string | undefined;
};

export const USAGE = `npm run superset                         starts Superset with the dashboards of deploy/superset, and stays up
npm run superset -- --once               imports the dashboards, compares every chart with SQL by the API, and ends
npm run superset -- --check              does the same, and also opens every chart and dashboard in Chromium
npm run superset -- --check --screenshots FOLDER         and writes pictures of the dashboards

  --port N           port on loopback (8088, or a free one if that is taken)
  --if-possible      the exit code is 0 if something is missing that this command cannot install

QCC_PYTHON names the Python to use (3.10 to 3.12), QCC_CHROMIUM the browser.
It uses the local stack if that is running. Otherwise, it starts the ClickHouse of the stack,
and first stores the orders of a simulated day if the stack has no data.`;

/** @throws Error for words that are no option, or a combination that makes no sense. */
export function readOptions(args: readonly string[]): SupersetOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: COMMAND_OPTIONS.superset,
  });
  if (values.help) return 'help';
  if (values.screenshots !== undefined && !values.check) throw new Error('--screenshots needs --check');
  return {
    mode: values.check ? 'check' : values.once ? 'once' : 'stay',
    ifPossible: values['if-possible'],
    port: values.port === undefined ? undefined : portOf(values.port),
    screenshots: values.screenshots,
  };
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`--port must be a port between 1 and 65535, not ${JSON.stringify(text)}`);
}
