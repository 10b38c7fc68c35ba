/** How many people several impacts hit at once, and which incident each loss is credited to. */

/** How many people, or which. */
export type PeopleHit = number | readonly string[];

/** A segment of impact on one group, inside the period. */
export interface ImpactLayer {
  /** Of the incident. */
  id: string;
  start: number;
  end: number;
  /** When the segment began, which may be before the period. */
  since: number;
  factor: number;
  people: PeopleHit;
  confirmed: boolean;
  /** All that it is about was in accepted planned work. */
  isPlanned: boolean;
  isOpen: boolean;
}

export interface Credit {
  id: string;
  bucket: 'lost' | 'unconfirmed' | 'planned';
  /** People times factor. */
  people: number;
}

/**
 * Each person is lost with the largest factor that hits them. The confirmed come first, so that they do not depend on
 * guesses; then the larger factor, then the earlier. In layers from factor to factor: at each, whom an earlier impact
 * hit is not counted again.
 */
export function creditOf(active: readonly ImpactLayer[], headcount: number): Credit[] {
  const ranked = ranking(active);
  const levels = [...new Set(ranked.map(({ factor }) => factor))].sort((a, b) => b - a);
  const credits = ranked.map(
    ({ id, confirmed, isPlanned }): Credit => ({
      ...{ id, bucket: isPlanned ? 'planned' : confirmed ? 'lost' : 'unconfirmed', people: 0 },
    }),
  );
  levels.forEach((level, n) => {
    const height = level - (levels[n + 1] ?? 0);
    const crowd = createCrowd(headcount);
    ranked.forEach(({ factor, people }, index) => {
      if (factor >= level) (credits[index] as Credit).people += crowd.add(people) * height;
    });
  });
  return credits.filter(({ people }) => people > 0);
}

/** People who are confirmed to be unable to work at all, and not by planned work. */
export function stoppedOf(active: readonly ImpactLayer[], headcount: number): number {
  const crowd = createCrowd(headcount);
  const full = active.filter(({ factor, confirmed, isPlanned }) => factor >= 1 && confirmed && !isPlanned);
  return full.reduce((sum, { people }) => sum + crowd.add(people), 0);
}

const ranking = (active: readonly ImpactLayer[]) =>
  active.toSorted(
    (a, b) =>
      Number(b.confirmed) - Number(a.confirmed) ||
      b.factor - a.factor ||
      a.since - b.since ||
      (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  );

/** The smallest number of people that the counts and names allow, never above the head count. */
function createCrowd(headcount: number) {
  const named = new Set<string>();
  let counted = 0;
  let size = 0;
  return {
    /** @returns how many are new */
    add(people: PeopleHit): number {
      if (typeof people === 'number') counted = Math.max(counted, people);
      else for (const id of people) named.add(id);
      const before = size;
      size = Math.min(headcount, Math.max(counted, named.size));
      return size - before;
    },
  };
}
