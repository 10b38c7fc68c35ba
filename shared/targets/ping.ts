/**
 * One echo by the system's own `ping`, which may open raw sockets where we may not. It gets a judged address, never a
 * name: what is pinged is what was allowed.
 */
import { isIP } from 'node:net';
import type { TargetSettings } from '../target.ts';
import { bareHost } from './connect.ts';
import { type TargetContext, type TargetKind, TargetProblem } from './kind.ts';

export const ping: TargetKind = {
  kind: 'ping',
  async check(settings: TargetSettings, context: TargetContext) {
    const address = await addressOf(String(settings.host), context);
    const seconds = Math.max(1, Math.ceil(context.timeoutMs / 1000));
    const ran = await context.run('ping', argumentsFor(process.platform, address, seconds));
    if (ran === null) throw new TargetProblem('no_program', 'this machine has no program `ping`');
    const ms = roundTripIn(ran.stdout);
    if (ms !== null) return { fields: { total_ms: ms } };
    // 1: no answer. Anything else: it could not be sent, mostly for want of rights.
    if (ran.code === 1) throw new TargetProblem('timeout', 'no echo came back');
    throw new TargetProblem('no_program', '`ping` could not be used here');
  },
};

/** @throws TARGET_NOT_ALLOWED, ENOTFOUND */
export function addressOf(host: string, { outgoing }: Pick<TargetContext, 'outgoing'>): Promise<string> {
  const plain = bareHost(host);
  outgoing.check(plain);
  if (isIP(plain) !== 0) return Promise.resolve(plain);
  return new Promise((resolve, reject) => {
    outgoing.lookup(plain, {}, (error, address) => (error ? reject(error) : resolve(address as string)));
  });
}

export function argumentsFor(platform: NodeJS.Platform, address: string, seconds: number): string[] {
  if (platform === 'win32') return ['-n', '1', '-w', String(seconds * 1000), address];
  if (platform === 'darwin') return ['-n', '-c', '1', '-t', String(seconds), address];
  return ['-n', '-c', '1', '-W', String(seconds), address];
}

/** `time=0.043 ms`, `time<1ms`, `Zeit=12ms`: the number before `ms` after an equals or less-than sign; null without one. */
export function roundTripIn(output: string): number | null {
  const [, sign, number] =
    /[=<]\s?(\d{1,6}(?:[.,]\d{1,4})?)\s?ms\b/.exec(output)?.[0].match(/([=<])\s?([\d.,]+)/) ?? [];
  return sign === undefined || number === undefined ? null : Number(number.replace(',', '.'));
}
