/** Starts ClickHouse in a stand-in image, and ends it on SIGTERM: the engine of `clickhouse-launcher.ts` ends with its standard input. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';

const FOLDER = '/var/lib/clickhouse';
mkdirSync(FOLDER, { recursive: true });
const server = spawn(
  process.execPath,
  [
    '/opt/clickhouse/clickhouse-launcher.ts',
    ...['--path', FOLDER, '--listen_host', '0.0.0.0', '--http_port', '8123'],
    ...['--query', "SYSTEM START LISTEN HTTP; SELECT count() FROM file('-', 'LineAsString', 'line String')"],
  ],
  { cwd: FOLDER, stdio: ['pipe', 'inherit', 'inherit'] },
);
process.on('SIGTERM', () => server.stdin.destroy());
server.on('exit', (code) => process.exit(code ?? 1));
