/**
 * What the collector may send to an agent: what is durable, and settings from a closed list. The shapes are those of
 * shared/report.ts, read by hand, because the schema compiler would double the agent's memory for two small messages.
 * test/agent/orders.test.ts holds both to the same verdict on the same bytes.
 */

import {
  isLockKey,
  type ListKey,
  listKeys,
  listPatterns,
  namesAtMost,
  type Privacy,
  personalFields,
  wireBounds,
} from '../shared/agent-settings.ts';
import { fail, reasonOf } from '../shared/errors.ts';
import type { Ack, AgentConfig, AskAnswer, Moved, ScriptOrder, UpdateOrder } from '../shared/report.ts';
import { scriptBounds, scriptIdPattern, scriptNamePattern, sha256Pattern } from '../shared/script-bounds.ts';
import {
  faultsOfTarget,
  type TargetKindName,
  type TargetOrder,
  targetIntervalS,
  targetKinds,
  targetsPerWatcher,
  targetTimeoutS,
} from '../shared/target.ts';
import { pinPattern, rootPattern, type Trust, trustBounds, trustModes } from '../shared/trust.ts';
import { utcPattern, versionPattern } from '../shared/update-choices.ts';
import { inflate } from '../shared/wire.ts';

type Dict = Record<string, unknown>;

const isDict = (value: unknown): value is Dict => typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown, least: number): value is number =>
  Number.isInteger(value) && (value as number) >= least;
const isInstant = (value: unknown): value is number => isCount(value, 0) && value <= 8.64e15;
const isBetween = (value: unknown, low: number, high: number) =>
  typeof value === 'number' && value >= low && value <= high;

function refuse(where: string, problem: string): never {
  throw fail('BAD_SHAPE', { where, problem });
}

function parse(bytes: Uint8Array): Dict {
  let value: unknown;
  const plain = inflate(bytes);
  try {
    value = JSON.parse(Buffer.from(plain.buffer, plain.byteOffset, plain.length).toString('utf8'));
  } catch (thrown) {
    throw fail('NOT_JSON', { reason: reasonOf(thrown).slice(0, 200) });
  }
  return isDict(value) ? value : refuse('message', 'must be an object');
}

function onlyKeys(value: Dict, keys: readonly string[], where: string): void {
  for (const key of Object.keys(value)) if (!keys.includes(key)) refuse(where, `${key.slice(0, 64)} is not known`);
}

function parseMoved(value: unknown): Moved {
  if (!isDict(value)) refuse('message.moved', 'must be an object');
  const { endpoint, bucket, name } = value;
  if (typeof endpoint !== 'string' || !/^[a-z0-9]{8,32}$/.test(endpoint))
    refuse('message.moved.endpoint', 'must be an id');
  if (typeof bucket !== 'string' || !/^[0-9a-f]{2}$/.test(bucket))
    refuse('message.moved.bucket', 'must be 2 hex digits');
  if (typeof name !== 'string' || name === '' || name.length > 128) refuse('message.moved.name', 'must be a name');
  return { endpoint, bucket, name };
}

function parseAnswer(value: unknown): AskAnswer {
  if (!isDict(value)) refuse('message.answer', 'must be an object');
  const { id, ok, until, text } = value;
  if (typeof id !== 'string' || !/^[0-9a-f]{16}$/.test(id)) refuse('message.answer.id', 'must be 16 hex digits');
  if (typeof ok !== 'boolean') refuse('message.answer.ok', 'must be true or false');
  if (until !== null && !isInstant(until)) refuse('message.answer.until', 'must be an instant or null');
  if (typeof text !== 'string' || text.length > 4000) refuse('message.answer.text', 'must be a text');
  return { id, ok, until, text };
}

/** @throws EvenkeelError TOO_LARGE, BAD_GZIP, NOT_JSON, BAD_SHAPE */
export function parseAck(bytes: Uint8Array): Ack {
  const value = parse(bytes);
  const { epoch, through, also, conflict, moved, answer, at } = value;
  if (typeof epoch !== 'string' || !/^[0-9a-f]{32}$/.test(epoch)) refuse('message.epoch', 'must be 32 hex digits');
  if (!isCount(through, 0)) refuse('message.through', 'must be a count');
  if (!Array.isArray(also) || also.length > 10_000) refuse('message.also', 'must be a list of at most 10000 ranges');
  const ranges = also.map((range: unknown, i): [number, number] => {
    if (!Array.isArray(range) || range.length !== 2 || !isCount(range[0], 1) || !isCount(range[1], 1))
      refuse(`message.also.${i}`, 'must be two numbers from 1');
    return [range[0], range[1]];
  });
  if (conflict !== undefined && conflict !== 'content' && conflict !== 'shared')
    refuse('message.conflict', 'must be content or shared');
  if (at !== undefined && !isInstant(at)) refuse('message.at', 'must be an instant');
  return {
    ...{ epoch, through, also: ranges },
    ...(at === undefined ? {} : { at }),
    ...(conflict === undefined ? {} : { conflict }),
    ...(moved === undefined ? {} : { moved: parseMoved(moved) }),
    ...(answer === undefined ? {} : { answer: parseAnswer(answer) }),
  };
}

