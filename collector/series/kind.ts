/**
 * The seam to kinds of backends: what is set for one, and how it is opened. One more: a file with its `SeriesKind`, and a
 * line in index.ts.
 */
import type { TSchema } from 'typebox';
import type { Fault } from '../../shared/shape.ts';
import type { SeriesStore } from './series.ts';
import type { SeriesSettings } from './store.ts';

/** `series:` of evenkeel.yaml as it was written, without `kind`. */
export type SeriesSection = Readonly<Record<string, unknown>>;

export interface SeriesKind {
  kind: string;
  /** Its keys; all of them optional, because the section is shared by all kinds. */
  keys: Readonly<Record<string, TSchema>>;
  /** What is wrong with keys that are each of their shape, by the key. */
  faults?(section: SeriesSection): Fault[];
  /** @param section without faults; the text of the file that `password_file` names stands under `password`, and so on */
  place(section: SeriesSection): SeriesPlace;
}

/** One backend, as it is set. */
export interface SeriesPlace {
  /** For people: where it keeps the samples. */
  name: string;
  /** The address to which it sends a password. */
  secretTo?: string;
  /** @param tagsOf `host` and `site` of an endpoint, for a backend that others read as well */
  open(settings: SeriesSettings, tagsOf: (endpoint: string) => Record<string, string>): Promise<SeriesStore>;
}
