/** Of each product how many units are owned, installed, used, and of unknown use. */
import { nameKey } from '../../shared/place-name.ts';
import type { State } from '../state/open.ts';
import type { Entitlement, LicenceUnit, ProductClass } from './check.ts';

const day = 86_400_000;
/** A start within these days is use. */
const usedDays = 90;
/** What an endpoint said before it fell silent for so long says nothing of now. */
const silentDays = 30;

export interface LicenceUse {
  id: string;
  name: string;
  class: ProductClass;
  /** Null: unlimited, or nothing was bought: see `isBought`. */
  entitled: number | null;
  isBought: boolean;
  unit: LicenceUnit;
  /** Mean price of a unit. */
  unitCents: number;
  installed: number;
  used: number;
  usageUnknown: number;
}

export interface UnitUse {
  /** Latest known start; null: no telemetry. */
  lastUsed: number | null;
  /** Its endpoint has been silent. */
  isSilent: boolean;
}

/** Units by how they are used at an instant. Pure. */
export function countUnits(units: Iterable<UnitUse>, at: number) {
  const counts = { installed: 0, used: 0, usageUnknown: 0 };
  for (const { lastUsed, isSilent } of units) {
    counts.installed++;
    if (lastUsed === null || isSilent) counts.usageUnknown++;
    else if (lastUsed >= at - usedDays * day) counts.used++;
  }
  return counts;
}

interface InstallUse extends UnitUse {
  endpoint: string;
}
interface StatedUse {
  unit: string;
  lastUsed: number;
}

/**
 * The units of one product. A device counts once, whoever stated its use. Which user sits at a device is not known, so of a
 * licence by user only what people stated is known, and there every user once.
 */
export function unitsOf(unit: LicenceUnit, installs: readonly InstallUse[], stated: readonly StatedUse[]): UnitUse[] {
  const byUser = unit === 'user';
  const units = new Map<string, UnitUse>();
  if (!byUser || stated.length === 0)
    for (const { endpoint, lastUsed, isSilent } of installs)
      units.set(nameKey(endpoint), { lastUsed: byUser ? null : lastUsed, isSilent });
  for (const { unit: name, lastUsed } of stated) {
    const known = units.get(nameKey(name));
    units.set(nameKey(name), { lastUsed: Math.max(lastUsed, known?.lastUsed ?? 0), isSilent: false });
  }
  return [...units.values()];
}

/** What holds of what was bought at an instant. */
function entitledAt(entitlements: readonly Entitlement[], date: string) {
  const own = entitlements.filter(({ from, to }) => from <= date && (to === null || date <= to));
  const isUnlimited = own.some(({ count }) => count === null);
  const count = own.reduce((sum, one) => sum + (one.count ?? 0), 0);
  const cents = own.reduce((sum, one) => sum + (one.count ?? 0) * one.unitCents, 0);
  return {
    entitled: isUnlimited ? null : count,
    isBought: isUnlimited || count > 0,
    unit: entitlements[0]?.unit ?? 'device',
    unitCents: count > 0 ? cents / count : 0,
  };
}

/** @param zone of the dates. In the order of the names */
export async function licencesAt(state: State, at: number, zone: string): Promise<LicenceUse[]> {
  const products = await state.selectFrom('products').selectAll().orderBy('name_key').execute();
  const installs = await state
    .selectFrom('installs as i')
    .innerJoin('software_titles as t', 't.id', 'i.title')
    .innerJoin('endpoints as e', 'e.id', 'i.endpoint')
    .select(['t.product', 'e.name as endpoint', 'e.last_seen_at'])
    .select(({ fn }) => fn.max('i.last_used').as('last_used'))
    .where('t.product', 'is not', null)
    .where('e.retired_at', 'is', null)
    .groupBy(['t.product', 'e.name', 'e.last_seen_at'])
    .execute();
  const byProduct = Map.groupBy(installs, ({ product }) => product as string);
  const stated = Map.groupBy(
    await state.selectFrom('software_usage').select(['product', 'unit', 'last_used']).execute(),
    ({ product }) => product,
  );
  const date = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate().toString();
  return products.map((product) => {
    const bought = entitledAt(JSON.parse(product.entitlements) as Entitlement[], date);
    const units = unitsOf(
      bought.unit,
      (byProduct.get(product.id) ?? []).map(({ endpoint, last_used: lastUsed, last_seen_at: seenAt }) => {
        return { endpoint, lastUsed, isSilent: seenAt === null || seenAt < at - silentDays * day };
      }),
      (stated.get(product.id) ?? []).map(({ unit, last_used: lastUsed }) => ({ unit, lastUsed })),
    );
    return {
      ...{ id: product.id, name: product.name, class: product.class as ProductClass },
      ...bought,
      ...countUnits(units, at),
    };
  });
}

/** How many installs there are of each class; titles of no product are of an unknown one. */
export async function installsByClass(state: State): Promise<{ class: ProductClass; n: number }[]> {
  const rows = await state
    .selectFrom('software_versions as v')
    .innerJoin('software_titles as t', 't.id', 'v.title')
    .leftJoin('products as p', 'p.id', 't.product')
    .select('p.class')
    .select(({ fn }) => fn.sum<number>('v.endpoints').as('n'))
    .groupBy('p.class')
    .execute();
  return rows.map(({ class: own, n }) => ({ class: (own ?? 'unknown') as ProductClass, n: Number(n) }));
}