function parseCheckSettings(value: unknown, where: string): { enabled?: boolean; every_s?: number } {
  if (!isDict(value)) refuse(where, 'must be an object');
  onlyKeys(value, ['enabled', 'every_s'], where);
  const { enabled, every_s } = value;
  if (enabled !== undefined && typeof enabled !== 'boolean') refuse(`${where}.enabled`, 'must be true or false');
  const { least, most } = wireBounds.every_s;
  if (every_s !== undefined && !isBetween(every_s, least, most))
    refuse(`${where}.every_s`, `must be ${least} to ${most}`);
  return {
    ...(enabled === undefined ? {} : { enabled }),
    ...(every_s === undefined ? {} : { every_s: every_s as number }),
  };
}

const listForms = Object.fromEntries(listKeys.map((key) => [key, new RegExp(listPatterns[key], 'u')])) as Record<
  ListKey,
  RegExp
>;

function parseNames(value: unknown, key: ListKey): string[] {
  const isName = (one: unknown): one is string => typeof one === 'string' && listForms[key].test(one);
  if (!Array.isArray(value) || value.length > namesAtMost || !value.every(isName))
    refuse(`message.${key}`, `must be a list of at most ${namesAtMost} ${key === 'certificates' ? 'paths' : 'names'}`);
  return value;
}

function parsePrivacy(value: unknown): Privacy {
  if (!isDict(value)) refuse('message.privacy', 'must be an object');
  onlyKeys(value, personalFields, 'message.privacy');
  for (const [field, flag] of Object.entries(value))
    if (typeof flag !== 'boolean') refuse(`message.privacy.${field}`, 'must be true or false');
  return value as Privacy;
}

function parseTrust(value: unknown): Trust {
  if (!isDict(value)) refuse('message.trust', 'must be an object');
  onlyKeys(value, ['version', 'mode', 'roots', 'pins'], 'message.trust');
  const { version, mode, roots, pins } = value;
  if (!isCount(version, 1) || version > Number.MAX_SAFE_INTEGER)
    refuse('message.trust.version', 'must be a count from 1');
  if (!trustModes.includes(mode as Trust['mode'])) refuse('message.trust.mode', 'must be pin, system or both');
  const areTexts = (list: unknown, most: number, form: RegExp, longest: number): list is string[] =>
    Array.isArray(list) &&
    list.length <= most &&
    list.every((one) => typeof one === 'string' && one.length <= longest && form.test(one));
  if (!areTexts(roots, trustBounds.roots, new RegExp(rootPattern, 'u'), trustBounds.rootLength))
    refuse('message.trust.roots', `must be a list of at most ${trustBounds.roots} certificates`);
  if (!areTexts(pins, trustBounds.pins, new RegExp(pinPattern, 'u'), 44))
    refuse('message.trust.pins', `must be a list of at most ${trustBounds.pins} pins`);
  return { version, mode: mode as Trust['mode'], roots, pins };
}

function parseOrder(value: unknown, where: string): TargetOrder[] {
  if (!isDict(value)) refuse(where, 'must be an object');
  onlyKeys(value, ['id', 'kind', 'settings', 'interval_s', 'timeout_s'], where);
  const { id, kind, settings, interval_s, timeout_s } = value;
  if (typeof id !== 'string' || !/^[a-z0-9]{8,32}$/.test(id)) refuse(`${where}.id`, 'must be an id');
  if (typeof kind !== 'string' || !/^[a-z][a-z0-9_]{0,63}$/.test(kind)) refuse(`${where}.kind`, 'must be a name');
  if (!isDict(settings)) refuse(`${where}.settings`, 'must be an object');
  for (const [name, one] of Object.entries(settings))
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(name) || !['string', 'number', 'boolean'].includes(typeof one))
      refuse(`${where}.settings`, `${name.slice(0, 64)} is no setting`);
  const seconds = (given: unknown, { least, most }: { least: number; most: number }) =>
    Number.isInteger(given) && isBetween(given, least, most);
  if (!seconds(interval_s, targetIntervalS)) refuse(`${where}.interval_s`, 'must be 10 to 3600');
  if (!seconds(timeout_s, targetTimeoutS)) refuse(`${where}.timeout_s`, 'must be 1 to 60');
  // A newer collector knows more kinds, and more settings of one: the others are watched all the same.
  if (!targetKinds.includes(kind as TargetKindName) || faultsOfTarget(kind as TargetKindName, settings).length > 0)
    return [];
  return [{ id, kind, settings, interval_s, timeout_s } as TargetOrder];
}

