import { type Command, InvalidArgumentError, Option } from 'commander';
import { readSettings } from 'qcc-core/base/settings';
import { PUSH_HOURS, PUSH_WINDOW_HOURS } from 'qcc-core/contract/domain';
import { confirm } from '../confirm.ts';
import { connectQcc, refuseReadOnly, requireResponse } from '../connect-qcc.ts';
import type { Terminal } from '../terminal.ts';

type PushHour = (typeof PUSH_HOURS)[number];
type SetOptions = { callbackUrl: string; window?: PushHour; disable?: true; yes?: true };

export function addPushCommands(program: Command, terminal: Terminal): void {
  program
    .command('push')
    .description("QCC's push settings.")
    .command('set')
    .description('Sets where and when QCC pushes (setApiPushSetting). It replaces the current setting.')
    .requiredOption(
      '--callback-url <url>',
      'public URL of the gateway; QCC asks for it even to disable',
      parseCallbackUrl,
    )
    .addOption(
      new Option(
        '--window <hour>',
        `Shanghai hour at which the two-hour window begins: ${PUSH_HOURS.join(', ')}`,
      ).argParser(parseWindow),
    )
    .option('--disable', 'stop pushing')
    .option('--yes', 'do not ask')
    .action(async (options: SetOptions, command: Command) => {
      const { callbackUrl, window, disable, yes } = options;
      if (window === undefined && !disable) command.error('error: --window is needed unless --disable is given');
      refuseReadOnly(terminal, 'qcc push set');
      terminal.print(
        disable
          ? `QCC will stop pushing to ${callbackUrl}: no callbacks, for everybody who uses this account.`
          : `QCC will push to ${callbackUrl} between ${window}:00 and ${Number(window) + PUSH_WINDOW_HOURS}:00 Shanghai time. This replaces the current setting.`,
      );
      if (!yes)
        await confirm(terminal, {
          question: 'Type the callback URL once more to confirm: ',
          expected: callbackUrl,
          nothing: 'nothing was changed',
        });
      await using qcc = connectQcc(terminal);
      requireResponse(
        await qcc.setApiPushSetting({
          enablePush: disable ? 'I' : 'A',
          callbackUrl,
          ...(window !== undefined && { pushPeriodTime: window }),
        }),
      );
      terminal.print('Done: QCC echoed the callback URL as it was sent.');
      terminal.print(describeWindows(terminal, disable ? null : (window ?? null)));
    });
}

/** The gateway checks the orders of the windows that its own setting names: QCC's setting cannot be read back. */
function describeWindows({ env }: Terminal, window: PushHour | null): string {
  const here = readSettings(env, ['PUSH_WINDOWS']).PUSH_WINDOWS.join();
  if (window === null) return `PUSH_WINDOWS of the gateways may stay ${here}: no order is expected in a window.`;
  if (here === String(window)) return `PUSH_WINDOWS is ${here} here, as it has to be for every gateway.`;
  return `PUSH_WINDOWS is ${here} here and has to be ${window} from now on: set PUSH_WINDOWS=${window} for every gateway and restart it. Otherwise coverage expects orders in windows in which QCC pushes none.`;
}

/** QCC appends `?key=…` to the URL as it is, so one that has a query already would break. */
function parseCallbackUrl(text: string): string {
  const protocol = URL.parse(text)?.protocol;
  if (protocol !== 'https:' && protocol !== 'http:') throw new InvalidArgumentError('Must be an http or https URL.');
  if (/[?#]/.test(text))
    throw new InvalidArgumentError('Must have no query and no fragment, because QCC appends its own query.');
  return text;
}

function parseWindow(text: string): PushHour {
  const window = PUSH_HOURS.find((hour) => String(hour) === text);
  if (window === undefined) throw new InvalidArgumentError(`Must be one of ${PUSH_HOURS.join(', ')}.`);
  return window;
}
