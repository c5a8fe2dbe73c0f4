import { stringify } from 'yaml';

/** In the YAML 1.1 that Python reads, without aliases and wrapped lines. */
export const writeYaml = (content: unknown): string =>
  stringify(content, { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0 });
