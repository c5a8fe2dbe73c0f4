import { once } from 'node:events';
import { Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from './check-input.ts';
import { type SimulatorOptions, startSimulator } from './simulator.ts';

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number is expected');
  return Number(text);
}

const program = new Command('qcc-simulator')
  .description(
    'Simulates the annual-inspection API of QCC Pro (企查查专业版 自动化企业年检): its endpoints, its file host and its callbacks.\nSame seed, same data. Nothing is kept after it ends.',
  )
  .addOption(
    new Option('-p, --port <port>', 'port of the API and the control interface').argParser(wholeNumber).default(8090),
  )
  .option(
    '--host <address>',
    'address to listen on; beyond loopback anyone there can use the control interface',
    '127.0.0.1',
  )
  .addOption(new Option('--file-port <port>', 'serve downloads on a port of their own').argParser(wholeNumber))
  .addOption(
    new Option(
      '--filtered-port <port>',
      'a port that accepts connections and never sends a byte, as 443 behind a firewall',
    ).argParser(wholeNumber),
  )
  .option('--public-host <host:port>', 'how download links name the simulator, where it is reached by another name')
  .option('--seed <text>', 'decides companies, records, details, passwords and faults', '1')
  .addOption(new Option('--key <key>', 'the account’s key').env('QCC_KEY').default('simulator-key'))
  .addOption(
    new Option('--secret-key <key>', 'the account’s SecretKey').env('QCC_SECRET_KEY').default('simulator-secret'),
  )
  .option('--callback-url <url>', 'where callbacks go; setApiPushSetting changes it')
  .addOption(new Option('--companies <count>', 'size of the portfolio').argParser(wholeNumber).default(20_000))
  .option('--clock <time>', 'when orders begin to be made, such as "2026-03-16 09:00:00" (Shanghai) or an ISO instant')
  .addOption(new Option('--latency <ms>', 'before each response').argParser(wholeNumber).default(0))
  .addOption(
    new Option('--link-lifetime <ms>', 'how long a download link is good for')
      .argParser(wholeNumber)
      .default(1_800_000),
  )
  .addOption(
    new Option('--orders <count>', 'orders to send at once, as a day of them').argParser(wholeNumber).default(0),
  )
  .addOption(new Option('--records <count>', 'records in each of these').argParser(wholeNumber).default(20))
  .addHelpText(
    'after',
    `
Examples:
  $ qcc-simulator --callback-url http://127.0.0.1:8080/qcc/callback
  $ curl -X POST localhost:8090/_control/orders -d '{"records": 500, "repeat": 50}'
  $ curl localhost:8090/_control/orders/<orderNo>/truth`,
  );

const options = program.parse().opts<{
  port: number;
  host: string;
  filePort?: number;
  filteredPort?: number;
  publicHost?: string;
  seed: string;
  key: string;
  secretKey: string;
  callbackUrl?: string;
  companies: number;
  clock?: string;
  latency: number;
  linkLifetime: number;
  orders: number;
  records: number;
}>();

const simulatorOptions: SimulatorOptions = {
  port: options.port,
  host: options.host,
  seed: options.seed,
  key: options.key,
  secretKey: options.secretKey,
  companies: options.companies,
  faults: { latencyMs: options.latency, linkLifetimeMs: options.linkLifetime },
  ...(options.filePort !== undefined && { fileHostPort: options.filePort }),
  ...(options.filteredPort !== undefined && { filteredPort: options.filteredPort }),
  ...(options.publicHost !== undefined && { publicHost: options.publicHost }),
  ...(options.callbackUrl !== undefined && { callbackUrl: options.callbackUrl }),
  ...(options.clock !== undefined && { clock: { now: options.clock } }),
};

const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
try {
  await using simulator = await startSimulator(simulatorOptions);
  console.log(`QCC API        ${simulator.baseUrl}`);
  console.log(`download host  ${simulator.downloadHost}`);
  console.log(`control        ${simulator.controlUrl}`);
  if (options.orders > 0) {
    for (const { orderNo, records, callbacks } of await simulator.sendDay({
      orders: options.orders,
      records: options.records,
    })) {
      console.log(`order ${orderNo}: ${records} records, callback ${callbacks.at(-1)?.kind}`);
    }
  }
  await stopped;
} catch (error) {
  program.error(explain(error));
}

function explain(error: unknown): string {
  if (error instanceof InputError) return `error: ${error.message}`;
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return `error: port ${options.port} or the file port is taken; choose others with --port and --file-port`;
  }
  throw error;
}
