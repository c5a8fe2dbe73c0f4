/**
 * Runs ClickHouse inside this process: `node clickhouse-launcher.ts ARGUMENTS` is `clickhouse local ARGUMENTS`, by the
 * engine that the npm package `chdb` ships. The query passed to it starts the HTTP listener and then reads standard
 * input. The server therefore runs until its parent closes the pipe or ends.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DataType, load, open } from 'ffi-rs';

const engineFolder = dirname(createRequire(import.meta.url).resolve('@chdb/lib-linux-x64-gnu/package.json'));
const args = ['clickhouse', ...process.argv.slice(2)];

open({ library: 'chdb', path: join(engineFolder, 'libchdb.so') });
load({
  library: 'chdb',
  funcName: 'chdb_query_cmdline',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [args.length, args],
});
// The engine leaves threads behind that would keep the process alive.
process.exit(0);
