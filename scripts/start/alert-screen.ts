import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startMailServer } from 'alerter/testing/mail-server';
import { FIELD_NAMES } from 'qcc-alerts/message/alert';
import { readRules } from 'qcc-alerts/rules/read-rules';
import type { RulesFile } from 'qcc-alerts/rules/rules-schema';
import { rawValue } from 'qcc-core/base/settings';
import { z } from 'zod';
import { ROOT } from '../../stack/places.ts';
import { hasAlertRules } from '../admin-ports.mjs';

type Env = Readonly<Record<string, string | undefined>>;

const SAMPLE_RULES = join(ROOT, 'deploy', 'alerts', 'start.yaml');

export type AlertScreen = AsyncDisposable & {
  /** Settings of the alerter that make this screen the target of every alert. */
  env: Record<string, string>;
  /** Resolves with the first message. */
  shown: Promise<void>;
};

/** The rules of the environment, or else sample rules. @throws RulesFileError for a file that cannot be used, and what the file system says */
export function rulesToShow(env: Env): { env: Record<string, string>; file: RulesFile } {
  const given = hasAlertRules(env) ? {} : { ALERT_RULES_FILE: SAMPLE_RULES };
  const used: Env = { ...env, ...given };
  return {
    env: given,
    file: readRules(rawValue(used, 'ALERT_RULES') ?? '', used.ALERT_RULES_FILE ?? 'of ALERT_RULES'),
  };
}

/** Takes the messages of all targets on loopback, in place of robots, webhooks and mail servers, and prints them. */
export async function openAlertScreen(env: Env, say: (line: string) => void): Promise<AlertScreen> {
  const rules = rulesToShow(env);
  await using opening = new AsyncDisposableStack();
  const first = Promise.withResolvers<void>();
  const show = (target: string, lines: readonly string[]) => {
    say([`alert for ${target}:`, ...lines.map((line) => `  ${line}`)].join('\n'));
    first.resolve();
  };
  const mailServer = opening.use(
    await startMailServer({
      onMail: ({ subject, text: body }) => show('e-mail', [subject, ...body.trimEnd().split(/\r?\n/)]),
    }),
  );
  const server = createServer(async (request, response) => {
    const message = await readMessage(request).catch(() => null);
    if (message === null) {
      response.writeHead(400).end();
      return;
    }
    show(message.target, linesOf(message.body));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"errcode":0,"code":0}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  opening.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const secrets = Object.entries(rules.file.targets).map(([name, { kind }]) => {
    const url = kind === 'email' ? mailServer.url : `http://127.0.0.1:${port}/${encodeURIComponent(name)}`;
    return [name, { url, ...(kind === 'webhook' && { secret: `whsec_${randomBytes(24).toString('base64')}` }) }];
  });
  const resources = opening.move();
  return {
    env: {
      ...rules.env,
      ALERT_SECRETS: JSON.stringify(Object.fromEntries(secrets)),
      ALERT_HOSTS: '127.0.0.1',
      ALERT_ALLOW_PLAINTEXT: 'true',
    },
    shown: first.promise,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** @throws URIError or SyntaxError if the path or the body cannot be parsed */
async function readMessage(request: IncomingMessage): Promise<{ target: string; body: unknown }> {
  const target = decodeURIComponent((request.url ?? '').slice(1).split('?')[0] ?? '');
  return { target, body: JSON.parse(await text(request)) };
}

const MARKDOWN = z.object({ markdown: z.object({ content: z.string().optional(), text: z.string().optional() }) });
const POST = z.object({
  content: z.object({
    post: z.object({
      zh_cn: z.object({ title: z.string(), content: z.array(z.array(z.object({ text: z.string() }))) }),
    }),
  }),
});
const WEBHOOK = z.object({
  data: z.object({ alerts: z.array(z.object({ rule: z.string(), fields: z.partialRecord(z.string(), z.string()) })) }),
});
/** Of one message. */
const MOST_LINES = 15;

/** The text of a message of any kind. */
function linesOf(body: unknown): string[] {
  const lines = textOf(body);
  return lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES), `… and ${lines.length - MOST_LINES} more`] : lines;
}

function textOf(body: unknown): string[] {
  const webhook = WEBHOOK.safeParse(body).data;
  if (webhook)
    return webhook.data.alerts.map(({ rule, fields }) => {
      const shown = Object.entries(fields).map(
        ([field, value]) => `${FIELD_NAMES[field as keyof typeof FIELD_NAMES]}：${value}`,
      );
      return `${rule}：${shown.join('；')}`;
    });
  const post = POST.safeParse(body).data;
  if (post) {
    const { title, content } = post.content.post.zh_cn;
    return [title, ...content.map((line) => line.map((part) => part.text).join(''))];
  }
  const { content = '', text: markdown = '' } = MARKDOWN.safeParse(body).data?.markdown ?? {};
  return `${content}${markdown}`.split('\n').filter((line) => line !== '');
}
