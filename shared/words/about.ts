/** What a language is: facts about it. */

/** What a language is beside its words. */
export interface About {
  /** In itself, as people who read it know it. */
  name: string;
  /** Of the switch on every page. */
  short: string;
  /** For Intl. With a region where dates differ by it. */
  locale: string;
  /** The form of `3d 4h` that reads best. */
  durations: 'narrow' | 'short';
  /** Between the parts of a list that have commas of their own. */
  separator: string;
}

/**
 * One language of `list.ts`. Its words come as files of their own, so that a browser loads the language it shows only,
 * more of them with the first page that is not the fleet, and the many sentences for reasons when a page or an error needs them.
 */
export interface Listed {
  about: About;
  file: () => Promise<{ words: object }>;
  more: () => Promise<{ more: object }>;
  reasons: () => Promise<{ reasons: object; phrases?: Readonly<Record<string, string>> }>;
}
