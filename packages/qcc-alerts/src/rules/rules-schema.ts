import { CHANGE_TYPES, RISK_CATEGORIES } from 'qcc-core/contract/domain';
import { z } from 'zod';
import { DIRECTIONS } from '../decide/direction.ts';
import { ALERT_FIELDS } from '../message/alert.ts';

/** The rules file. Its JSON schema, `deploy/alerts/rules.schema.json`, is made from this, so that editors complete it. */

const NAME = /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,63}$/u;
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const EMAIL = /^[^\s@<>",;]+@[^\s@<>",;]+$/;

const name = z.string().regex(NAME, 'must have 1 to 64 letters, digits, hyphens and underscores');
const time = z.string().regex(TIME, 'must be a time of day in quotes, such as "22:00"');
const minutesOfDay = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/** A code of the document, its name, or a code that the document does not know. */
const codeOrName = (names: Readonly<Record<string, string>>, what: string) => {
  const known = Object.entries(names).map((each) => each.join(' '));
  const error = `must be one of ${known.join(', ')}, or another code`;
  return z
    .union(
      [
        z.enum([...Object.keys(names), ...Object.values(names)]),
        z.string().regex(/^\d{1,4}$/, error),
        z.int().min(0).max(9_999),
      ],
      { error },
    )
    .transform((text) => Object.entries(names).find(([, each]) => each === text)?.[0] ?? String(text))
    .describe(`${what}, as code or name.`);
};

const limit = z
  .int()
  .min(1)
  .describe("Most messages in a minute. For a robot it may only be less than the vendor's limit.")
  .optional();

const robot = (kind: 'wecom' | 'dingtalk' | 'feishu', what: string) =>
  z.strictObject({ kind: z.literal(kind).describe(what), perMinute: limit });

const target = z
  .discriminatedUnion('kind', [
    robot('wecom', '企业微信群机器人'),
    robot('dingtalk', '钉钉自定义机器人'),
    robot('feishu', '飞书自定义机器人'),
    z.strictObject({
      kind: z.literal('email').describe('E-mail by SMTP'),
      from: z.string().regex(EMAIL, 'must be an e-mail address').describe('Address of the sender.'),
      to: z.array(z.string().regex(EMAIL, 'must be an e-mail address')).min(1).describe('Addresses of the receivers.'),
      perMinute: limit,
    }),
    z.strictObject({
      kind: z.literal('webhook').describe('A JSON webhook, signed as Standard Webhooks defines'),
      perMinute: limit,
    }),
  ])
  .describe('Where alerts go. Its URL and its secret are not here: they are in ALERT_SECRETS, under the same name.');

const rule = z
  .strictObject({
    name: name.describe(
      'Name of the rule. It is part of what makes an alert unique: a rule with another name is a new rule.',
    ),
    types: z.array(codeOrName(CHANGE_TYPES, '监测类型')).min(1).optional(),
    categories: z.array(codeOrName(RISK_CATEGORIES, '监测级别')).min(1).optional(),
    directions: z
      .array(z.enum(DIRECTIONS))
      .min(1)
      .describe('As the column `direction` of the view `changes` has it.')
      .optional(),
    amount: z
      .strictObject({ min: z.number().nonnegative().optional(), max: z.number().nonnegative().optional() })
      .refine(({ min, max }) => min !== undefined || max !== undefined, 'needs min or max')
      .refine(({ min = 0, max = Infinity }) => min <= max, 'has a min above its max')
      .describe(
        '涉案金额 of all cases together, in yuan. The rule waits for the details; an amount that is not known counts as fitting.',
      )
      .optional(),
    portfolio: name
      .describe('Only companies that match a customer of this portfolio (`npx qcc portfolio load`).')
      .optional(),
    companies: z
      .array(z.string().trim().min(1))
      .min(1)
      .describe('Only these companies, by KeyNo, 统一社会信用代码 or whole name.')
      .optional(),
    quiet: z
      .strictObject({ from: time.transform(minutesOfDay), to: time.transform(minutesOfDay) })
      .refine(({ from, to }) => from !== to, 'begins and ends at the same time')
      .describe('Quiet hours in Shanghai. Alerts of these hours are held, and come as a digest at their end.')
      .optional(),
    send: z.enum(['immediate', 'digest']).default('immediate'),
    digestAt: z
      .array(time.transform(minutesOfDay))
      .min(1)
      .describe('Times in Shanghai at which the digest is sent, with `send: digest`. Without it, "09:00".')
      .optional(),
    fields: z.array(z.enum(ALERT_FIELDS)).min(1).describe('The fields that messages show, in this order.').optional(),
    to: z.array(name).min(1).describe('Names of targets.'),
  })
  .refine(({ send, digestAt }) => send === 'digest' || digestAt === undefined, {
    path: ['digestAt'],
    message: 'needs `send: digest`',
  });

export const RULES_SCHEMA = z
  .strictObject({
    targets: z.record(name, target),
    rules: z.array(rule).min(1),
  })
  .superRefine(({ targets, rules }, context) => {
    const seen = new Set<string>();
    for (const [at, { name: ruleName, to }] of rules.entries()) {
      if (seen.has(ruleName))
        context.addIssue({
          code: 'custom',
          path: ['rules', at, 'name'],
          message: `the name ${ruleName} is there twice`,
        });
      seen.add(ruleName);
      for (const [index, each] of to.entries())
        if (!Object.hasOwn(targets, each))
          context.addIssue({
            code: 'custom',
            path: ['rules', at, 'to', index],
            message: `there is no target ${each}; there are ${Object.keys(targets).join(', ') || 'none'}`,
          });
    }
  });

export type RulesFile = z.output<typeof RULES_SCHEMA>;
export type Rule = RulesFile['rules'][number];
export type Target = RulesFile['targets'][string];
export type TargetKind = Target['kind'];

/** JSON schema of the file as people write it. */
export const rulesJsonSchema = (): object => ({
  title: 'Rules of the alerter',
  ...z.toJSONSchema(RULES_SCHEMA, { target: 'draft-7', io: 'input' }),
});
