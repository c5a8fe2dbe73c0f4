import { describe, expect, test } from 'vitest';
import type { Download, DownloadOutcome } from './download.ts';
import { downloadPreferringHttps } from './prefer-https.ts';

const LINK = 'http://pro-files.qichacha.com/a%2Fb.zip?Expires=1&Signature=s%2Bg%3D';
const SECURE = LINK.replace('http:', 'https:');
const downloaded: DownloadOutcome = { kind: 'downloaded', bytes: 1, sha256: 'a' };
const unreachable: DownloadOutcome = { kind: 'network', reason: 'UNREACHABLE', message: 'connection refused' };

async function fetchLink(url: string, outcomes: DownloadOutcome[]) {
  const asked: string[] = [];
  const download = { url, toFile: 'x', maxBytes: 1, timeoutMs: 1 } as Download;
  const outcome = await downloadPreferringHttps(download, async ({ url: tried }) => {
    asked.push(tried);
    return outcomes[asked.length - 1]!;
  });
  return { asked, outcome };
}

describe('a link', () => {
  test.each<[string, string, DownloadOutcome[], string[]]>([
    ['of plain http goes by https, its signature untouched', LINK, [downloaded], [SECURE]],
    ['whose host speaks no https goes as it is', LINK, [unreachable, downloaded], [SECURE, LINK]],
    ['that https refuses goes as it is', LINK, [{ kind: 'expired', message: '403' }, downloaded], [SECURE, LINK]],
    ['to what is too large is not tried twice', LINK, [{ kind: 'tooLarge', message: 'large' }], [SECURE]],
    ['of https goes as it is', SECURE, [downloaded], [SECURE]],
    ['that names a port goes as it is', 'http://files:8090/a.zip', [downloaded], ['http://files:8090/a.zip']],
    ['that is none goes as it is, to be refused', 'http:// ', [unreachable], ['http:// ']],
  ])('%s', async (_name, url, outcomes, asked) => {
    expect(await fetchLink(url, outcomes)).toEqual({ asked, outcome: outcomes.at(-1) });
  });
});
