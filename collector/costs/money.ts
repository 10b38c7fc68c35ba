/** The currency of the collector, what an hour of work costs, and what a month must have. Every version stays. */
import { fail } from '../../shared/errors.ts';
import { minorDigits } from '../../shared/money.ts';
import { shownName } from '../../shared/place-name.ts';
import { refusal } from '../../shared/words/refusal.ts';
import type { State } from '../state/open.ts';
import { type CostCategory, type MoneyFields, moneyFault } from './check.ts';

export interface MoneyVersion extends MoneyFields {
  version: number;
  /** Null: what it begins with. */
  at: number | null;
  by: string | null;
  reason: string | null;
}

const first: MoneyVersion = {
  ...{ version: 0, at: null, by: null, reason: null, currency: 'EUR', hourCents: null },
  // No desk works without people; what else every month has, only they know.
  expected: ['people'],
};

/** Newest first; the last one is what it begins with. */
export async function moneyVersions(state: State): Promise<MoneyVersion[]> {
  const rows = await state.selectFrom('money_settings').selectAll().orderBy('version', 'desc').execute();
  return [
    ...rows.map(({ version, at, by_user, reason, currency, hour_cents, expected }) => ({
      ...{ version, at, by: by_user, reason, currency, hourCents: hour_cents },
      expected: JSON.parse(expected) as CostCategory[],
    })),
    first,
  ];
}

export const moneyNow = async (state: State): Promise<MoneyVersion> => (await moneyVersions(state))[0] as MoneyVersion;

/** @throws EvenkeelError BAD_ENTRY; CONFLICT where amounts that are there would change their meaning */
export async function changeMoney(state: State, fields: MoneyFields, by: string, reason: string, at: number) {
  const fault = moneyFault(fields);
  if (fault) throw refusal('BAD_ENTRY', fault.why, { what: `the setting ${fault.field} ${shownName(fault.value)}` });
  await state.transaction().execute(async (db) => {
    const { version, currency } = await moneyNow(db);
    if (minorDigits(currency) !== minorDigits(fields.currency)) {
      const priced = db.selectFrom('products').select('name').where('entitlements', '<>', '[]').limit(1);
      const cost =
        (await db.selectFrom('costs').select('name').limit(1).executeTakeFirst()) ?? (await priced.executeTakeFirst());
      if (cost) {
        const problem = `amounts in ${currency} are there, such as "${cost.name}", and ${fields.currency} has another number of decimals; remove them first`;
        throw fail('CONFLICT', { problem });
      }
    }
    const { hourCents: hour_cents, expected } = fields;
    const row = { version: version + 1, at, by_user: by, reason, currency: fields.currency, hour_cents };
    await db
      .insertInto('money_settings')
      .values({ ...row, expected: JSON.stringify([...new Set(expected)]) })
      .execute();
  });
}
