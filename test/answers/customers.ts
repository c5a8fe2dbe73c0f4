import type { CompanyKind } from 'qcc-simulator/companies';
import type { Life } from 'qcc-simulator/lives/life';
import { shuffled } from 'qcc-simulator/lives/sending-order';
import { randomOf } from 'qcc-simulator/random';

/** A customer in a bank's file. A text is empty if the bank does not know it. */
export type Customer = { creditCode: string; regNo: string; name: string; kind: CompanyKind };

/** The most customers of each kind in a file. The rest of the file is filled with customers that have a credit code and a name. */
const MAX_COUNTS = {
  namesakes: 10,
  formerNames: 20,
  neverPushed: 20,
  wrongCodes: 10,
  soleTraders: 25,
  regNos: 30,
  names: 30,
  otherCodes: 3,
  codesAlone: 10,
} as const;

/**
 * Chooses customers among the companies that QCC watches. Some have a credit code and a name. Others have only a code, only a name, or a
 * registration number and a name. Some names are old, or several companies share them. Some codes have a wrong check character, or belong
 * to another company. There are sole traders without a code, and companies about which QCC pushes nothing. The same companies always give
 * the same customers.
 */
export function customersOf(lives: readonly Life[], count: number): Customer[] {
  const waiting = new Set(shuffled(randomOf('customers', lives.length), lives));
  const take = (most: number, fits: (life: Life) => boolean): Life[] => {
    const taken = [...waiting].filter(fits).slice(0, most);
    for (const life of taken) waiting.delete(life);
    return taken;
  };
  const firstName = ({ names }: Life): string => names[0]!.name;
  const lastName = ({ names }: Life): string => names.at(-1)!.name;
  const codeOf = ({ company }: Life): string => company.creditCode;
  const isSoleTrader = ({ company }: Life): boolean => company.kind === 'sole trader';
  const row = ({ company: { kind } }: Life, known: Partial<Customer>): Customer => ({
    creditCode: '',
    regNo: '',
    name: '',
    kind,
    ...known,
  });

  const shared = Map.groupBy(lives, firstName);
  const namesakes = take(MAX_COUNTS.namesakes, (life) => shared.get(firstName(life))!.length > 1);
  const renamed = take(MAX_COUNTS.formerNames, ({ names }) => names.length > 1);
  const silent = take(MAX_COUNTS.neverPushed, ({ changes }) => changes.length === 0);
  const wrong = take(MAX_COUNTS.wrongCodes, ({ hasWrongCode }) => hasWrongCode);
  const soleTraders = take(MAX_COUNTS.soleTraders, isSoleTrader);
  const byRegNo = take(MAX_COUNTS.regNos, () => true);
  const byName = take(MAX_COUNTS.names, () => true);
  const byCode = take(MAX_COUNTS.codesAlone, () => true);
  const otherCodes = silent.filter((life, at) => at % 2 === 1 && !isSoleTrader(life)).map(codeOf);
  const withOtherCode = take(Math.min(MAX_COUNTS.otherCodes, otherCodes.length), (life) => !isSoleTrader(life));
  const chosen = [
    ...namesakes.map((life) => row(life, { name: firstName(life) })),
    ...renamed.map((life) => row(life, { name: firstName(life) })),
    // The bank knows a few of these twice: under the old name, and by code.
    ...renamed.slice(0, 3).map((life) => row(life, { creditCode: codeOf(life), name: lastName(life) })),
    ...silent.map((life, at) => row(life, { name: lastName(life), ...(at % 2 === 0 && { creditCode: codeOf(life) }) })),
    ...wrong.map((life) => row(life, { creditCode: codeOf(life), name: lastName(life) })),
    ...soleTraders.map((life, at) =>
      row(life, { name: lastName(life), ...(at % 2 === 0 && { regNo: life.company.regNo }) }),
    ),
    ...byRegNo.map((life) => row(life, { regNo: life.company.regNo, name: lastName(life) })),
    ...byName.map((life) => row(life, { name: lastName(life) })),
    // The bank has the code of another company, about which QCC pushes nothing, so the name decides.
    ...withOtherCode.map((life, at) => row(life, { creditCode: otherCodes[at]!, name: lastName(life) })),
    ...byCode.map((life) => row(life, { creditCode: codeOf(life) })),
  ];
  const others = take(count - chosen.length, () => true);
  return [...chosen, ...others.map((life) => row(life, { creditCode: codeOf(life), name: lastName(life) }))].slice(
    0,
    count,
  );
}

/** The file, as Excel writes a CSV in UTF-8. */
export const customersFile = (customers: readonly Customer[]): string =>
  `\uFEFF${[
    '统一社会信用代码,注册号,客户名称,客户经理',
    ...customers.map(({ creditCode, regNo, name }, at) => [creditCode, regNo, name, `M${at % 9}`].join(',')),
  ].join('\r\n')}\r\n`;
