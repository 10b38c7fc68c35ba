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

/** Rows, of all that there are. */
export type FillProgress = (done: number, total: number) => void;

export interface FilledSeries {
  /** Rows of this run, and of runs before it. */
  copied: number;
  before: number;
  /** Values that the backend takes never, such as ones that it would have ended already. */
  refused: number;
  /** Parts of which it holds fewer rows than it was given. */
  missing: { resolution: string; from: number; copied: number; held: number }[];
  /** Questions that both were asked, and those that they answer differently. */
  compared: number;
  differ: string[];
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
  /** Copies what the embedded backend holds in the same folder; nobody else may have that open. */
  fill?(
    settings: SeriesSettings,
    tagsOf: (endpoint: string) => Record<string, string>,
    progress: FillProgress,
    signal: AbortSignal,
  ): Promise<FilledSeries>;
}
