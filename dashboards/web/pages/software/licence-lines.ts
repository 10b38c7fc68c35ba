/** Licences as lines of text that a person types, and back. Pure. */
import type { ProductRow } from '../../../../shared/api.ts';
import { amountText, centsIn } from '../../../../shared/money.ts';

type LicenceLine = ProductRow['entitlements'][number];
const units = ['seat', 'device', 'user'] as const;
const unlimited = 'unlimited';

export const linesOf = (entitlements: readonly LicenceLine[], currency: string): string =>
  entitlements
    .map(({ count, unit, unitCents, from, to }) =>
      [count ?? unlimited, unit, amountText(unitCents, currency), from, ...(to === null ? [] : [to])].join(', '),
    )
    .join('\n');

/** @returns the first line that cannot be read, from 1, in place of licences */
export function licencesIn(text: string, currency: string): LicenceLine[] | { line: number; text: string } {
  const found: LicenceLine[] = [];
  for (const [n, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const [count = '', unit = '', price = '', from = '', to = null] = line.split(',').map((part) => part.trim());
    const unitCents = centsIn(price, currency);
    const known = units.find((one) => one === unit);
    if ((count !== unlimited && !/^\d+$/.test(count)) || known === undefined || unitCents === null || from === '')
      return { line: n + 1, text: line };
    found.push({ count: count === unlimited ? null : Number(count), unit: known, unitCents, from, to });
  }
  return found;
}
