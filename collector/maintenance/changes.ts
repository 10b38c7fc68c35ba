/** What enters the step `maintain`, and what it leaves to be saved. */
import type { MaintenanceWindow, Occurrence } from './window.ts';

export type MaintenanceEventCode = 'created' | 'changed' | 'skipped' | 'cancelled' | 'approved' | 'extended' | 'ended';

/** For the history: what was done, and from which value to which. */
interface Done {
  by: string;
  code: MaintenanceEventCode;
  params: Record<string, unknown>;
}

export type MaintenanceWish =
  | (Done & { type: 'window'; window: MaintenanceWindow })
  /** Only while it runs. */
  | (Done & { type: 'occurrence'; occurrence: Occurrence })
  /** Saved together: all of them or none. */
  | { type: 'all'; wishes: readonly MaintenanceWish[] }
  /** The endpoint may be at another site, or have other groups or tags. */
  | { type: 'place'; endpoint: string }
  /** A site was renamed, or merged into another: the targets by window, saved already. */
  | { type: 'targets'; targets: ReadonlyMap<string, string> };

export type UnsavedMaintenance =
  | { type: 'window'; window: MaintenanceWindow }
  | { type: 'occurrence'; occurrence: Occurrence }
  | { type: 'member'; occurrence: string; endpoint: string; from: number; to: number | null }
  | { type: 'left'; occurrence: string; endpoint: string; to: number }
  /** All that were still members. */
  | { type: 'over'; window: string; occurrence: string; to: number }
  | { type: 'event'; window: string; at: number; done: Done }
  | { type: 'alert'; id: string; suppressed: boolean };
