/** A believable machine: what it is and does is a function of its seed and the time, so nothing has to be remembered. */
import { createRandom, noise, pick } from './random.ts';
import { type Trouble, troubleKinds } from './troubles.ts';

const minute = 60_000;
const day = 86_400_000;
const gib = 1024 ** 3;

export interface Machine {
  seed: number;
  kind: 'server' | 'workstation';
  hostname: string;
  os: { name: string; version: string; platform: string };
  cores: number;
  memoryBytes: number;
  diskBytes: number;
  /** Share of the CPU in a quiet hour, and how much more at the busiest, percent. */
  quietCpu: number;
  busyCpu: number;
  /** The disk: percent at the start of a cycle, and how many days until it is cleaned up. */
  diskStart: number;
  diskDays: number;
  rebootDays: number;
  /** A laptop sleeps this share of the time. */
  sleepShare: number;
  /** Hours from UTC. */
  zone: number;
  /** What is wrong with it, and since when. */
  troubles: readonly Trouble[];
  /** When it is away, in order of time, from its first start on; without, it naps and restarts at a rhythm of its own. */
  absences?: readonly Absence[];
}

/** cut: the machine runs, and nothing of it reaches the collector. */
export type AbsenceKind = 'sleep' | 'restart' | 'crash' | 'power_loss' | 'cut';

export interface Absence {
  /** ms UTC: the last proof of life before. */
  from: number;
  /** ms UTC: its agent signs on again. */
  to: number;
  how: AbsenceKind;
}

const systems = [
  { name: 'Debian GNU/Linux', version: '13', platform: 'linux' },
  { name: 'Ubuntu', version: '24.04', platform: 'linux' },
  { name: 'Microsoft Windows Server 2022', version: '10.0.20348', platform: 'win32' },
] as const;
const desktops = [
  { name: 'Microsoft Windows 11 Pro', version: '10.0.26100', platform: 'win32' },
  { name: 'macOS', version: '15.2', platform: 'darwin' },
] as const;
const roles = ['web', 'db', 'mail', 'files', 'build', 'proxy'] as const;
const people = ['amber', 'birch', 'cedar', 'delta', 'ember', 'flint', 'grove', 'heron'] as const;

/** Of a fleet like this one machine in so many has a trouble. */
const troubledOf = 8;
/** They do not all begin today. */
const troubledFor = 10 * day;

/** @param now ms UTC: troubles began in the days before. @param given its kind, where it is not left to chance */
export function makeMachine(fleetSeed: number, n: number, now = Date.now(), given?: Machine['kind']): Machine {
  const seed = Math.imul(fleetSeed + 1, 7919) + n;
  const random = createRandom(seed);
  const drawn = random() < 0.4 ? 'server' : 'workstation';
  const kind = given ?? drawn;
  const isServer = kind === 'server';
  return {
    seed,
    kind,
    hostname: `${isServer ? pick(random, roles) : pick(random, people)}-${String(n + 1).padStart(4, '0')}`,
    os: isServer ? pick(random, systems) : pick(random, desktops),
    cores: pick(random, isServer ? [4, 8, 16] : [4, 8]),
    memoryBytes: pick(random, isServer ? [16, 32, 64] : [8, 16]) * gib,
    diskBytes: pick(random, [256, 512, 1024]) * gib,
    quietCpu: 1 + random() * 8,
    busyCpu: 10 + random() * (isServer ? 50 : 30),
    diskStart: 20 + random() * 40,
    diskDays: 10 + random() * 80,
    rebootDays: 7 + random() * 30,
    sleepShare: !isServer && random() < 0.5 ? 0.1 + random() * 0.2 : 0,
    zone: pick(random, [-5, 0, 1, 9]),
    troubles: random() < 1 / troubledOf ? [{ kind: pick(random, troubleKinds), from: now - troubledFor }] : [],
  };
}

/** 0 at night, 1 in the middle of a working day, less at weekends. */
export function rhythm(machine: Machine, at: number): number {
  const local = at + machine.zone * 3_600_000;
  const hour = (local % day) / 3_600_000;
  const weekday = (Math.floor(local / day) + 4) % 7;
  const work = Math.exp(-(((hour - 14) / 4.5) ** 2));
  return work * (weekday === 0 || weekday === 6 ? 0.25 : 1);
}

const startsAnew: ReadonlySet<AbsenceKind> = new Set(['restart', 'crash', 'power_loss']);
/** Of the machine's start. */
const agentStartsAfter = 20_000;

export const absenceAt = (machine: Machine, at: number): Absence | undefined =>
  machine.absences?.find(({ from, to }) => at >= from && at < to);

/** When the machine was last started, ms UTC: at a steady rhythm of its own. */
export function bootedAt(machine: Machine, at: number): number {
  const start = machine.absences?.findLast(({ to, how }) => to <= at && startsAnew.has(how));
  if (start) return start.to - agentStartsAfter;
  const every = machine.rebootDays * day;
  const phase = noise(machine.seed, 1) * every;
  return Math.floor((at - phase) / every) * every + phase;
}

/** Whether a laptop's lid is closed: naps of a few minutes, each in its own place of a 30 min slot. */
export function isAsleep(machine: Machine, at: number): boolean {
  if (machine.absences) return absenceAt(machine, at)?.how === 'sleep';
  if (machine.sleepShare === 0) return false;
  const slot = 30 * minute;
  const into = (at % slot) / slot;
  const start = noise(machine.seed, Math.floor(at / slot)) * (1 - machine.sleepShare);
  return into >= start && into < start + machine.sleepShare;
}

/** Down for a minute and a half around each start. */
export function isRestarting(machine: Machine, at: number): boolean {
  if (machine.absences) return absenceAt(machine, at) !== undefined && !isAsleep(machine, at);
  return at - bootedAt(machine, at) < 1.5 * minute;
}
