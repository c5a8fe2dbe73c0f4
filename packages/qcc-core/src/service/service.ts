import { describeError } from '../base/errors.ts';
import type { Log } from '../base/logs.ts';
import { redactUrl } from '../base/redact.ts';
import type { SettingName } from '../base/settings.ts';
import type { ServiceDefinition } from './definition.ts';
import { serveAccounts } from './serve-accounts.ts';

/** Below the ten seconds in which Ctrl-C has to end everything. */
const SHUTDOWN_LIMIT_MS = 8_000;

/**
 * The shell that every service shares: serves the accounts of the environment, and ends on SIGINT, SIGTERM or when the parent process
 * is gone.
 *
 * If a part of the environment is missing at the start, the process ends with exit code 1 and a message that names it and the remedy;
 * an orchestrator starts the process again. An unhandled error has the same result, because its effects are unknown.
 */
export async function runService<const Name extends SettingName, Shared>(
  definition: ServiceDefinition<Name, Shared>,
): Promise<void> {
  const ending = new AbortController();
  const resources = new AsyncDisposableStack();
  let log: Log | undefined;
  let redact = redactUrl;
  const end = async (why: string, exitCode: number) => {
    if (ending.signal.aborted) return;
    ending.abort(new Error(why));
    log?.info(`${definition.name} ends: ${why}`);
    setTimeout(() => process.exit(exitCode || 1), SHUTDOWN_LIMIT_MS).unref();
    try {
      await resources.disposeAsync();
    } catch (error) {
      log?.warn({ err: error }, 'not everything could be closed');
    }
    process.exit(exitCode);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(`it got ${signal}`, 0));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log?.fatal({ err: error }, `an error that nobody handled: ${describeError(error)}`);
      void end('an error was not handled', 1);
    });
  }
  process.on('disconnect', () => void end('its parent process is gone', 0));

  try {
    await serveAccounts(definition, {
      env: process.env,
      signal: ending.signal,
      resources,
      onLog(opened) {
        log = opened.log;
        redact = opened.redact;
      },
    });
  } catch (error) {
    // The service was asked to end while it started, so that is the cause of the failure.
    if (ending.signal.aborted) return;
    process.stderr.write(`${definition.name} cannot start: ${redact(describeError(error))}\n`);
    await end('it could not start', 1);
  }
}
