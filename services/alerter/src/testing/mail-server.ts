import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export type MailServer = AsyncDisposable & { readonly url: string; readonly mails: readonly ReceivedMail[] };

export type ReceivedMail = {
  /** As it came, headers and body. */
  raw: string;
  subject: string;
  /** The text, decoded. */
  text: string;
};

/**
 * Takes mails on loopback without TLS.
 * @param given.code What it answers to each mail instead of taking it.
 * @param given.receiver An address that it does not know.
 * @param given.answerAfterMs From the end of a mail to its answer, as of a server that searches mails for viruses first.
 */
export async function startMailServer(
  given: { code?: number; receiver?: string; answerAfterMs?: number; onMail?: (mail: ReceivedMail) => void } = {},
): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const answer = (code: number | undefined) =>
    code === undefined ? null : Object.assign(new Error('no'), { responseCode: code });
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _, done) => done(answer(address === given.receiver ? 550 : undefined)),
    onData(stream, _, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
      stream.on('end', () => {
        const mail = readMail(Buffer.concat(chunks).toString());
        mails.push(mail);
        given.onMail?.(mail);
        setTimeout(() => done(answer(given.code)), given.answerAfterMs ?? 0);
      });
    },
  });
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;
  return {
    mails,
    url: `smtp://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** A mail with one part of text. */
function readMail(raw: string): ReceivedMail {
  const [head = '', ...body] = raw.split('\r\n\r\n');
  const unfolded = head.replace(/\r\n[ \t]+/g, ' ');
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'mi').exec(unfolded)?.[1] ?? '';
  const encoding = header('Content-Transfer-Encoding').toLowerCase();
  const words = header('Subject').replaceAll('?= =?', '?==?');
  return {
    raw,
    subject: words.replace(/=\?UTF-8\?([BQ])\?(.*?)\?=/gi, (_, kind: string, text: string) =>
      decode(kind.toUpperCase() === 'B' ? 'base64' : 'quoted-printable', text.replaceAll('_', ' ')),
    ),
    text: decode(encoding, body.join('\r\n\r\n')),
  };
}

function decode(encoding: string, text: string): string {
  if (encoding === 'base64') return Buffer.from(text, 'base64').toString();
  if (encoding !== 'quoted-printable') return text;
  const bytes = text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
