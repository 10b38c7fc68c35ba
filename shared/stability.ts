/** What the sentences about the stability index say, on the page and in the mail. Pure. */
import type { KpiValue, Stability } from './api.ts';

/** Points that nobody would tell apart. */
const alike = 0.5;

/** The part with the lowest score, and those that took the most points or nearly so: none hides another. Most first. */
export function limitingParts({ index, parts }: Pick<Stability, 'index' | 'parts'>): Stability['parts'] {
  if (index.limitedBy === null) return [];
  const least = Math.max(...parts.map(({ lost }) => lost)) - alike;
  return parts
    .filter(({ part, lost }) => part === index.limitedBy?.part || (lost > 0 && lost >= least))
    .sort((a, b) => b.lost - a.lost);
}

/** Why a difference is not clear: late facts may change either number, or it is within their ranges. */
export const unclearBecause = ({ provisional, compared }: Pick<Stability, 'provisional' | 'compared'>) =>
  provisional || compared?.provisional ? 'provisional' : 'range';

export const besideOf = (kpi: KpiValue | undefined, code: string): number | null =>
  kpi?.beside.find((one) => one.code === code)?.value ?? null;

type MovedPart = Stability['parts'][number]['part'] | 'composition';

/** The part that moved the index most in the direction in which it went. */
export function mostMoved({ change, byPart, composition }: NonNullable<Stability['before']>): MovedPart {
  const isWorse = change < 0;
  const moved: [string, number][] = [...Object.entries(byPart), ['composition', composition]];
  const [most] = moved.sort((a, b) => (isWorse ? a[1] - b[1] : b[1] - a[1]));
  return (most?.[0] ?? 'composition') as MovedPart;
}

export interface CauseRow extends NonNullable<Stability['causes'][number]> {
  unconfirmed: number;
  planned: number;
  isOpen: boolean;
}

/** What took points, and the incidents of which nobody has confirmed yet what they cost. */
export function causeRows({ causes, incidents }: Pick<Stability, 'causes' | 'incidents'>): CauseRow[] {
  const left = new Map(incidents.map((incident) => [incident.ticket.id, incident]));
  const rows = causes.map((cause): CauseRow => {
    const hours = cause.ticket ? left.get(cause.ticket.id) : undefined;
    if (hours) left.delete(hours.ticket.id);
    const { unconfirmed = 0, planned = 0, isOpen = false } = hours ?? {};
    return { ...cause, unconfirmed, planned, isOpen };
  });
  const rest = [...left.values()].map(
    ({ ticket, lost, ...hours }): CauseRow => ({
      ...{ ticket, endpoint: null, points: 0, byPart: {}, hours: lost },
      ...hours,
    }),
  );
  return [...rows, ...rest.toSorted((a, b) => b.unconfirmed + b.hours - a.unconfirmed - a.hours)];
}
