import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { DeliveredArchive } from '../archive-of.ts';

const run = promisify(execFile);
const LINE = `7zz x -so "-p$PASSWORD" "$ARCHIVE" "$ENTRY" | jq -c '.result[]' | kcat -P -b "$BROKERS" -t "$TOPIC" -X acks=all`;

/** What somebody in a hurry types; resolves when the broker has acknowledged all. @throws Error where a command of it fails. */
export async function runShellLine(input: {
  shell: { env: NodeJS.ProcessEnv };
  archive: DeliveredArchive;
  brokers: string;
  topic: string;
}): Promise<void> {
  const { shell, archive, brokers, topic } = input;
  await run('bash', ['-o', 'pipefail', '-c', LINE], {
    env: {
      ...shell.env,
      PASSWORD: archive.password,
      ARCHIVE: archive.file,
      ENTRY: archive.entryName,
      BROKERS: brokers,
      TOPIC: topic,
    },
  });
}
