/**
 * Users of Mosquitto's dynamic security, kept in step with the fleet. What is wanted comes from the state, what is there from the broker:
 * listed at each connection, so nothing has to be remembered while either is away. Only secrets are not in the state; one that is
 * lost by a restart of this process is brought again by its agent, which asks the collector when the broker refuses it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { BrokerPlace } from '../intake/bridge/session.ts';
import type { State } from '../state/open.ts';
import { type Control, openControl } from './control.ts';
import { listWanted, wantedOf } from './listed.ts';
import {
  commandsFor,
  type DynamicCommand,
  noteDone,
  openDefaults,
  type ThereAtBroker,
  thereFrom,
  type WantedUser,
} from './plan.ts';
import type { BrokerUsers } from './users.ts';

/** Endpoints per request. The broker stands still for all of it. */
const atOnce = 10;
const listedAtOnce = 100;
const firstRetryMs = 1000;
/** A broker without the plugin takes commands and never answers. */
const firstAnswerMs = 10_000;
/** Of a refused command of one endpoint the next try is then. */
const againMs = 60_000;
/** Fills after a loss of the broker's file; enrolments of a day. */
const secretsAtMost = 20_000;
/** An agent that has just enrolled waits for its answer meanwhile. */
const waitedForMs = 3000;

export interface DynamicUsersParts {
  place: BrokerPlace;
  state: State;
  log: Log;
  /** What is wrong, in words; null: all is well. */
  onTrouble(trouble: string | null): void;
  retryAtMostMs?: number;
}

export function createDynamicUsers(parts: DynamicUsersParts): BrokerUsers {
  const { place, state, log, retryAtMostMs = 30_000 } = parts;
  const shown = `${place.url.protocol}//${place.url.host}`;
  const changed = new Set<string>();
  const secrets = new Map<string, string>();
  /** Called when the broker has it. */
  const waited = new Map<string, () => void>();
  /** Changes that the broker refused; tried again later. */
  const refused = new Set<string>();
  const step: StepParts = { ...{ state, log, shown, secrets }, onDone: (id) => waited.get(id)?.() };
  let control: Control | null = null;
  let there: ThereAtBroker | null = null;
  let failures = 0;
  let isClosed = false;
  let isWorking = false;
  /** Undefined: nothing was said yet, and what was before this start may be over. */
  let trouble: string | null | undefined;
  let open: string | null = null;
  let retry: NodeJS.Timeout | undefined;
  let again: NodeJS.Timeout | undefined;

  function say(problem: string | null): void {
    if (problem === trouble) return;
    trouble = problem;
    if (problem === null) log.info({ broker: shown }, 'Users of the broker are in step');
    else log.error({ broker: shown, trouble: problem }, 'Users of the broker are not in step');
    parts.onTrouble(problem);
  }

  function connect(): void {
    let own: Control | null = null;
    const onEnd = (reason: string) => {
      if (own !== control) return;
      control = null;
      there = null;
      if (isClosed) return;
      const most = Math.min(retryAtMostMs, firstRetryMs * 2 ** Math.min(failures++, 20));
      say(`the users of the broker ${shown} cannot be changed: ${reason}`);
      retry = setTimeout(connect, most / 2 + (Math.random() * most) / 2);
      retry.unref();
    };
    openControl(place, onEnd).then(
      async (opened) => {
        own = opened;
        control = opened;
        try {
          await reconcile(opened);
        } catch (thrown) {
          onEnd(reasonOf(thrown));
          opened.close();
        }
      },
      // `onEnd` has it.
      () => undefined,
    );
  }

  async function reconcile(via: Control): Promise<void> {
    const looked = await look(via);
    const wanted = await listWanted(state);
    if (via !== control) return;
    const found = thereFrom(looked.clients, looked.roles, (id) => wanted.has(id));
    there = found;
    failures = 0;
    for (const [id, one] of wanted) if (commandsFor(id, one, found, secrets.get(id)).length > 0) changed.add(id);
    tellOfOthers({ log, shown }, found, wanted, secrets);
    open = looked.open === null ? null : `the broker ${shown} is open: ${looked.open}`;
    say(open);
    void work();
  }

  /** What has changed, some at a time; as long as the broker has stood still it then goes on undisturbed. */
  async function work(): Promise<void> {
    if (isWorking) return;
    isWorking = true;
    try {
      while (control && there && changed.size > 0) {
        const ids = [...changed].slice(0, atOnce);
        for (const id of ids) changed.delete(id);
        const began = performance.now();
        const refusals = await bringInStep(control, there, ids, step).catch((thrown) => {
          for (const id of ids) changed.add(id);
          throw thrown;
        });
        for (const id of refusals.keys()) refused.add(id);
        const [why] = refusals.values();
        if (why !== undefined) sayRefused(why);
        await pause(performance.now() - began, undefined, { ref: false });
      }
      if (control && there && refused.size === 0) say(open);
    } catch (thrown) {
      // The session has ended, which begins it all again; or the state cannot be read now.
      if (control) sayRefused(reasonOf(thrown));
    } finally {
      isWorking = false;
    }
  }

  function sayRefused(why: string): void {
    say(`the users of the broker ${shown} cannot be changed: ${why}`);
    again ??= setTimeout(() => {
      again = undefined;
      for (const id of refused) changed.add(id);
      refused.clear();
      void work();
    }, againMs).unref();
  }

  connect();
  return {
    ...{ kind: 'told', verdicts: null },
    learned(id, secret) {
      if (secrets.size >= secretsAtMost && !secrets.has(id)) secrets.delete(secrets.keys().next().value as string);
      secrets.set(id, secret);
      changed.add(id);
      void work();
      if (!there) return Promise.resolve();
      return new Promise((resolve) => {
        const done = () => {
          clearTimeout(late);
          waited.delete(id);
          resolve();
        };
        const late = setTimeout(done, waitedForMs);
        waited.set(id, done);
      });
    },
    changed(id, isIn) {
      const user = there?.users.get(id);
      // Presence changes all the time, and means nothing here. While commands are under way, what is known to be there may be over.
      if (there && !isWorking) {
        if (isIn && user && !user.isDisabled) return;
        if (!isIn && !user && !there.roles.has(id)) return;
      }
      changed.add(id);
      void work();
    },
    close() {
      isClosed = true;
      clearTimeout(retry);
      clearTimeout(again);
      control?.close();
    },
  };
}

