/** How much of the software that was paid for is in use. Without telemetry, use is unknown: neither used nor unused. */
import { distinct, percentOf } from './numbers.ts';

/** Counted in units of the licence: seats, devices or users. */
export interface SoftwareProduct {
  id: string;
  /** Null: unlimited. */
  entitled: number | null;
  installed: number;
  /** Started in the last 90 days. */
  used: number;
  /** Units without telemetry of use. */
  usageUnknown: number;
  /** Cents per unit. */
  unitCost: number;
}

export type SoftwareClass = 'malware' | 'high_risk' | 'freeware' | 'licensed';

export interface SoftwareInput {
  products?: readonly SoftwareProduct[];
  /** Each install is in one class, the worst of its flags. */
  installs?: readonly { flags: readonly string[]; n: number }[];
}

export interface Utilisation {
  pct: number | null;
  /** If all units of unknown use were unused, and used. */
  lowPct: number | null;
  highPct: number | null;
}

export interface ProductUse extends Utilisation {
  id: string;
  /** `used` of `known` units count; both 0 where nothing is entitled. */
  used: number;
  known: number;
  installedUnused: number;
  unallocated: number;
  overDeployed: number;
}

export interface SoftwareUtilisation {
  bySeats: Utilisation;
  byCost: Utilisation;
  products: ProductUse[];
  classes: { n: number; pct: Record<SoftwareClass, number | null>; unclassified: number };
}

const classes: readonly SoftwareClass[] = ['malware', 'high_risk', 'freeware', 'licensed'];

export function softwareUtilisation({ products = [], installs = [] }: SoftwareInput): SoftwareUtilisation {
  const own = distinct(products).map((product) => ({ product, use: useOf(product) }));
  const bySeats = own.map(({ use }) => ({ ...use.bounds, each: 1 }));
  const byCost = own.map(({ use, product }) => ({ ...use.bounds, each: product.unitCost }));
  const count = (which: SoftwareClass | undefined) =>
    installs.reduce((sum, { flags, n }) => (classes.find((one) => flags.includes(one)) === which ? sum + n : sum), 0);
  const n = installs.reduce((sum, install) => sum + install.n, 0);
  const [malware, high_risk, freeware, licensed] = classes.map((one) => percentOf(count(one), n)) as number[];
  return {
    bySeats: utilisationOf(bySeats),
    byCost: utilisationOf(byCost),
    products: own.map(({ product, use: { bounds, ...use } }) => ({
      id: product.id,
      ...utilisationOf([{ ...bounds, each: 1 }]),
      used: bounds.used,
      known: bounds.known,
      ...use,
    })),
    classes: {
      n,
      pct: {
        licensed: licensed ?? null,
        freeware: freeware ?? null,
        high_risk: high_risk ?? null,
        malware: malware ?? null,
      },
      unclassified: count(undefined),
    },
  };
}

interface Bounds {
  used: number;
  known: number;
  unknown: number;
}

function useOf({ entitled, installed, used, usageUnknown }: SoftwareProduct) {
  const units = entitled ?? 0;
  const unknown = Math.min(usageUnknown, units);
  const known = units - unknown;
  return {
    bounds: { used: Math.min(used, known), known, unknown },
    installedUnused: Math.max(0, installed - used - usageUnknown),
    unallocated: Math.max(0, units - installed),
    // What needs no licence cannot be installed too often.
    overDeployed: units > 0 ? Math.max(0, installed - units) : 0,
  };
}

function utilisationOf(parts: readonly (Bounds & { each: number })[]): Utilisation {
  const sum = (key: keyof Bounds) => parts.reduce((total, part) => total + part[key] * part.each, 0);
  const [used, known, unknown] = [sum('used'), sum('known'), sum('unknown')];
  return {
    pct: percentOf(used, known),
    lowPct: percentOf(used, known + unknown),
    highPct: percentOf(used + unknown, known + unknown),
  };
}
