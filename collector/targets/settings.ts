/** Targets as evenkeel.yaml has them: `targets: { list: [{ name, kind, …settings, interval, watchers … }] }`. Pure. */
import { createHash } from 'node:crypto';
import { parseDuration } from '../../shared/duration.ts';
import { type Fault, shown, unknownKey, wordHint } from '../../shared/shape.ts';
import {
  collectorWatcher,
  faultsOfTarget,
  type TargetKindName,
  type TargetSettings,
  targetFields,
  targetIntervalS,
  targetKinds,
  targetTimeoutS,
} from '../../shared/target.ts';
import type { TargetDefinition } from './store.ts';

type Written = Record<string, unknown>;
/** What a setting `…_file` names; undefined where it cannot be read, which is noted. */
type ReadSecret = (path: unknown, place: Fault['path']) => string | undefined;
type FileTarget = TargetDefinition & { id: string };

const common = ['name', 'kind', 'interval', 'timeout', 'site', 'watchers', 'need', 'enabled'];

/** The id follows from the name: the same target after a restart. */
const idOf = (name: string) => `f${createHash('sha256').update(name).digest('hex').slice(0, 15)}`;

export function targetsOfFile(
  list: readonly unknown[],
  readSecret: ReadSecret,
): { targets: FileTarget[]; faults: Fault[] } {
  const faults: Fault[] = [];
  const names = new Set<string>();
  const targets = list.flatMap((written, i): FileTarget[] => {
    const before = faults.length;
    const fault = (path: Fault['path'], problem: string) => void faults.push({ path: [i, ...path], problem });
    if (typeof written !== 'object' || written === null || Array.isArray(written)) {
      fault([], 'must be a target with `name` and `kind`');
      return [];
    }
    const target = readOne(written as Written, fault, (path, key) => readSecret(path, [i, key]));
    if (target && names.has(target.name)) fault(['name'], `"${target.name}" is given twice`);
    if (target) names.add(target.name);
    return target && faults.length === before ? [{ ...target, id: idOf(target.name) }] : [];
  });
  return { targets, faults };
}

type NoteFault = (path: Fault['path'], problem: string) => void;

function readOne(
  written: Written,
  fault: NoteFault,
  secretIn: (path: unknown, key: string) => string | undefined,
): TargetDefinition | null {
  const { name, kind, site = null, watchers = [collectorWatcher], need = null, enabled = true } = written;
  if (typeof name !== 'string' || name.trim() === '' || name.length > 128)
    fault(['name'], 'must be a name of 1 to 128 characters');
  if (!targetKinds.includes(kind as TargetKindName)) {
    fault(['kind'], `${shown(kind)} must be one of ${targetKinds.join(', ')}${wordHint(String(kind), targetKinds)}`);
    return null;
  }
  const fields = targetFields[kind as TargetKindName];
  const settings: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(written)) {
    if (common.includes(key)) continue;
    const ofFile = key.endsWith('_file') ? key.slice(0, -'_file'.length) : undefined;
    if (ofFile !== undefined && fields[ofFile]?.secret) settings[ofFile] = secretIn(value, key);
    else if (key in fields) settings[key] = value;
    else faultUnknown(key, [...common, ...Object.keys(fields)], fault);
  }
  for (const { field, problem } of faultsOfTarget(kind as TargetKindName, settings))
    fault(field in written ? [field] : [], field in written ? problem : `\`${field}\` ${problem}`);
  const interval_s = secondsOf(written.interval, 'interval', targetIntervalS, fault);
  const standard = Math.min(targetTimeoutS.standard, Math.floor(interval_s / 2));
  const timeout_s = secondsOf(written.timeout, 'timeout', { ...targetTimeoutS, standard }, fault);
  if (timeout_s * 2 > interval_s) fault(['timeout'], `is more than half of the interval of ${interval_s} s`);
  if (site !== null && typeof site !== 'string') fault(['site'], 'must be the name of a site');
  if (!isListOfNames(watchers)) fault(['watchers'], 'must be a list of `collector` and ids of endpoints');
  else if (need !== null && !isCountUpTo(need, watchers.length))
    fault(['need'], `must be a whole number from 1 to ${watchers.length}, the number of watchers`);
  if (typeof enabled !== 'boolean') fault(['enabled'], 'must be true or false');
  return {
    ...{
      name: String(name),
      kind: kind as TargetKindName,
      settings: settings as TargetSettings,
      interval_s,
      timeout_s,
    },
    ...{ site: site as string | null, watchers: watchers as string[], need: need as number | null },
    enabled: enabled === true,
  };
}

function faultUnknown(key: string, known: readonly string[], fault: NoteFault): void {
  const { path, problem } = unknownKey([], key, known);
  fault(path, problem);
}

const isListOfNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.length <= 16 && value.every((one) => typeof one === 'string');
const isCountUpTo = (value: unknown, most: number) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;

function secondsOf(
  value: unknown,
  key: string,
  { least, most, standard }: { least: number; most: number; standard: number },
  fault: NoteFault,
): number {
  if (value === undefined) return standard;
  try {
    const seconds = parseDuration(value as string) / 1000;
    if (Number.isInteger(seconds) && seconds >= least && seconds <= most) return seconds;
    fault([key], `must be whole seconds from ${least}s to ${most}s`);
  } catch {
    fault([key], 'is not a duration; write a number with a unit, such as 30s or 5m');
  }
  return standard;
}
