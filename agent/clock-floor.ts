/**
 * A machine whose clock has stopped would find every certificate "not yet valid". What time it is at least, is known: that of the
 * last word from the collector, and that of this program. At that time the certificate is looked at by hand, with nothing left out:
 * dates are never ignored.
 */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { AgentMemory } from './memory.ts';
import { builtAt } from './version.ts';

const key = 'collector_time';
/** How stale it may be on disk. */
const keepEveryMs = 86_400_000;
const serverAuth = '1.3.6.1.5.5.7.3.1';
const longestChain = 5;

export interface ClockFloor {
  /** ms UTC: it is not earlier. */
  at(): number;
  /** From an `ack`, over a connection that was verified. */
  heard(at: number): void;
}

export function createClockFloor(memory: AgentMemory): ClockFloor {
  const kept = memory.get(key);
  let at = typeof kept === 'number' && Number.isFinite(kept) ? kept : 0;
  let savedAt = at;
  return {
    at: () => Math.max(builtAt, at),
    heard(now) {
      at = now;
      if (Math.abs(now - savedAt) < keepEveryMs) return;
      savedAt = now;
      memory.set(key, now);
    },
  };
}

const isValidAt = (one: X509Certificate, at: number) =>
  one.validFromDate.getTime() <= at && at <= one.validToDate.getTime();
const isSignedBy = (one: X509Certificate, issuer: X509Certificate) =>
  issuer.ca && one.checkIssued(issuer) && one.verify(issuer.publicKey);

/** Whether the certificate of this connection would be accepted at that time. @param roots PEM */
export function isGoodAt(socket: TLSSocket, host: string, roots: readonly string[], at: number): boolean {
  const { X509Certificate: Certificate } = process.getBuiltinModule('node:crypto');
  const { checkServerIdentity } = process.getBuiltinModule('node:tls');
  const leaf = socket.getPeerX509Certificate();
  if (!leaf || leaf.ca || !isValidAt(leaf, at)) return false;
  // Node calls the extended key usage so.
  if (!leaf.keyUsage?.includes(serverAuth)) return false;
  if (checkServerIdentity(host, socket.getPeerCertificate()) !== undefined) return false;
  const trusted = roots.map((root) => new Certificate(root)).filter((root) => isValidAt(root, at));
  let one = leaf;
  for (let n = 0; n < longestChain; n++) {
    if (trusted.some((root) => isSignedBy(one, root))) return true;
    const issuer: X509Certificate | undefined = one.issuerCertificate;
    if (!issuer || issuer.fingerprint256 === one.fingerprint256) return false;
    if (!isValidAt(issuer, at) || !isSignedBy(one, issuer)) return false;
    one = issuer;
  }
  return false;
}
