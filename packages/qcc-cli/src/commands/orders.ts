import type { Command } from 'commander';
import { redactUrl } from 'qcc-core/base/redact';
import { formatShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import { EMPTY_LIST } from 'qcc-core/qcc/endpoints/list-latest-order-no';
import { connectQcc, requireResponse } from '../connect-qcc.ts';
import { renderTable } from '../render-table.ts';
import type { Terminal } from '../terminal.ts';

export function addOrdersCommands(program: Command, terminal: Terminal): void {
  program
    .command('orders')
    .description("QCC's orders.")
    .command('list')
    .description('Shows the last 30 orders (listLatestOrderNo). QCC no longer names older ones.')
    .action(async () => {
      await using qcc = connectQcc(terminal);
      const { orders, unnamed, unread } = requireResponse(await qcc.listLatestOrderNo()) ?? EMPTY_LIST;
      terminal.print(
        orders.length === 0 && unnamed.length === 0
          ? 'QCC has no orders yet.'
          : renderTable(
              ['order', 'created (Shanghai)'],
              orders.map(({ orderNo, createDate }) => [
                orderNo,
                createDate === null ? '–' : formatShanghaiDateTime(createDate),
              ]),
              { columns: terminal.columns },
            ),
      );
      for (const { row } of unnamed) terminal.print(`A row of the list names no order: ${redactUrl(row)}`);
      if (unread > 0) terminal.print(`QCC lists ${unread} more rows. They are not read.`);
    });
}
