/** Damage that happens to outputs on their way: cut off, bytes flipped, lines lost, doubled or swapped. */
import fc from 'fast-check';

export function damaged(text: string): fc.Arbitrary<string> {
  const length = Math.max(1, text.length);
  const lines = text.split('\n');
  const cut = fc.nat(length).map((at) => text.slice(0, at));
  const head = fc.nat(length).map((at) => text.slice(at));
  const flips = fc
    .array(fc.tuple(fc.nat(length - 1), fc.integer({ min: 0, max: 0xffff })), { minLength: 1, maxLength: 8 })
    .map((changes) => {
      const characters = text.split('');
      for (const [at, code] of changes) characters[at] = String.fromCharCode(code);
      return characters.join('');
    });
  const dropped = fc
    .array(fc.boolean(), { minLength: lines.length, maxLength: lines.length })
    .map((keep) => lines.filter((_, index) => keep[index]).join('\n'));
  const doubled = fc.nat(lines.length - 1).map((at) => [...lines.slice(0, at + 1), ...lines.slice(at)].join('\n'));
  return fc.oneof(cut, head, flips, dropped, doubled);
}

/** Anything at all. */
export const noise = fc.oneof(fc.string({ maxLength: 300 }), fc.json(), fc.string({ unit: 'binary', maxLength: 200 }));

export interface Reader {
  name: string;
  /** An answer that tells of something wrong or waiting: after damage it may tell less, but not "nothing, all is well". */
  sample: string;
  /** True when the reading claims that there is nothing to do, or that all is well. */
  claimsNothing(text: string): boolean;
}

/**
 * @returns how many damaged texts were read
 * @throws when a reader throws, or claims "nothing" of a damaged text in which something still stands
 */
export function tryToFool(reader: Reader, runs: number): void {
  fc.assert(
    fc.property(damaged(reader.sample), (text) => {
      const nothing = reader.claimsNothing(text);
      // An output that is wholly lost is the caller's to judge, by the exit code and the age of the lists.
      return !nothing || text.trim() === '';
    }),
    { numRuns: runs },
  );
  fc.assert(
    fc.property(noise, (text) => {
      reader.claimsNothing(text);
    }),
    { numRuns: Math.ceil(runs / 4) },
  );
}
