import type { Command } from 'commander';
import { connectQcc, refuseReadOnly, requireAnswer } from '../connect-qcc.ts';
import type { Terminal } from '../terminal.ts';

export function addCallbackCommands(program: Command, terminal: Terminal): void {
  program
    .command('callback')
    .description("QCC's calls of the gateway.")
    .command('activate')
    .description('Makes QCC call again after it stopped at five failed callbacks (activeCallbackUrl).')
    .action(async () => {
      refuseReadOnly(terminal, 'qcc callback activate');
      await using qcc = connectQcc(terminal);
      requireAnswer(await qcc.activeCallbackUrl());
      terminal.print(
        'QCC calls again from its next order on. Orders of the meantime come by reconcile, if they are among the last 30.',
      );
    });
}
