import type { Command } from 'commander';
import { readSettings } from 'qcc-core/base/settings';
import { coverageMessage } from 'qcc-core/kafka/messages/coverage-fact';
import { publish } from '../connect-kafka.ts';
import { connectQcc, refuseReadOnly, requireResponse } from '../connect-qcc.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

export function addCallbackCommands(program: Command, terminal: Terminal): void {
  program
    .command('callback')
    .description("QCC's calls of the gateway.")
    .command('activate')
    .description(
      'Asks QCC to send callbacks again after it stopped because five failed (activeCallbackUrl), and records this for the certificate of the day.',
    )
    .action(async () => {
      refuseReadOnly(terminal, 'qcc callback activate');
      await using qcc = connectQcc(terminal);
      const at = Date.now();
      const outcome = await qcc.activeCallbackUrl();
      requireResponse(outcome);
      terminal.print('QCC sends callbacks again from its next order.');
      await record(terminal, { at, result: outcome.kind === 'empty' ? 'QCC_201' : 'QCC_200' });
      terminal.print('The gateway fetches the orders that you missed, if they are among the last 30.');
    });
}

/**
 * Publishes the activation. The gateway reads it, counts it against its limit of activations, and polls the list of orders. This runs
 * after the call to QCC, so that the activation works even if Kafka is down.
 */
async function record(terminal: Terminal, activation: { at: number; result: string }): Promise<void> {
  try {
    const { ACCOUNT: account } = readSettings(terminal.env, ['ACCOUNT']);
    await publish(terminal, ({ codec }) => [
      coverageMessage(codec, { kind: 'ACTIVATED', account, reason: 'BY_HAND', ...activation }),
    ]);
  } catch (cause) {
    throw new CommandFailure(
      'the activation could not be recorded. The certificate will not show it, and the gateway fetches the orders that you missed at its next poll',
      { cause },
    );
  }
}