const [versionForm, utcForm] = [new RegExp(versionPattern, 'u'), new RegExp(utcPattern, 'u')];

function parseUpdate(value: unknown): UpdateOrder {
  if (!isDict(value)) refuse('message.update', 'must be an object');
  onlyKeys(value, ['allow', 'sequence', 'not_before'], 'message.update');
  const { allow, sequence, not_before } = value;
  if (typeof allow !== 'string' || !versionForm.test(allow)) refuse('message.update.allow', 'must be a version');
  if (!isCount(sequence, 1) || sequence > Number.MAX_SAFE_INTEGER)
    refuse('message.update.sequence', 'must be a count from 1');
  if (not_before !== undefined && (typeof not_before !== 'string' || !utcForm.test(not_before)))
    refuse('message.update.not_before', 'must be a time such as 2026-12-01T02:00:00Z');
  return { allow, sequence, ...(not_before === undefined ? {} : { not_before }) };
}

const [idForm, nameForm, sha256Form] = [scriptIdPattern, scriptNamePattern, sha256Pattern].map(
  (pattern) => new RegExp(pattern, 'u'),
) as [RegExp, RegExp, RegExp];
const isText = (value: unknown, most: number): value is string => typeof value === 'string' && value.length <= most;

/** Whether it may run is decided where the list of this machine is read: scripts/judge.ts. */
function parseScript(value: unknown, where: string): ScriptOrder {
  if (!isDict(value)) refuse(where, 'must be an object');
  onlyKeys(value, ['id', 'token', 'name', 'sha256', 'choices', 'persons', 'expires'], where);
  const { id, token, name, sha256, choices, persons, expires } = value;
  const form = (key: string, one: unknown, pattern: RegExp): string =>
    typeof one === 'string' && pattern.test(one) ? one : refuse(`${where}.${key}`, 'has another form');
  if (!isDict(choices) || Object.keys(choices).length > scriptBounds.parameters)
    refuse(`${where}.choices`, `must be an object of at most ${scriptBounds.parameters} values`);
  for (const [parameter, one] of Object.entries(choices))
    if (!nameForm.test(parameter) || !isText(one, scriptBounds.value))
      refuse(`${where}.choices`, `${parameter.slice(0, 64)} is no choice`);
  const isPerson = (one: unknown) => isText(one, scriptBounds.person) && one !== '';
  if (
    !Array.isArray(persons) ||
    persons.length < 1 ||
    persons.length > scriptBounds.persons ||
    !persons.every(isPerson)
  )
    refuse(`${where}.persons`, 'must be one or two names');
  if (!isInstant(expires)) refuse(`${where}.expires`, 'must be an instant');
  return {
    ...{ id: form('id', id, idForm), token: form('token', token, idForm), name: form('name', name, nameForm) },
    ...{ sha256: form('sha256', sha256, sha256Form), choices: choices as ScriptOrder['choices'], persons, expires },
  };
}

/** What this machine lets the collector look at; only its own file says so. */
export function parseAllowed(bytes: Uint8Array): string[] {
  const { targets } = parse(bytes);
  if (targets === undefined) return [];
  if (!isDict(targets)) refuse('message.targets', 'must be an object');
  onlyKeys(targets, ['allow'], 'message.targets');
  const { allow } = targets;
  const isWord = (one: unknown) => typeof one === 'string' && one !== '' && one.length <= 256;
  if (!Array.isArray(allow) || allow.length > 200 || !allow.every(isWord))
    refuse('message.targets.allow', 'must be a list of at most 200 addresses, ranges or names');
  return allow as string[];
}

/** What this machine takes from afar, and which keys it does not. */
export interface Remote {
  settings: 'on' | 'off';
  lock: string[];
  /** Whether releases that were signed are installed, or people are told of them. */
  updates: 'off' | 'notify' | 'auto';
}

/** Of the machine's own file: nobody else can say. */
export function parseRemote(bytes: Uint8Array): Remote {
  const { remote } = parse(bytes);
  if (remote === undefined) return { settings: 'on', lock: [], updates: 'off' };
  if (!isDict(remote)) refuse('message.remote', 'must be an object');
  onlyKeys(remote, ['settings', 'lock', 'updates'], 'message.remote');
  const { settings = 'on', lock = [], updates = 'off' } = remote;
  if (settings !== 'on' && settings !== 'off') refuse('message.remote.settings', 'must be on or off');
  if (updates !== 'off' && updates !== 'notify' && updates !== 'auto')
    refuse('message.remote.updates', 'must be off, notify or auto');
  const isKey = (one: unknown): one is string => typeof one === 'string' && one.length <= 80 && isLockKey(one);
  if (!Array.isArray(lock) || lock.length > 100 || !lock.every(isKey))
    refuse('message.remote.lock', 'must be a list of at most 100 settings, such as interval_s or checks.smart');
  return { settings, lock, updates };
}

