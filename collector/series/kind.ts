/**
 * The interface of kinds of backends: the settings of one, and how it is opened. To add one: a file with its
 * `SeriesKind`, and a line in index.ts.
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
  /** Faults of keys that are each valid by themselves, by key. */
  faults?(section: SeriesSection): Fault[];
  /** @param section without faults; the text of the file that `password_file` names stands under `password`, etc. */
  place(section: SeriesSection): SeriesPlace;
}

/** One backend, as it is set. */
export interface SeriesPlace {
  /** For people: where the samples are kept. Without user and password. */
  name: string;
  isInDataFolder: boolean;
  /** The address to which a password is sent. */
  secretTo?: string;
  /** @param tagsOf `host` and `site` of an endpoint, for a backend that others read as well */
  open(settings: SeriesSettings, tagsOf: (endpoint: string) => Record<string, string>): Promise<SeriesStore>;
}
