/** What this agent logs in with: one secret or, around a rotation, two; and what a refusal of it means. */
import { reasonOf } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Moved } from '../shared/report.ts';
import { type Credential, type OwnSecret, settledOn, withOtherSecret } from './credential.ts';
import { askingWords, type RefusalVerdict, refusalWords } from './refusal.ts';

/** CONNACK: the name or the password is wrong; this machine is refused whatever it has. */
const wrongSecret = 4;
const enrolAgain = 5;
const mustEnrol =
  'This machine is refused by the collector until it is enrolled again: its credential was asked back, or another machine uses it, too. What is measured is kept. Make a join code at the collector, run `evenkeel-agent enroll --again`, and start the agent again';

export interface Login {
  now(): Credential;
  /** The collector has confirmed something: of two secrets the other one is over. */
  confirmed(): void;
  /** A connection has ended. @returns why, in words */
  ended(error: { code?: unknown; message?: string } | null): string;
  /** What the collector says of a log-in that the broker refused. */
  explain(verdict: RefusalVerdict, again?: () => void): void;
  /** Another secret was fetched. */
  use(fetched: Credential): void;
  /** Another authority is trusted. */
  adopt(trusting: Pick<Credential, 'mqtt' | 'trust'>): void;
  /** This identity has become another one. */
  move(moved: Moved): void;
}

export interface LoginOptions {
  credential: Credential;
  log: Log;
  /** This identity has become another one. Keeps it; throws where that is not possible. */
  onMoved?(moved: Moved): void;
  /** Of two secrets the collector has confirmed something under this one. Keeps it; throws where that is not possible. */
  onSettled?(own: OwnSecret): void;
  /** The broker has refused the log-in, whatever the reason. */
  onLogInRefused?(): void;
  /** The collector refuses this machine until it is enrolled again. */
  onRefused?(instance?: string): void;
}

export function createLogin(options: LoginOptions): Login {
  const { log } = options;
  let { credential } = options;
  let isTold = false;
  let verdict: RefusalVerdict | null = null;

  return {
    now: () => credential,
    confirmed() {
      verdict = null;
      if (!credential.previous) return;
      const own = { secret: credential.secret, generation: credential.generation ?? 0 };
      try {
        options.onSettled?.(own);
        credential = settledOn(credential, own);
      } catch (thrown) {
        // Both stay, and the next ack tries again.
        log.warn({ reason: reasonOf(thrown) }, 'Could not note which credential is in use');
      }
    },
    ended(error) {
      // A crash between two of them, or a collector that was restored: the other one is taken.
      // A broker that is not the collector's own says the one code for both.
      if (error?.code !== wrongSecret && error?.code !== enrolAgain)
        return error?.message || 'the connection was closed';
      credential = withOtherSecret(credential);
      options.onLogInRefused?.();
      const explained = verdict === null ? undefined : refusalWords[verdict];
      if (explained !== undefined) return explained;
      if (error.code === wrongSecret) return error.message || 'the credential is refused';
      // Its own broker would have said so at the enrolment, and is right by itself.
      if (verdict === null && credential.mqtt.websocket === false) return askingWords;
      if (!isTold) log.warn({ endpoint: credential.endpoint, name: credential.name }, mustEnrol);
      if (!isTold) options.onRefused?.();
      isTold = true;
      return mustEnrol;
    },
    explain(said, again) {
      verdict = said;
      again?.();
    },
    use(fetched) {
      // The address may come from the environment.
      credential = { ...fetched, mqtt: credential.mqtt };
    },
    adopt(trusting) {
      credential = { ...credential, ...trusting };
    },
    move(moved) {
      options.onMoved?.(moved);
      log.info({ ...moved, was: credential.endpoint }, 'This machine continues as an earlier endpoint');
      credential = { ...credential, ...moved };
    },
  };
}