/** By which way the collector is reached; auto: by what works. */
const wantedWays = ['auto', 'mqtt', 'websocket'] as const;
export type WantedWay = (typeof wantedWays)[number];

/** Of the machine's own file. */
export function parseWay(bytes: Uint8Array): WantedWay {
  const { way = 'auto' } = parse(bytes);
  if (!wantedWays.includes(way as WantedWay)) refuse('message.way', 'must be auto, mqtt or websocket');
  return way as WantedWay;
}

/** The version of a message that was refused, so that the answer can name it. @returns null where no version can be read */
export function versionIn(bytes: Uint8Array): number | null {
  try {
    const { version } = parse(bytes);
    return isCount(version, 1) && version <= Number.MAX_SAFE_INTEGER ? version : null;
  } catch {
    return null;
  }
}

/**
 * A settings message, or the same document as a file.
 * @param from `targets`, `remote`, `proxy` and `way` are allowed in the machine's own file only, `version`, `watch`, `may_ask`, `update`, `credential`, `trust` and `scripts` in a message only
 * @throws EvenkeelError TOO_LARGE, BAD_GZIP, NOT_JSON, BAD_SHAPE
 */
export function parseConfig(bytes: Uint8Array, from: 'message' | 'file' = 'message'): AgentConfig {
  const value = parse(bytes);
  const ofOne =
    from === 'file'
      ? ['targets', 'remote', 'proxy', 'way']
      : ['version', 'watch', 'may_ask', 'update', 'credential', 'trust', 'scripts'];
  onlyKeys(value, ['v', 'interval_s', 'checks', ...listKeys, 'privacy', ...ofOne], 'message');
  if (value.v !== 1) refuse('message.v', 'must be 1');
  const { interval_s, checks } = value;
  const { least, most } = wireBounds.interval_s;
  if (interval_s !== undefined && !isBetween(interval_s, least, most))
    refuse('message.interval_s', `must be ${least} to ${most}`);
  if (checks !== undefined && !isDict(checks)) refuse('message.checks', 'must be an object');
  const config: AgentConfig = { v: 1 };
  if (interval_s !== undefined) config.interval_s = interval_s as number;
  if (checks !== undefined) {
    const entries = Object.entries(checks as Dict).map(([name, settings]) => {
      if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) refuse('message.checks', `${name.slice(0, 64)} is not a name`);
      return [name, parseCheckSettings(settings, `message.checks.${name}`)] as const;
    });
    config.checks = Object.fromEntries(entries);
  }
  for (const key of listKeys) if (value[key] !== undefined) config[key] = parseNames(value[key], key);
  if (value.privacy !== undefined) config.privacy = parsePrivacy(value.privacy);
  const { watch, may_ask, version, update, credential, trust, scripts } = value;
  if (trust !== undefined) config.trust = parseTrust(trust);
  if (version !== undefined) {
    if (!isCount(version, 1) || version > Number.MAX_SAFE_INTEGER) refuse('message.version', 'must be a count from 1');
    config.version = version;
  }
  if (credential !== undefined) {
    if (!isCount(credential, 1) || credential > 1e9) refuse('message.credential', 'must be a count from 1');
    config.credential = credential;
  }
  if (may_ask !== undefined && from === 'message') {
    const isName = (one: unknown): one is string => typeof one === 'string' && /^[a-z][a-z0-9_]{0,63}$/.test(one);
    if (!Array.isArray(may_ask) || may_ask.length > 16 || !may_ask.every(isName))
      refuse('message.may_ask', 'must be a list of at most 16 names');
    config.may_ask = may_ask;
  }
  if (update !== undefined && from === 'message') config.update = parseUpdate(update);
  if (scripts !== undefined) {
    if (!Array.isArray(scripts) || scripts.length > scriptBounds.orders)
      refuse('message.scripts', `must be a list of at most ${scriptBounds.orders} orders`);
    config.scripts = scripts.map((order: unknown, i) => parseScript(order, `message.scripts.${i}`));
  }
  if (watch !== undefined && from === 'message') {
    if (!Array.isArray(watch) || watch.length > targetsPerWatcher)
      refuse('message.watch', `must be a list of at most ${targetsPerWatcher} targets`);
    config.watch = watch.flatMap((order: unknown, i) => parseOrder(order, `message.watch.${i}`));
  }
  return config;
}
