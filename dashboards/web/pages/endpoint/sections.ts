/**
 * The sections of an endpoint's inventory, as the pages read them. The collector has checked their shape; a section
 * that has not come yet is null, which is something else than an empty list.
 */
import type { EndpointDetail } from '../../../../shared/api.ts';
import type {
  BackupJob,
  CheckState,
  Hardware,
  HealthItem,
  Host,
  OsState,
  PatchState,
  SoftwareItem,
} from '../../../../shared/inventory.ts';
import { formatReasons } from '../../words/reason.ts';

interface SectionData {
  host: Host;
  hardware: Hardware;
  checks: CheckState[];
  backups: BackupJob[];
  patches: PatchState[];
  os: OsState;
  health: HealthItem[];
  software: SoftwareItem[];
}

export interface Seen<T> {
  data: T;
  /** ms, when the endpoint saw it. */
  at: number;
}

export function sectionOf<N extends keyof SectionData>(detail: EndpointDetail, name: N): Seen<SectionData[N]> | null {
  const found = detail.sections.find((section) => section.section === name);
  return found ? { data: found.data as SectionData[N], at: found.at } : null;
}

/** Why a check has no result, where the agent reported it; null otherwise. */
export function reasonOfCheck(detail: EndpointDetail, name: RegExp): string | null {
  const states = sectionOf(detail, 'checks')?.data ?? [];
  return formatReasons(states.find((state) => name.test(state.check) && state.status !== 'ok')?.reason) || null;
}