/** What is left as it is, and what cannot be mended from here. */
function tellOfOthers(
  { log, shown }: Pick<StepParts, 'log' | 'shown'>,
  { users }: ThereAtBroker,
  wanted: ReadonlyMap<string, WantedUser>,
  secrets: ReadonlyMap<string, string>,
): void {
  // Another installation's, or of a state that is older than this broker: whoever has made them knows.
  const unknown = [...users.keys()].filter((id) => !wanted.has(id));
  if (unknown.length > 0)
    log.warn(
      { broker: shown, users: unknown.slice(0, 10), count: unknown.length },
      'The broker has users of endpoints that are not known here; they are left',
    );
  const lacking = [...wanted].filter(([id, one]) => one === 'in' && !users.has(id) && !secrets.has(id));
  if (lacking.length > 0)
    log.warn(
      { broker: shown, endpoints: lacking.slice(0, 10).map(([id]) => id), count: lacking.length },
      'The broker lacks users of endpoints whose secret is not known here; each is made when its agent asks, or put there by `broker-config mosquitto --dynamic-security`',
    );
}

/** @throws Error in the broker's words */
async function ask(
  via: Control,
  command: DynamicCommand,
  withinMs?: number,
): Promise<Readonly<Record<string, unknown>>> {
  const [answer] = await via.ask([command], withinMs);
  if (answer?.error !== undefined || !answer?.data)
    throw new Error(`it refuses ${command.command}: ${answer?.error ?? 'no data'}`);
  return answer.data;
}

async function list(via: Control, command: string, name: string): Promise<unknown[]> {
  const all: unknown[] = [];
  for (;;) {
    const page = await ask(via, { command, verbose: true, count: listedAtOnce, offset: all.length });
    const items = Array.isArray(page[name]) ? (page[name] as unknown[]) : [];
    all.push(...items);
    if (items.length === 0 || all.length >= Number(page.totalCount ?? 0)) return all;
  }
}

/** What it has, and what it lets everybody do. @throws Error in the broker's words, or without an answer */
async function look(via: Control): Promise<{ open: string | null; clients: unknown[]; roles: unknown[] }> {
  const { acls } = await ask(via, { command: 'getDefaultACLAccess' }, firstAnswerMs);
  const open = openDefaults(Array.isArray(acls) ? acls : []);
  const clients = await list(via, 'listClients', 'clients');
  return { open, clients, roles: await list(via, 'listRoles', 'roles') };
}

interface StepParts {
  state: State;
  log: Log;
  shown: string;
  /** In plain; taken out when the broker has them. */
  secrets: Map<string, string>;
  onDone(id: string): void;
}

/** One request for all of them. @returns of which one was refused, and why. @throws Error when it is not answered */
async function bringInStep(
  via: Control,
  now: ThereAtBroker,
  ids: readonly string[],
  parts: StepParts,
): Promise<Map<string, string>> {
  const { state, log, shown, secrets } = parts;
  const wanted = await wantedOf(state, ids);
  const steps = ids.map((id) => {
    const secret = secrets.get(id);
    return { id, secret, commands: commandsFor(id, wanted.get(id) ?? 'gone', now, secret) };
  });
  const all = steps.flatMap(({ commands }) => commands);
  const answers = all.length === 0 ? [] : await via.ask(all);
  let at = 0;
  const refusals = new Map<string, string>();
  for (const { id, secret, commands } of steps) {
    const own = answers.slice(at, at + commands.length);
    at += commands.length;
    const isDone = (n: number) => own[n] !== undefined && own[n].error === undefined;
    noteDone(
      id,
      commands.filter((_, n) => isDone(n)),
      now,
    );
    const refused = commands.findIndex((_, n) => !isDone(n));
    if (refused >= 0) {
      refusals.set(id, `it refuses ${commands[refused]?.command} of ${id}: ${own[refused]?.error ?? 'no answer'}`);
      continue;
    }
    if (secret !== undefined && secrets.get(id) === secret) secrets.delete(id);
    parts.onDone(id);
    if (commands.length > 0)
      log.info(
        { broker: shown, endpoint: id, commands: commands.map(({ command }) => command) },
        'Brought a user of the broker in step',
      );
  }
  return refusals;
}
