/**
 * `npm run bench -- forecast [--seeds 40]`: how well disks are forecast, on simulated ones of several habits and on recorded growth, beside the
 * extrapolation of one hour as Zabbix (`timeleft(…,1h)`) and Netdata do it: error 30 days before they are full, and alarms on
 * disks that never fill.
 */

import { forecast } from '../../collector/evaluate/kinds/forecast.ts';
import { createMemory } from '../../collector/evaluate/kinds/kind.ts';
import { fieldsOf } from '../../collector/forecast/forecasts.ts';
import { fullIn, historyDays } from '../../collector/forecast/full-in.ts';
import { wordsOf } from '../support/arguments.ts';
import { recordedStretches } from './forecast-recorded.ts';

const GiB = 1024 ** 3;
const capacity = 500 * GiB;
const hoursADay = 24;
const ahead = 30;
const lifeDays = 100;

type Random = () => number;
/** Bytes at an hour, before noise; `day` and `hour` of it. */
type Habit = (growth: number, random: Random) => (hour: number) => number;

/** Numbers that are the same in each run. */
function randomOf(seed: number): Random {
  let state = seed * 2654435761;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
const bell = (random: Random) => random() + random() + random() + random() - 2;

const noiseOf = (random: Random, size: number, each = 1) => {
  const values = Array.from({ length: 3 * lifeDays * hoursADay }, () => size * bell(random));
  return (hour: number) => values[Math.floor(hour / each)] ?? 0;
};

/** Growth is in bytes a day. */
const habits: Readonly<Record<string, Habit>> = {
  steady: (growth, random) => {
    const noise = noiseOf(random, growth * 0.2);
    return (hour) => (growth * hour) / 24 + noise(hour);
  },
  'steps each few days': (growth, random) => {
    const phase = random() * 72;
    const noise = noiseOf(random, growth * 0.1);
    return (hour) => growth * 3 * Math.floor((hour + phase) / 72) + noise(hour);
  },
  'weekly cycle': (growth, random) => {
    const noise = noiseOf(random, growth * 0.2);
    const rise = growth * (1 + random());
    // Monday to Friday rises, the weekend deletes.
    const week = [0, 1, 2, 3, 4, 2, 0];
    return (hour) => (growth * hour) / 24 + rise * (week[Math.floor(hour / 24) % 7] ?? 0) + noise(hour);
  },
  'noise from day to day': (growth, random) => {
    const daily = noiseOf(random, growth * 2, 24);
    const hourly = noiseOf(random, growth * 0.3);
    return (hour) => (growth * hour) / 24 + daily(hour) + hourly(hour);
  },
  'log rotation': (growth, random) => {
    const noise = noiseOf(random, growth * 0.1);
    const size = growth * (2 + 2 * random());
    return (hour) => (growth * hour) / 24 + size * ((hour % 168) / 168) + noise(hour);
  },
  'nightly staging': (growth, random) => {
    const noise = noiseOf(random, growth * 0.1);
    const size = capacity * 0.04;
    // Backups lie here from one to three at night.
    return (hour) =>
      (growth * hour) / 24 + (hour % 24 >= 1 && hour % 24 < 3 ? size * (((hour % 24) - 1) / 2) : 0) + noise(hour);
  },
  'a big delete': (growth, random) => {
    const noise = noiseOf(random, growth * 0.2);
    const at = 24 * (45 + Math.floor(random() * 12));
    return (hour) => (growth * hour) / 24 - (hour >= at ? capacity * 0.15 : 0) + noise(hour);
  },
};

/** Grows like `habit` and ends full at the end of its life; or stands still, with the habit's own ups and downs. */
function diskOf(habit: Habit, random: Random, fills: boolean): { at: (hour: number) => number; fullAt: number } {
  const growth = capacity * (0.002 + 0.004 * random());
  const shape = habit(growth, random);
  const trend = fills ? 0 : -growth / 24;
  const raw = (hour: number) => shape(hour) + trend * hour;
  const last = lifeDays * 24;
  // The day on which its highest use first reaches the capacity, by its habit and not by chance: the mean of a week.
  const top = Math.max(...days(raw, 0, lifeDays).slice(-1));
  const base = fills ? capacity - top : capacity * (0.5 + 0.35 * random());
  return { at: (hour) => Math.min(capacity, Math.max(0, base + raw(hour))), fullAt: last };
}

/** Highest use of each whole day. */
function days(at: (hour: number) => number, from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, n) =>
    Math.max(...Array.from({ length: hoursADay }, (_, hour) => at((from + n) * 24 + hour))),
  );
}

const rule = { id: 'r', when: { kind: 'forecast', within_days: 14 } } as const;
const memory = createMemory();

/** Whether the rule would fire with the history until this day. */
function fires(daily: readonly number[], size = capacity): boolean {
  const window = daily.slice(-historyDays - 1);
  const free = 100 - (100 * (daily.at(-1) as number)) / size;
  const fields = fieldsOf(fullIn(window, size), fullIn(window.slice(0, -1), size), free);
  const metric = { name: 'disk_forecast', tags: {}, fields, timestamp: 0 };
  return forecast.judge(rule, metric) === 'breach' && memory.since === 0;
}

