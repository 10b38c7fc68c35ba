/** How software is used at the end of a period, and of which class what is installed is. */
import { moneyNow } from '../costs/money.ts';
import { installsByClass, licencesAt } from '../software/licences.ts';
import type { State } from '../state/open.ts';
import type { SoftwareClass, SoftwareProduct } from './formulas/software.ts';
import type { KpiQuestion } from './question.ts';

export interface SoftwareFacts {
  currency: string;
  products: readonly (SoftwareProduct & { name: string })[];
  installs: readonly { flags: readonly SoftwareClass[]; n: number }[];
}

/** Inventories keep no past: of an end longer ago than a month closes late, the use is not known any more. */
const knownForMs = 40 * 86_400_000;

const classOf = { approved: 'licensed', free: 'freeware', high_risk: 'high_risk', unwanted: 'malware' } as const;

/** Null where it cannot be known, and of a part of the fleet: what was bought is of all of it. */
export async function readSoftware(state: State, question: KpiQuestion): Promise<SoftwareFacts | null> {
  const { window, now, zone, scope = {} } = question;
  if (Object.values(scope).some((one) => one !== undefined) || now - window.end > knownForMs) return null;
  const licences = await licencesAt(state, window.end, zone);
  const products = licences.map(({ id, name, entitled, isBought, installed, used, usageUnknown, unitCents }) => {
    return { id, name, entitled: isBought ? entitled : 0, installed, used, usageUnknown, unitCost: unitCents };
  });
  const installs = (await installsByClass(state)).map(({ class: own, n }) => ({
    flags: own === 'unknown' ? [] : [classOf[own]],
    n,
  }));
  return { currency: (await moneyNow(state)).currency, products, installs };
}
