/** The broker refuses the log-in: what the collector says of the credential, over HTTPS. It tells its broker where it can. */
import { EvenkeelError, fail } from '../shared/errors.ts';
import { type Credential, readCredential, withOtherSecret } from './credential.ts';
import { post } from './enroll.ts';
import { isVerdict, type RefusalVerdict } from './refusal.ts';
import { howToReach } from './rotate.ts';

/** @throws EvenkeelError NOT_ENROLLED, COLLECTOR_UNREACHABLE, CERTIFICATE_REFUSED, TOO_MANY_REQUESTS … */
export async function whyRefused(data: string): Promise<RefusalVerdict> {
  const credential = readCredential(data);
  if (!credential) throw fail('NOT_ENROLLED', { path: data });
  const verdict = await askWith(credential);
  // Around a rotation there are two, and either may be the one that counts.
  return verdict === 'refused' && credential.previous ? askWith(withOtherSecret(credential)) : verdict;
}

async function askWith(by: Credential): Promise<RefusalVerdict> {
  const { collector, endpoint, secret } = by;
  try {
    const answer = await post(`${collector}/api/v1/agent/refused`, howToReach(by), { endpoint, secret });
    const { users } = (answer ?? {}) as { users?: unknown };
    return isVerdict(users) ? users : 'unknown';
  } catch (thrown) {
    const code = thrown instanceof EvenkeelError ? thrown.code : null;
    if (code === 'CREDENTIAL_REFUSED') return 'refused';
    // A collector of before cannot be asked.
    if (code === 'NOT_FOUND') return 'unknown';
    throw thrown;
  }
}
