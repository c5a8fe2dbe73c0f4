import { runChild } from '../../../stack/child.ts';
import type { DeliveredArchive } from '../archive-of.ts';

const LINE = `7zz x -so "-p$PASSWORD" "$ARCHIVE" "$ENTRY" | jq -c '.result[]' | kcat -P -b "$BROKERS" -t "$TOPIC" -X acks=all`;

/** A quick shell pipeline for the same job. Resolves when the broker has acknowledged everything. @throws ChildFailedError if one of its commands fails. */
export async function runShellLine(input: {
  shell: { env: NodeJS.ProcessEnv };
  archive: DeliveredArchive;
  brokers: string;
  topic: string;
  signal: AbortSignal;
}): Promise<void> {
  const { shell, archive, brokers, topic, signal } = input;
  await runChild('bash', ['-o', 'pipefail', '-c', LINE], {
    signal,
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
