/**
 * Another credential, fetched by HTTPS from the collector of the enrolment, whose certificate is verified as then. Both are
 * on disk before the new one is used: whatever ends this process in between, one of the two is taken.
 */
import { rootCertificates } from 'node:tls';
import { EvenkeelError, fail } from '../shared/errors.ts';
import { type Credential, changeCredential, type OwnSecret, readCredential, withOtherSecret } from './credential.ts';
import { type How, post } from './enroll.ts';

const timeoutMs = 20_000;

/** How the collector is verified: by its own authority alone where it has one. */
export const howToReach = ({ mqtt, trust }: Pick<Credential, 'mqtt' | 'trust'>): How => ({
  timeoutMs,
  ca: mqtt.ca === undefined || isAlone(trust) ? mqtt.ca : [mqtt.ca, ...rootCertificates].join('\n'),
  isPinned: isAlone(trust),
});

const isAlone = (trust: Credential['trust']) => trust !== undefined && trust.mode === undefined;

/** @throws EvenkeelError NOT_ENROLLED, CREDENTIAL_REFUSED, COLLECTOR_UNREACHABLE, CERTIFICATE_REFUSED, DATA_NOT_WRITABLE … */
export async function rotate(data: string): Promise<void> {
  const credential = readCredential(data);
  if (!credential) throw fail('NOT_ENROLLED', { path: data });
  const { fresh, by } = await fetchWith(credential).catch((thrown: unknown) => {
    const isRefused = thrown instanceof EvenkeelError && thrown.code === 'CREDENTIAL_REFUSED';
    if (!isRefused || !credential.previous) throw thrown;
    return fetchWith(withOtherSecret(credential));
  });
  const previous = { secret: by.secret, generation: by.generation ?? 0 };
  changeCredential(data, (kept) => ({ ...kept, ...fresh, previous }));
}

async function fetchWith(by: Credential): Promise<{ fresh: OwnSecret; by: Credential }> {
  const { collector, endpoint, secret } = by;
  const answer = await post(`${collector}/api/v1/agent/credential`, howToReach(by), { endpoint, secret });
  const { secret: fresh, generation } = (answer ?? {}) as Partial<OwnSecret>;
  if (typeof fresh !== 'string' || fresh === '' || !Number.isInteger(generation))
    throw fail('COLLECTOR_UNREACHABLE', { url: collector, reason: 'its answer is not that of a collector' });
  return { fresh: { secret: fresh, generation: generation as number }, by };
}
