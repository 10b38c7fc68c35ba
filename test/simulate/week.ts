/**
 * A scripted week of a simulated fleet against the collector's own rooms: its state, its inventory, its rules and alerts,
 * on a clock that is moved by hand. Nothing waits for the wall clock, and nothing but the machines is made up.
 */

import { noteInstalls } from '../../collector/changes/observe.ts';
import { withBackupAges } from '../../collector/fleet/backup-age.ts';
import { createInventory } from '../../collector/fleet/inventory.ts';
import type { BackupJob } from '../../shared/inventory.ts';
import type { Report } from '../../shared/report.ts';
import { sectionOf } from '../../shared/section.ts';
import { hour, minute, openScene, type Scene } from '../collector/alerts/scene.ts';
import { createMeasuring, type Measuring } from './agent.ts';
import { isAsleep, isRestarting, type Machine } from './machine.ts';
import { has } from './troubles.ts';

export const stepMs = 5 * minute;

const quietEvery = 6 * stepMs;

export interface WeekAlert {
  endpoint: string;
  rule: string;
  severity: string;
  /** When it fired and was resolved, ms since the start. */
  firedAt: number;
  resolvedAt: number | null;
}

/** For messages of a test. */
export const lineOf = ({ endpoint, rule, severity, firedAt, resolvedAt }: WeekAlert) =>
  `${endpoint}: ${rule} ${severity} at ${(firedAt / hour).toFixed(1)} h${resolvedAt === null ? '' : `, resolved at ${(resolvedAt / hour).toFixed(1)} h`}`;

/** An hour in which this machine cannot reach the collector: its reports come afterwards, as backlog. */
export interface Gap {
  endpoint: string;
  from: number;
  to: number;
}

interface Guest {
  id: string;
  machine: Machine;
  measuring: Measuring;
  sections: [section: string, data: unknown][];
  /** As the inventory has them. */
  backups: BackupJob[] | null;
  isHere: boolean;
  seq: number;
  backlog: Report[];
}

export interface WeekOptions {
  machines: ReadonlyMap<string, Machine>;
  startAt: number;
  days: number;
  gaps?: readonly Gap[];
  sites?: ReadonlyMap<string, string>;
  /** Nothing happens to this machine for a while: it is enough that it reports each half hour. */
  isQuiet?(endpoint: string, at: number): boolean;
  /** The scene with these machines, where it is to be another than one with a single channel. */
  open?(): Promise<Scene>;
  /** What people do at a step, and what is read at the end. */
  onStep?(scene: Scene, at: number): Promise<void>;
  onEnd?(scene: Scene): Promise<void>;
}

/** @returns every alert that fired; pending ones that came to nothing are none */
export async function runWeek({
  machines,
  startAt,
  days,
  gaps = [],
  sites,
  open,
  isQuiet,
  onStep,
  onEnd,
}: WeekOptions): Promise<WeekAlert[]> {
  const endpoints = Object.fromEntries([...machines].map(([id, machine]) => [id, machine.kind]));
  const scene = open ? await open() : await openScene({ endpoints, startAt, ...(sites ? { sites } : {}) });
  const inventory = createInventory(scene.state, noteInstalls);
  const clock = { now: scene.now, monotonic: scene.now };
  const guests = [...machines].map(([id, machine]): Guest => {
    const sections: Guest['sections'] = [];
    const send = (section: string, data: unknown) => void sections.push([section, data]);
    const measuring = createMeasuring({ machine, clock, waiting: () => 0, send });
    return { id, machine, measuring, sections, backups: null, isHere: false, seq: 0, backlog: [] };
  });

  const endpoint = (id: string) => scene.fleet.get(id) as NonNullable<ReturnType<typeof scene.fleet.get>>;
  const epoch = '0'.repeat(32);

  async function measure(guest: Guest): Promise<Report> {
    const found = await guest.measuring.measure();
    return { v: 1, epoch, seq: ++guest.seq, at: scene.now(), interval_s: stepMs / 1000, ...found };
  }

  /** With what the collector makes of it, as its wiring does. */
  async function judge({ id, backups }: Guest, report: Report): Promise<void> {
    await scene.alerts.onReport(endpoint(id), withBackupAges(report, backups, scene.now()), true);
  }

  /** As the road does: seen, kept, judged. */
  async function deliver(guest: Guest, report: Report): Promise<void> {
    scene.fleet.seen(guest.id, scene.now(), 0, stepMs);
    for (const [section, data] of guest.sections.splice(0)) {
      const at = scene.now();
      // Through JSON, as on the wire.
      const message = JSON.parse(JSON.stringify({ v: 1, epoch, seq: ++guest.seq, at, section, data }));
      const checked = sectionOf(message);
      await inventory.save(guest.id, checked, at);
      const metrics = await inventory.derive(guest.id, checked, at);
      if (section === 'backups') guest.backups = message.data;
      if (metrics.length > 0) await judge(guest, { v: 1, epoch, seq: guest.seq, at, metrics });
    }
    await judge(guest, report);
  }

  async function leave(guest: Guest, at: number): Promise<void> {
    guest.isHere = false;
    const isGone = has(guest.machine, 'silent', at);
    if (isGone) return scene.presence(guest.id, 'lost', 'will');
    await scene.presence(guest.id, 'offline', isRestarting(guest.machine, at) ? 'restart' : 'sleep');
  }

  async function step(guest: Guest, at: number): Promise<void> {
    const { machine, id } = guest;
    if (has(machine, 'silent', at) || isAsleep(machine, at) || isRestarting(machine, at)) {
      if (guest.isHere) await leave(guest, at);
      return;
    }
    const isCut = gaps.some((gap) => gap.endpoint === id && at >= startAt + gap.from && at < startAt + gap.to);
    if (isCut) {
      if (guest.isHere) await scene.presence(id, 'lost', 'will');
      guest.isHere = false;
      guest.backlog.push(await measure(guest));
      return;
    }
    if (!guest.isHere) {
      guest.isHere = true;
      await scene.presence(id, 'online');
    }
    if (isQuiet?.(id, at - startAt) && (at - startAt) % quietEvery !== 0) return;
    await deliver(guest, await measure(guest));
    for (const late of guest.backlog.splice(0)) await scene.alerts.onReport(endpoint(id), late, false);
  }

  for (const end = startAt + days * 24 * 60 * minute; scene.now() < end; ) {
    // Side by side: their changes of presence share their commits.
    await Promise.all(guests.map((guest) => step(guest, scene.now())));
    await onStep?.(scene, scene.now());
    await scene.wait(stepMs, stepMs);
  }
  await onEnd?.(scene);
  const rows = await scene.alertRows();
  await scene.close();
  return rows.flatMap((row) =>
    row.fired_at === null
      ? []
      : [
          {
            endpoint: row.endpoint,
            rule: row.rule,
            severity: row.severity,
            firedAt: row.fired_at - startAt,
            resolvedAt: row.resolved_at === null ? null : row.resolved_at - startAt,
          },
        ],
  );
}