/** Days until full by the straight line through one hour; null: it does not rise. */
function byOneHour(at: (hour: number) => number, hour: number, size = capacity): number | null {
  const [now, before] = [at(hour), at(hour - 1)];
  return now > before ? (size - now) / (now - before) / 24 : null;
}

export async function run(args: string[]): Promise<void> {
  const { values } = wordsOf({ args, options: { seeds: { type: 'string', default: '40' } } });
  const seeds = Number(values.seeds);
  const all: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
  let [falseOurs, falseTheirs, watched, silent, late] = [0, 0, 0, 0, 0];
  console.log(
    'habit, error in days 30 days before full (median, 95 %): ours | one hour; disk-days with a false alarm: ours | one hour',
  );
  for (const [n, [name, habit]] of Object.entries(habits).entries()) {
    const [ours, theirs]: [number[], number[]] = [[], []];
    let [own, other, none] = [0, 0, 0];
    for (let seed = 1; seed <= seeds; seed++) {
      const random = randomOf(seed * 1000 + n);
      const { at } = diskOf(habit, random, true);
      const now = lifeDays - ahead;
      const daily = days(at, 0, lifeDays);
      const found = fullIn(daily.slice(0, now).slice(-historyDays), capacity);
      if (found.days === null) none++;
      else ours.push(Math.abs(found.days - ahead));
      // At three in the afternoon, when somebody looks.
      const hourly = byOneHour(at, now * 24 - 9);
      theirs.push(Math.abs((hourly ?? 365) - ahead));
      const warned = daily.findIndex((_, day) => day > 20 && fires(daily.slice(0, day)));
      if (warned < 0 || lifeDays - warned < 3) late++;
      const still = diskOf(habit, randomOf(seed * 1000 + n + 500), false);
      const flat = days(still.at, 0, lifeDays);
      for (let day = 20; day < lifeDays; day++) {
        watched++;
        if (fires(flat.slice(0, day))) own++;
        let alarm = false;
        for (let hour = day * 24; hour < (day + 1) * 24; hour++) {
          const left = byOneHour(still.at, hour);
          if (left !== null && left <= 14) alarm = true;
        }
        if (alarm) other++;
      }
    }
    silent += none;
    falseOurs += own;
    falseTheirs += other;
    all.ours.push(...ours);
    all.theirs.push(...theirs);
    console.log(
      `  ${name.padEnd(22)} ${spread(ours)} (none for ${none} of ${seeds}) | ${spread(theirs)}; ${own} | ${other}`,
    );
  }
  figure(`error 30 days before full: ${spread(all.ours)} days (goal: below 4), one hour ${spread(all.theirs)}`);
  figure(
    `no forecast for ${silent} of ${seeds * Object.keys(habits).length} disks at that time; warned less than 3 days ahead or never: ${late}`,
  );
  figure(`false alarms in ${watched} disk-days that never fill: ${falseOurs} (goal: 0), one hour ${falseTheirs}`);
  recorded();
  const sample = days(diskOf(habits.steady as Habit, randomOf(1), true).at, 0, historyDays);
  const began = process.threadCpuUsage();
  for (let n = 0; n < 2000; n++) fullIn(sample, capacity);
  const { user, system } = process.threadCpuUsage(began);
  figure(`cost of one forecast: ${((user + system) / 2000).toFixed(0)} µs CPU, one per disk and night`);
}

/** On recorded growth: the same question, and warnings of disks that are full only after three times the 14 days. */
function recorded(): void {
  const stretches = recordedStretches(lifeDays);
  const [ours, theirs]: [number[], number[]] = [[], []];
  let [own, other, watched, never] = [0, 0, 0, 0];
  for (const { at, capacity: size } of stretches) {
    const daily = days(at, 0, lifeDays);
    const now = lifeDays - ahead;
    const found = fullIn(daily.slice(0, now).slice(-historyDays), size);
    if (found.days !== null) ours.push(Math.abs(found.days - ahead));
    theirs.push(Math.abs((byOneHour(at, now * 24 - 9, size) ?? 365) - ahead));
    const early = lifeDays - 3 * 14;
    for (let day = 20; day < early; day++) {
      watched++;
      if (fires(daily.slice(0, day), size)) own++;
      const hours = Array.from({ length: 24 }, (_, hour) => byOneHour(at, day * 24 + hour, size));
      if (hours.some((left) => left !== null && left <= 14)) other++;
    }
    if (!daily.some((_, day) => day > 20 && fires(daily.slice(0, day), size))) never++;
  }
  figure(
    `recorded, ${stretches.length} stretches: error 30 days before full ${spread(ours)} days (n ${ours.length}, no forecast for ${stretches.length - ours.length}), one hour ${spread(theirs)}`,
  );
  figure(
    `recorded: warned more than 42 days too early on ${own} of ${watched} days, one hour ${other}; never warned of ${never} of ${stretches.length}`,
  );
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN).toFixed(1);
  return `median ${at(0.5)}, 95 % ${at(0.95)}`;
}

const figure = (text: string) => console.log(`FIGURE forecast: ${text}`);
