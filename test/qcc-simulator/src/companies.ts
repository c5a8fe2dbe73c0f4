import { creditCode, registrationNumber } from './company-codes.ts';
import { type Random, randomOf } from './random.ts';
import {
  GIVEN,
  NAME_CHARACTERS,
  RARE_CHARACTERS,
  REGIONS,
  type Region,
  SHOPS,
  STREETS,
  SURNAMES,
  TRADES,
} from './vocabulary.ts';

export type CompanyKind = 'company' | 'sole trader';

export type Company = {
  kind: CompanyKind;
  corpKeyNo: string;
  corpName: string;
  creditCode: string;
  regNo: string;
  region: Region;
};

/** The company at an index of the portfolio: the same for the same seed, whatever was asked before. */
export function companyAt(seed: string, index: number): Company {
  const random = randomOf(seed, 'company', index);
  const region = random.pick(REGIONS);
  const soleTrader = random.chance(0.15);
  const organisation = soleTrader
    ? `MA${random.text(6, '0123456789ABCDEFGHJKLMNPQRTUWXY')}`
    : random.text(8, '0123456789');
  return {
    kind: soleTrader ? 'sole trader' : 'company',
    corpKeyNo: random.hex(32),
    corpName: soleTrader ? soleTraderName(random, region) : companyName(random, region),
    creditCode: creditCode(soleTrader ? '92' : '91', region.code, organisation),
    regNo: registrationNumber(region.code, random.text(8, '0123456789')),
    region,
  };
}

export function companyName(random: Random, region: Region): string {
  const place = region.city.replace('市', '');
  const brand = `${random.text(2, NAME_CHARACTERS)}${random.chance(0.01) ? random.pick(RARE_CHARACTERS) : ''}`;
  if (random.chance(0.08)) return `${place}${brand}${random.int(1, 20)}号投资企业(有限合伙)`;
  const form = random.pick(['有限公司', '有限公司', '有限公司', '有限责任公司', '股份有限公司']);
  return `${place}${brand}${random.pick(TRADES)}${form}`;
}

export function soleTraderName(random: Random, region: Region): string {
  return `${region.city}${region.district}${personName(random)}${random.pick(SHOPS)}`;
}

export function personName(random: Random): string {
  return random.text(1, SURNAMES) + random.text(random.int(1, 2), GIVEN);
}

export function address(random: Random, region: Region): string {
  const province = region.province === region.city ? '' : region.province;
  return `${province}${region.city}${region.district}${random.pick(STREETS)}${random.int(1, 999)}号${random.int(1, 30)}栋${random.int(101, 2999)}室`;
}

export const districtOffice = (region: Region): string => `${region.district}市场监督管理局`;
export const provinceOffice = (region: Region): string => `${region.province}市场监督管理局`;
export const court = (region: Region): string => `${region.city}${region.district}人民法院`;
