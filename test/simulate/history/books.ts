/** What the people of accounting and purchasing enter in the first week of a history: costs, and what was bought. */
import type { Api } from './api.ts';

const reason = 'figures of accounting';

interface BookParts {
  /** ms UTC. */
  startAt: number;
  /** Report zone, IANA. */
  zone: string;
  /** At all sites. */
  people: number;
}

export async function enterBooks(api: Api, { startAt, zone, people }: BookParts): Promise<void> {
  const date = Temporal.Instant.fromEpochMilliseconds(startAt).toZonedDateTimeISO(zone).toPlainDate();
  const from = date.with({ day: 1 }).toString();
  const month = from.slice(0, 7);
  const settings = { currency: 'EUR', hourCents: 3200, expected: ['people', 'tools'], reason };
  await api.call('PUT', '/api/v1/costs/settings', settings);
  const costs = [
    ['Salaries of the desk', 'people', 'monthly', 2_480_000, null],
    ['Licence of the ticket tool', 'tools', 'yearly', 960_000, null],
    ['Office of the desk', 'facilities', 'monthly', 240_000, null],
    ['Laptops of the desk', 'supplies', 'capital', 1_260_000, 36],
    ['Courses', 'training', 'yearly', 420_000, null],
  ] as const;
  for (const [name, category, kind, cents, months] of costs)
    await api.call('POST', '/api/v1/costs', { name, category, kind, cents, from: month, to: null, months, reason });
  const licence = (count: number, unit: string, unitCents: number) => [{ count, unit, unitCents, from, to: null }];
  const products = [
    ['Draw Pro', ['draw pro*'], 'approved', licence(Math.ceil(people / 16), 'device', 32_900)],
    ['Ledger Desk', ['ledger desk'], 'approved', licence(Math.ceil(people / 20), 'user', 14_900)],
    ['Archive Vault', ['archive vault'], 'approved', licence(15, 'device', 89_000)],
    ['7-Zip', ['7-zip'], 'free', []],
    ['OpenSSL', ['openssl', 'libssl*'], 'free', []],
    ['Remote Peek', ['remote peek*'], 'high_risk', []],
    ['Coupon Bar', ['coupon*'], 'unwanted', []],
  ] as const;
  for (const [name, patterns, own, entitlements] of products)
    await api.call('POST', '/api/v1/software/products', { name, patterns, class: own, entitlements, reason });
}

/** The console of a vendor says which users were there: at the end, for the last quarter. */
export async function enterUsage(api: Api, until: number, people: number): Promise<void> {
  const users = Array.from({ length: Math.ceil(people / 26) }, (_, n) => {
    const at = Temporal.Instant.fromEpochMilliseconds(until - (n * 11 + 1) * 86_400_000);
    return `Ledger Desk,user-${n + 1}@example.com,${at.toString()}`;
  });
  const csv = ['product,unit,last_used', ...users].join('\r\n');
  await api.call('POST', '/api/v1/software/usage/table', { csv, reason: 'console of the vendor' });
}
