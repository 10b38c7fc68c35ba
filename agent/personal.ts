/** What of a section is about people, and is left out where privacy is set so. Pure. */
import type { Privacy } from '../shared/agent-settings.ts';
import type { Hardware, HealthItem, SectionName, SoftwareItem } from '../shared/inventory.ts';
import { reason } from '../shared/reason.ts';

/** The section as it is sent. What is held back is null or says so, never something that looks like "none". */
export function withoutPersonal(section: SectionName, data: unknown, privacy: Privacy): unknown {
  if (section === 'hardware') return hardwareWithout(data as Hardware, privacy);
  if (section === 'health' && privacy.users === false) return (data as HealthItem[]).map(itemWithout);
  // The section has no other way to say so; the state of the check does.
  if (section === 'software' && privacy.software === false) return [];
  if (section === 'software' && privacy.usage === false)
    return (data as SoftwareItem[]).map((one) => ({ ...one, lastUsed: null }));
  return data;
}

function hardwareWithout(data: Hardware, { addresses, serials }: Privacy): Hardware {
  return {
    ...data,
    ...(serials === false && { serial: null, disks: (data.disks ?? []).map((disk) => ({ ...disk, serial: null })) }),
    ...(addresses === false && {
      interfaces: (data.interfaces ?? []).map((one) => ({ ...one, mac: null, addresses: [] })),
    }),
  };
}

function itemWithout(one: HealthItem): HealthItem {
  if (one.kind !== 'users') return one;
  const { users: _, ...details } = one.details;
  return { ...one, summary: [reason('users_held_back')], details };
}
